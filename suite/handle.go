package suite

import (
	"context"
	"errors"
	"fmt"

	"github.com/wecom-isv/wecom/callback"
)

// Hooks are called after the events of an app have been dealt with; each may be
// nil. An error of a hook is the error of the event: what follows depends on the
// [callback.Handler] or [callback.Queue]. Events are repeated, so hooks must be
// idempotent.
//
// Authorized is called once for an authorisation, however often its event comes and
// whether or not [Client.InstalledHandler] is used too, and again only after it has
// failed. It may be called more often if the token cache fails, if it takes longer
// than a minute, or if a process dies during it.
type Hooks struct {
	// Authorized follows create_auth: a corp has installed the app from the market,
	// a QR code or a link. The permanent code is kept. An installation from the
	// provider's own page makes no event; see [Client.Install].
	Authorized func(ctx context.Context, auth *Authorization) error
	// Reset follows reset_permanent_code: a customised app has a new permanent
	// code, which is kept.
	Reset func(ctx context.Context, auth *Authorization) error
	// Changed follows change_auth: the scope or the permissions have changed. Read
	// [Corp.AuthInfo] and [Corp.GetPermissions] and replace what was stored. For a
	// contacts app (通讯录应用) this is also how a cancelled authorisation shows: then
	// AuthInfo fails with [wecom.ErrNotAuthorized].
	Changed func(ctx context.Context, corp *Corp, ev callback.ChangeAuth) error
	// Cancelled follows cancel_auth: the corp has removed the app; permanent code
	// and token are dropped. The provider is obliged to delete the corp's data.
	Cancelled func(ctx context.Context, corpID string) error
}

// Handle registers the events of this app with mux: suite_ticket is saved,
// create_auth and reset_permanent_code become [Client.Authorize], cancel_auth
// drops permanent code and token, and the hooks follow. Only events of this
// app's id are taken; several apps may share a mux, each with its own Handle.
// Calling it twice for one app and mux panics, as [callback.On] does.
//
// create_auth, change_auth, cancel_auth and reset_permanent_code must be answered
// within 1000 ms. Give the handler a [callback.Queue], so that they are answered
// first: an exchange takes up to seconds, and a hook may do more. Without one
// they run before the answer; an exchange that does not finish in time is
// carried on and its permanent code kept, but the event fails and its hook is
// not called.
//
// WeCom does not repeat an event that was answered. One that fails behind a
// queue, for instance a create_auth before the first suite_ticket, must be repeated
// by the queue within the 10 minutes of its code, or else is left to
// [callback.PoolConfig].OnError.
//
// A cancel_auth may belong to an earlier installation than the one that is kept:
// the platform is asked, and a cancellation that it does not confirm changes
// nothing.
func (a *app) Handle(mux *callback.Mux, hooks Hooks) {
	mine := callback.ForSuite(a.id)
	callback.On(mux, func(ctx context.Context, env callback.Envelope, ev callback.SuiteTicket) error {
		return a.SaveTicket(ctx, ev.SuiteTicket, env.At)
	}, mine)
	callback.On(mux, func(ctx context.Context, _ callback.Envelope, ev callback.CreateAuth) error {
		auth, err := a.Authorize(ctx, ev.AuthCode)
		if err != nil || hooks.Authorized == nil {
			return err
		}
		auth.OpenKFIDs = ev.OpenKFIDs
		return a.announce(ctx, ev.AuthCode, auth, hooks.Authorized)
	}, mine)
	callback.On(mux, func(ctx context.Context, _ callback.Envelope, ev callback.ResetPermanentCode) error {
		auth, err := a.Authorize(ctx, ev.AuthCode)
		if err != nil || hooks.Reset == nil {
			return err
		}
		return hooks.Reset(ctx, auth)
	}, mine)
	callback.On(mux, func(ctx context.Context, _ callback.Envelope, ev callback.ChangeAuth) error {
		corp := a.Corp(ev.AuthCorpID)
		if corp.invalid != nil || hooks.Changed == nil {
			return corp.invalid
		}
		return hooks.Changed(ctx, corp, ev)
	}, mine)
	callback.On(mux, func(ctx context.Context, _ callback.Envelope, ev callback.CancelAuth) error {
		corp := a.Corp(ev.AuthCorpID)
		if corp.invalid != nil {
			return corp.invalid
		}
		ended, err := a.end(ctx, corp)
		if err != nil {
			return fmt.Errorf("suite: %s: cancel_auth of corp %s: %w", a.id, corp.id, err)
		}
		if !ended || hooks.Cancelled == nil {
			return nil
		}
		return hooks.Cancelled(ctx, corp.id)
	}, mine)
}

// end drops what belongs to an authorisation that has ended, and reports whether
// the corp is left without one.
func (a *app) end(ctx context.Context, corp *Corp) (bool, error) {
	kept, gone, err := a.cancelled(ctx, corp)
	if err != nil || !gone {
		return false, err
	}
	a.forgetExchanges(corp.id)
	if !kept.Code.IsZero() {
		if err := a.codes.DropCode(ctx, kept); err != nil {
			return false, err
		}
	}
	if err := corp.forget(ctx); err != nil {
		return false, err
	}
	// The corp may have authorised the app again while we asked.
	_, err = a.codes.LoadCode(ctx, a.id, corp.id)
	if errors.Is(err, ErrNoCode) {
		return true, nil
	}
	return false, err
}
