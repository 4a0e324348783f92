package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/wire"
)

// Authorization is a new or renewed authorisation of the app by a corp.
type Authorization struct {
	Corp     *Corp    // ready for calls
	CorpInfo CorpInfo // CorpID and CorpName only; see [Corp.AuthInfo] for more
	AuthUser AuthUser // the administrator; every field may be empty
	// RegisterCodeInfo is set if the corp came through a promotion QR code
	// (推广二维码).
	RegisterCodeInfo RegisterCodeInfo
	State            string // of the QR code or link; that of the install address is in [Installed]
	// OpenKFIDs are the customer-service accounts (客服账号) of a create_auth event;
	// customer-service component (客服组件) only.
	OpenKFIDs []string
}

// UnsavedCodeError says that a permanent code was obtained and the [CodeStore]
// did not take it. The authorisation code is used up: keep the permanent code by
// other means, or call [Client.Authorize] again with the same authorisation code
// in the same process, which only saves.
//
// fmt and log/slog do not show Code.
type UnsavedCodeError struct {
	PermanentCode
	Err error // of the store
}

// Error names app and corp and what the store said.
func (e *UnsavedCodeError) Error() string {
	return fmt.Sprintf("suite: %s: the permanent code of corp %q was obtained and could not be saved: %v", e.SuiteID, wire.Brief(e.CorpID), e.Err)
}

// Unwrap returns the error of the store.
func (e *UnsavedCodeError) Unwrap() error { return e.Err }

const (
	exchangeTimeout = 30 * time.Second // the exchange and the saving, together
	exchangeLease   = 35 * time.Second // another process may then be dead
	codeMemory      = 10 * time.Minute // life of an authorisation code
	unsavedMemory   = 24 * time.Hour   // of a permanent code that the store did not take
	maxExchanges    = 1024             // remembered
)

// exchange is one authorisation code on its way to a permanent code. done is
// closed when the rest is set.
type exchange struct {
	done  chan struct{}
	until time.Time // when it may be forgotten
	auth  *Authorization
	err   error
	grant *GetPermanentCodeV2Response // obtained and not saved
	at    time.Time                   // when grant was obtained
}

func (e *exchange) over() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// Authorize exchanges a temporary authorisation code (临时授权码), from the redirect
// of the install address or from an event, for the permanent code of the corp,
// and keeps that in the [CodeStore] before anything else. Then it drops the
// access_token of an earlier authorisation.
//
// The exchange goes on when ctx ends, for 30 seconds at most, since the code
// works only once. Calls with the same code, at once or within 10 minutes, share
// one exchange and get the same result: the redirect and an event may carry one
// code, and events are repeated. So do processes that share the token cache,
// where the second call has no RegisterCodeInfo.RegisterCode; in others it fails
// with 40078.
//
// Errors: [wecom.ErrCodeRejected] if the code is wrong, used or older than 10
// minutes; [wecom.ErrNoReply] if the reply was lost, after which a call with the
// same code is allowed and 40078 means that the first one had used it up; a
// [*UnsavedCodeError] if the store failed.
func (a *app) Authorize(ctx context.Context, code wecom.AuthCode) (*Authorization, error) {
	if a.api == nil {
		return nil, errNotMade
	}
	if code == "" {
		return nil, fmt.Errorf("suite: %s: Authorize: the authorisation code is empty", a.id)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("suite: %s: Authorize: %w", a.id, err)
	}
	e := a.join(ctx, code)
	select {
	case <-e.done:
	case <-ctx.Done():
		return nil, fmt.Errorf("suite: %s: Authorize: %w", a.id, ctx.Err())
	}
	if e.err != nil {
		return nil, e.err
	}
	return new(*e.auth), nil
}

// join returns the exchange of code, and starts it if there is none.
func (a *app) join(ctx context.Context, code wecom.AuthCode) *exchange {
	hash, now := hashOf(code), time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	e := &exchange{done: make(chan struct{})}
	if old := a.exchanges[hash]; old != nil {
		if !old.over() || old.err == nil && now.Before(old.until) {
			return old
		}
		e.grant, e.at = old.grant, old.at
	}
	a.tidy(now)
	a.exchanges[hash] = e
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTimeout)
		defer cancel()
		var auth *Authorization
		err := fmt.Errorf("suite: %s: Authorize: the exchange ended without a result", a.id)
		// Deferred, in case runtime.Goexit, from a test's fake, ends the goroutine.
		defer func() { a.finish(hash, e, auth, err) }()
		auth, err = a.run(ctx, e, hash, code)
	}()
	return e
}

// tidy makes room for one more exchange; mu is held.
func (a *app) tidy(now time.Time) {
	for len(a.exchanges) >= maxExchanges {
		var oldest codeHash
		var found *exchange
		for hash, e := range a.exchanges {
			switch {
			case !e.over():
			case now.After(e.until):
				delete(a.exchanges, hash)
			case found == nil || e.until.Before(found.until):
				oldest, found = hash, e
			}
		}
		if len(a.exchanges) < maxExchanges || found == nil {
			return
		}
		delete(a.exchanges, oldest)
	}
}

// forgetExchanges lets go of what led to an authorisation that has ended.
func (a *app) forgetExchanges(corpID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for hash, e := range a.exchanges {
		if e.over() && e.auth != nil && e.auth.Corp.id == corpID {
			delete(a.exchanges, hash)
		}
	}
}

// run carries out e. A panic in the user's store must not hang the callers that
// wait.
func (a *app) run(ctx context.Context, e *exchange, hash codeHash, code wecom.AuthCode) (auth *Authorization, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("suite: %s: Authorize: panic with a %T", a.id, v)
		}
	}()
	shared, mine, err := a.once(ctx, "authorized", hash, exchangeLease, func(ctx context.Context) (string, error) {
		if auth, err = a.exchange(ctx, e, code); err != nil {
			return "", err
		}
		return auth.share()
	})
	if err != nil || mine {
		return auth, err
	}
	auth, err = a.recall(ctx, shared)
	if errors.Is(err, ErrNoCode) { // the authorisation has ended since: let the platform say so
		return a.exchange(ctx, e, code)
	}
	return auth, err
}

// exchange buys the permanent code and keeps it.
func (a *app) exchange(ctx context.Context, e *exchange, code wecom.AuthCode) (*Authorization, error) {
	if e.grant == nil {
		grant, err := a.GetPermanentCodeV2(ctx, code)
		if err != nil {
			return nil, err
		}
		if grant.PermanentCode.IsZero() {
			return nil, fmt.Errorf("suite: %s: Authorize: the platform answered without a permanent code", a.id)
		}
		e.grant, e.at = grant, time.Now()
	}
	if err := a.keep(ctx, e.grant, e.at); err != nil {
		return nil, err
	}
	grant := e.grant
	e.grant = nil
	corp := a.Corp(grant.AuthCorpInfo.CorpID)
	// A token of an earlier authorisation that stays in a failing cache is
	// harmless: the platform refuses it, and then it is replaced.
	_ = corp.forget(ctx)
	return &Authorization{
		Corp:             corp,
		CorpInfo:         grant.AuthCorpInfo,
		AuthUser:         grant.AuthUserInfo,
		RegisterCodeInfo: grant.RegisterCodeInfo,
		State:            grant.State,
	}, nil
}

// sharedAuthorization is the part of an [Authorization] that other processes get
// through the cache. It holds no secret.
type sharedAuthorization struct {
	CorpID        string   `json:"corp_id"`
	CorpName      string   `json:"corp_name"`
	AuthUser      AuthUser `json:"auth_user"`
	TemplateID    string   `json:"template_id,omitzero"`
	RegisterState string   `json:"register_state,omitzero"`
	State         string   `json:"state,omitzero"`
}

func (auth *Authorization) share() (string, error) {
	data, err := json.Marshal(sharedAuthorization{
		CorpID: auth.CorpInfo.CorpID, CorpName: auth.CorpInfo.CorpName, AuthUser: auth.AuthUser,
		TemplateID: auth.RegisterCodeInfo.TemplateID, RegisterState: auth.RegisterCodeInfo.State, State: auth.State,
	})
	return string(data), err
}

// recall is the reverse of share. The error is [ErrNoCode] if the permanent code
// is no longer kept.
func (a *app) recall(ctx context.Context, shared string) (*Authorization, error) {
	var s sharedAuthorization
	if err := json.Unmarshal([]byte(shared), &s); err != nil {
		return nil, fmt.Errorf("suite: %s: Authorize: the result in the cache is malformed: %w", a.id, err)
	}
	if _, err := a.codes.LoadCode(ctx, a.id, s.CorpID); err != nil {
		return nil, fmt.Errorf("suite: %s: Authorize: %w", a.id, err)
	}
	return &Authorization{
		Corp:             a.Corp(s.CorpID),
		CorpInfo:         CorpInfo{CorpID: s.CorpID, CorpName: s.CorpName},
		AuthUser:         s.AuthUser,
		RegisterCodeInfo: RegisterCodeInfo{TemplateID: s.TemplateID, State: s.RegisterState},
		State:            s.State,
	}, nil
}

// keep saves the permanent code of grant.
func (a *app) keep(ctx context.Context, grant *GetPermanentCodeV2Response, at time.Time) (err error) {
	record := PermanentCode{SuiteID: a.id, CorpID: grant.AuthCorpInfo.CorpID, Code: grant.PermanentCode, At: at}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the store panicked with a %T", v)
		}
		if err != nil {
			err = &UnsavedCodeError{PermanentCode: record, Err: err}
		}
	}()
	if err := wire.CheckID(record.CorpID); err != nil {
		return fmt.Errorf("the platform answered with an impossible corp id: %w", err)
	}
	return a.codes.SaveCode(ctx, record)
}

// finish publishes the result of e and decides how long it is remembered.
func (a *app) finish(hash codeHash, e *exchange, auth *Authorization, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e.auth, e.err = auth, err
	switch {
	case err == nil:
		e.until = time.Now().Add(codeMemory)
	case e.grant != nil:
		e.until = time.Now().Add(unsavedMemory)
	default:
		delete(a.exchanges, hash)
	}
	close(e.done)
}

// cancelled finds out what a cancel_auth event ended: the authorisation that is
// kept, which is returned with gone set, or an earlier one.
//
// Events may arrive late and out of order, and clocks differ. The code of a new
// installation cannot be fetched again, so it must survive a late cancellation of
// the old one. Only the platform knows which of them has ended.
func (a *app) cancelled(ctx context.Context, corp *Corp) (kept PermanentCode, gone bool, err error) {
	kept, err = a.codes.LoadCode(ctx, a.id, corp.id)
	if errors.Is(err, ErrNoCode) {
		return PermanentCode{}, true, nil
	}
	if err != nil {
		return PermanentCode{}, false, err
	}
	_, err = a.GetAuthInfoV2(ctx, corp.id, kept.Code)
	if err == nil || errors.Is(err, wecom.ErrNotAuthorized) {
		return kept, err != nil, nil
	}
	return PermanentCode{}, false, err
}
