package register

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/internal/wire"
)

// Errors of [Contacts]. Both are also a [wecom.ErrTokenRejected].
var (
	// ErrContactTokenExpired says that the 30 minutes of the contact token are
	// over. It cannot be renewed.
	ErrContactTokenExpired error = &tokenError{"register: the contact token has expired and cannot be renewed"}
	// ErrContactTokenEnded says that contact_sync_success has been called, or that
	// the platform has refused the contact token.
	ErrContactTokenEnded error = &tokenError{"register: the contact token has ended: contact_sync_success was called, or the platform refused it"}
)

// ErrNoContactSync says that a registration came without a contact token: its
// package does not migrate contacts (通讯录迁移).
var ErrNoContactSync = errors.New("register: no contact token: the package does not migrate contacts")

// contactTokenLife is assumed for a token that came without expires_in.
const contactTokenLife = 30 * time.Minute

// tokenError is a pointer so that the two are told apart by identity.
type tokenError struct{ text string }

func (e *tokenError) Error() string     { return e.text }
func (*tokenError) Is(class error) bool { return class == wecom.ErrTokenRejected }

// Contacts is the contact token (通讯录迁移凭证) of a newly registered corp: the right
// to read and write its contacts for 30 minutes, or until
// [Contacts.ContactSyncSuccess]. It is a [wecom.TokenSource] that cannot renew
// its token: after a refusal it is of no use. It is safe for concurrent use.
type Contacts struct {
	api       *wecom.Client
	token     wecom.Secret
	expiresAt time.Time

	mu       sync.Mutex
	ended    bool // refused, or contact_sync_success was called
	unproved bool // the reply to contact_sync_success was lost
}

var _ wecom.TokenSource = (*Contacts)(nil)

// Contacts returns the credential for a contact token that is there already,
// for instance kept by a job that was interrupted.
func (c *Client) Contacts(token wecom.Secret, expiresAt time.Time) *Contacts {
	return &Contacts{api: c.provider.API(), token: token, expiresAt: expiresAt}
}

// FromEvent returns the credential that came with a registration event. The error
// is [ErrNoContactSync] if there is none.
func (c *Client) FromEvent(ev callback.RegisterCorp) (*Contacts, error) {
	if ev.ContactSync.AccessToken.IsZero() {
		return nil, ErrNoContactSync
	}
	at := ev.TimeStamp.Time()
	if at.IsZero() {
		at = time.Now()
	}
	return c.Contacts(ev.ContactSync.AccessToken, at.Add(cmp.Or(ev.ContactSync.Lifetime(), contactTokenLife))), nil
}

// FromInfo returns the credential that came with [Client.GetRegisterInfo]. The
// error is [ErrNoContactSync] if there is none.
func (c *Client) FromInfo(info *GetRegisterInfoResponse) (*Contacts, error) {
	if info.ContactSync.AccessToken.IsZero() {
		return nil, ErrNoContactSync
	}
	at := info.at
	if at.IsZero() {
		at = time.Now()
	}
	return c.Contacts(info.ContactSync.AccessToken, at.Add(wire.Life(info.ContactSync.ExpiresIn, contactTokenLife))), nil
}

// ExpiresAt returns when the token ends at the latest.
func (c *Contacts) ExpiresAt() time.Time { return c.expiresAt }

// Token returns the contact token, or [ErrContactTokenExpired] or
// [ErrContactTokenEnded].
func (c *Contacts) Token(context.Context) (wecom.Token, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended:
		return wecom.Token{}, ErrContactTokenEnded
	case c.token.IsZero() || !time.Now().Before(c.expiresAt):
		return wecom.Token{}, ErrContactTokenExpired
	}
	return wecom.Token{Value: c.token.Reveal(), ExpiresAt: c.expiresAt}, nil
}

// Reject ends the credential: there is no other token.
func (c *Contacts) Reject(_ context.Context, bad wecom.Token) error {
	if bad.Value == c.token.Reveal() {
		c.end()
	}
	return nil
}

func (c *Contacts) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}

// Auth is the credential of contact calls in the new corp.
func (c *Contacts) Auth() wecom.Auth { return wecom.Auth{Source: c, Param: wecom.ParamAccessToken} }

// Do sends a contact call in the new corp with the contact token, which it
// attaches, and decodes the reply into result; see [wecom.Client.Do]. A call
// whose token is refused is not repeated.
func (c *Contacts) Do(ctx context.Context, call wecom.Call, result any) error {
	if call.Auth.Source != nil || call.Auth.Param != "" {
		return fmt.Errorf("register: %s: Call.Auth must be empty: the contact token is attached here", call.Path)
	}
	call.Auth = c.Auth()
	return c.api.Do(ctx, call, result)
}

// SetScopeRequest says who sees an app. It replaces the whole scope: a list left
// nil is sent empty and empties it.
type SetScopeRequest struct {
	AgentID    int64    `json:"agentid"`     // of the app in the new corp; required
	AllowUser  []string `json:"allow_user"`  // visible members
	AllowParty []int64  `json:"allow_party"` // visible departments
	AllowTag   []int64  `json:"allow_tag"`   // visible tags
}

// SetScopeResponse names what the platform did not take; the rest was set.
type SetScopeResponse struct {
	InvalidUser  []string `json:"invaliduser,omitzero"`
	InvalidParty []int64  `json:"invalidparty,omitzero"`
	InvalidTag   []int64  `json:"invalidtag,omitzero"`
}

// SetScope sets who sees an app in the new corp (设置授权应用可见范围). Call it after the
// create_auth event of the app, since its agent id is known only then, and
// before [Contacts.ContactSyncSuccess]. The package must migrate contacts.
//
// Ids that are wrong are no error: look at the response.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90583
//
//wecom:endpoint POST /cgi-bin/agent/set_scope
func (c *Contacts) SetScope(ctx context.Context, req SetScopeRequest) (*SetScopeResponse, error) {
	return setScope(ctx, c, req)
}

func setScope(ctx context.Context, token wecom.AccessToken, req SetScopeRequest) (*SetScopeResponse, error) {
	// An explicit empty list says what an absent one would do.
	if req.AllowUser == nil {
		req.AllowUser = []string{}
	}
	if req.AllowParty == nil {
		req.AllowParty = []int64{}
	}
	if req.AllowTag == nil {
		req.AllowTag = []int64{}
	}
	r := new(SetScopeResponse)
	err := token.Do(ctx, wecom.Call{Path: "/cgi-bin/agent/set_scope", Body: req, Safe: true}, r)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// ContactSyncSuccess says that the contacts are complete (设置通讯录同步完成): it unlocks
// them for the corp and ends the contact token at once. Call it once and last,
// after every contact call, [Contacts.SetScope] and every import has finished.
//
// It is never repeated by itself. After a lost reply or a failure inside the
// platform ([wecom.ErrNoReply], [wecom.ErrTransient]) call it again: a refusal of
// the token within its life then shows that the first call was carried out, and
// is no error; unless there was no connection to send the first call on.
//
// Errors: 84023 the call is not allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90584
//
//wecom:endpoint GET /cgi-bin/sync/contact_sync_success
func (c *Contacts) ContactSyncSuccess(ctx context.Context) error {
	err := c.Do(ctx, wecom.Call{Method: http.MethodGet, Path: "/cgi-bin/sync/contact_sync_success"}, nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	refusal, refused := errors.AsType[*wecom.Error](err)
	switch {
	case err == nil:
		c.ended = true
	case refused && errors.Is(err, wecom.ErrTokenRejected):
		if c.unproved && c.provesEnd() {
			return nil
		}
	case refused && refusal.Code != 0 && !errors.Is(err, wecom.ErrTransient), errors.Is(err, wecom.ErrTokenRejected), neverSent(err):
		// Not carried out, or not sent.
	default:
		c.unproved = true
	}
	return err
}

// neverSent reports whether a call has failed because there was no connection to
// send it on. Other calls without a reply may have been carried out.
func neverSent(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "dial"
}

// provesEnd reports whether a refusal of the token says that it was ended: near the
// end of its life it may as well have expired.
func (c *Contacts) provesEnd() bool { return time.Until(c.expiresAt) > time.Minute }

// String shows the expiry only.
func (c *Contacts) String() string {
	return "register.Contacts(expires " + c.expiresAt.Format(time.RFC3339) + ")"
}

// Format keeps every verb of fmt from looking inside.
func (c *Contacts) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue keeps log/slog from looking inside.
func (c *Contacts) LogValue() slog.Value { return slog.StringValue(c.String()) }
