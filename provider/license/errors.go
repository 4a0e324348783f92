package license

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/lenient"
	"github.com/wecom-isv/wecom/internal/wire"
)

// ItemResult is an entry of a batch and what became of it. It names the entry by
// what the endpoint names it by; the other members are zero.
type ItemResult struct {
	CorpID         string      `json:"corpid,omitzero"`
	ActiveCode     ActiveCode  `json:"active_code,omitzero"`
	UserID         string      `json:"userid,omitzero"`          // encrypted
	HandoverUserID string      `json:"handover_userid,omitzero"` // who gives; encrypted
	TakeoverUserID string      `json:"takeover_userid,omitzero"` // who receives; encrypted
	Type           AccountType `json:"type,omitzero"`
	ErrCode        wecom.Code  `json:"errcode"`         // 0: done
	ErrMsg         string      `json:"errmsg,omitzero"` // for people
}

// UnmarshalJSON also accepts the errcode as a string: the platform does not say
// of which type it is. An activation code that the errmsg quotes is hidden.
func (r *ItemResult) UnmarshalJSON(data []byte) error {
	type plain ItemResult
	wire := struct {
		*plain
		ErrCode lenient.Int64 `json:"errcode"`
	}{plain: (*plain)(r)}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	r.ErrCode = wecom.Code(wire.ErrCode)
	if r.ActiveCode != "" {
		r.ErrMsg = strings.ReplaceAll(r.ErrMsg, string(r.ActiveCode), r.ActiveCode.String())
	}
	return nil
}

// text describes the entry and its failure.
func (r ItemResult) text() string {
	var b strings.Builder
	name := func(what, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s %q, ", what, brief(value))
		}
	}
	name("corpid", r.CorpID)
	name("active code", r.ActiveCode.String())
	name("userid", r.UserID)
	name("from", r.HandoverUserID)
	name("to", r.TakeoverUserID)
	return strings.TrimSuffix(b.String(), ", ") + ": " + reason(r.ErrCode, r.ErrMsg)
}

// ItemErrors says that entries of a batch failed. All others are done, and the
// response that comes with it is complete. errors.Is finds the codes of the
// entries and their classes:
//
//	failed, ok := errors.AsType[*license.ItemErrors](err)
//	errors.Is(err, wecom.Code(701003))
type ItemErrors struct {
	Op    string       // the path of the call
	Items []ItemResult // those that failed, at least one
}

// Error names the call and the first few entries. It shows no activation code.
func (e *ItemErrors) Error() string {
	return fmt.Sprintf("license: %s: failed for %d entries: %s", e.Op, len(e.Items), texts(e.Items))
}

// Unwrap returns the codes of the entries, each once.
func (e *ItemErrors) Unwrap() []error { return codes(0, e.Items) }

// JobError says that a job was carried out and failed, which the platform reports
// in a reply that is a success. errors.Is finds its codes and their classes.
type JobError struct {
	Op      string       // the path of the call
	JobID   string       //
	Code    wecom.Code   // why the job failed; 0 if the platform gives no reason
	Message string       // for people
	Items   []ItemResult // the corps that are the cause; may be empty
}

// Error names the job, the reason and the first few corps.
func (e *JobError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "license: %s: job %q failed", e.Op, brief(e.JobID))
	if e.Code != 0 || e.Message != "" {
		b.WriteString(": " + reason(e.Code, e.Message))
	}
	if len(e.Items) > 0 {
		fmt.Fprintf(&b, ": because of %d entries: %s", len(e.Items), texts(e.Items))
	}
	return b.String()
}

// Unwrap returns the code of the job and those of the corps, each once.
func (e *JobError) Unwrap() []error { return codes(e.Code, e.Items) }

// itemErrors returns an [*ItemErrors] of the entries that failed, nil if there
// are none.
func itemErrors(op string, failed []ItemResult) error {
	if len(failed) == 0 {
		return nil
	}
	return &ItemErrors{Op: op, Items: failed}
}

// failures returns those of the results that are failures.
func failures(results []ItemResult) (failed []ItemResult) {
	for _, r := range results {
		if r.ErrCode != 0 {
			failed = append(failed, r)
		}
	}
	return failed
}

// codes returns the distinct codes other than 0, job first.
func codes(job wecom.Code, items []ItemResult) []error {
	distinct := []wecom.Code{job}
	for _, item := range items {
		if !slices.Contains(distinct, item.ErrCode) {
			distinct = append(distinct, item.ErrCode)
		}
	}
	errs := make([]error, 0, len(distinct))
	for _, code := range distinct {
		if code != 0 {
			errs = append(errs, code)
		}
	}
	return errs
}

// texts describes the first few of items.
func texts(items []ItemResult) string {
	const shown = 3
	parts := make([]string, 0, shown+1)
	for _, item := range items[:min(len(items), shown)] {
		parts = append(parts, item.text())
	}
	if more := len(items) - shown; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// reason describes a code and the platform's words.
func reason(code wecom.Code, message string) string {
	s := code.Error()
	if message != "" {
		s += fmt.Sprintf(": %q", brief(message))
	}
	return s
}

// brief shortens a value from outside for an error that lists many entries.
func brief(s string) string { return wire.Shorten(s, 120) }

// checkCount refuses a list that is empty or too long for one call or job.
func checkCount(method, list string, n, most int) error {
	switch {
	case n == 0:
		return fmt.Errorf("license: %s: %s is empty", method, list)
	case n > most:
		return fmt.Errorf("license: %s: %s has %d entries, more than %d", method, list, n, most)
	}
	return nil
}

// Why an order is refused before it is sent.
var (
	errNoAccounts = errors.New("AccountCount: one count must be above 0 and none below")
	errPurchase   = errors.New("AccountDuration: a purchase takes Months and Days, together above 0, and no NewExpireTime")
	errRenewal    = errors.New("AccountDuration: a renewal takes either Months or NewExpireTime, and no Days")
)
