package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/internal/wire"
)

// State is where a registration stands.
type State string

// The states of a registration.
const (
	StateReady      State = "ready"      // the button has not been pressed
	StateWaiting    State = "waiting"    // the new tab is open
	StateRegistered State = "registered" // the corp is there, and FlowConfig.Registered has returned, or runs for a minute
	StateEntered    State = "entered"    // the corp existed already
	StateExpired    State = "expired"    // nothing was heard within FlowConfig.WaitFor
	StateFailed     State = "failed"     // the request for this page failed; see [Page]
)

// final reports whether there is a [Result].
func (s State) final() bool { return s == StateRegistered || s == StateEntered }

const (
	// recordLife is a day, for which get_register_info answers, and some more.
	recordLife = 25 * time.Hour
	// firstPoll leaves the event time to arrive, and nobody registers faster.
	firstPoll    = 20 * time.Second
	minPollPause = 15 * time.Second
	maxPollPause = time.Minute
	pollTimeout  = 8 * time.Second

	// pageWait is how long a page waits for FlowConfig.Registered.
	pageWait = time.Minute
	// pollWait is how long the request of a page that has learnt of the corp by asking
	// does, before it goes on waiting like the others.
	pollWait = 3 * time.Second

	maxUpdates = 10
)

// record is what the machines know of one registration. It holds register codes.
type record struct {
	State    State     `json:"state"`
	OpenedAt time.Time `json:"opened_at"` // when the button was last pressed
	Codes    []string  `json:"codes"`     // the newest last
	Ref      string    `json:"ref,omitzero"`
	CorpID   string    `json:"corp_id,omitzero"`
	UserID   string    `json:"user_id,omitzero"`
}

// view is what a page is told.
type view struct {
	state  State
	record record
}

func (v view) result() Result {
	return Result{State: v.state, CorpID: v.record.CorpID, UserID: v.record.UserID, Ref: v.record.Ref}
}

// Keys in the cache. The id of a registration is no secret: it is worth nothing
// without the signed ticket.
func (f *Flow) waitKey(id string) string { return f.cacheKey("wait", id) }
func (f *Flow) pollKey(id string) string { return f.cacheKey("poll", id) }
func (f *Flow) doneKey(corpID string) string {
	return f.cacheKey("corp", corpID)
}

func (f *Flow) cacheKey(kind, name string) string {
	return "register/" + f.client.provider.CorpID() + "/" + kind + "/" + name
}

// load returns the record of a registration and its version, which are zero if
// there is none.
func (f *Flow) load(ctx context.Context, id string) (kept record, version int64, err error) {
	token, err := f.cache.Load(ctx, f.waitKey(id))
	if errors.Is(err, wecom.ErrNotCached) {
		return record{}, 0, nil
	}
	if err != nil {
		return record{}, 0, fmt.Errorf("register: the state of the registration cannot be read: %w", err)
	}
	if json.Unmarshal([]byte(token.Value), &kept) != nil { // whose text may quote the value
		return record{}, 0, errors.New("register: the state of the registration in the cache is no JSON of this version")
	}
	return kept, token.Version, nil
}

// update changes the record of a registration in one atomic step. change may be
// called several times; nothing is saved if it returns false.
func (f *Flow) update(ctx context.Context, id string, change func(*record) bool) error {
	for range maxUpdates {
		kept, version, err := f.load(ctx, id)
		if err != nil {
			return err
		}
		if !change(&kept) {
			return nil
		}
		value, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		saved, err := f.cache.Save(ctx, f.waitKey(id), wecom.Token{
			Value: string(value), Version: version + 1, ExpiresAt: kept.OpenedAt.Add(recordLife),
		})
		if err != nil {
			return fmt.Errorf("register: the state of the registration cannot be kept: %w", err)
		}
		if saved {
			return nil
		}
	}
	return errors.New("register: the state of the registration keeps changing under us")
}

// look returns where a registration stands, and asks WeCom now and then for one
// whose event does not come.
func (f *Flow) look(ctx context.Context, id string) (view, error) {
	kept, _, err := f.load(ctx, id)
	if err != nil {
		return view{}, err
	}
	now := f.viewOf(kept)
	if now.state != StateWaiting || f.isClosed() || !f.pollIsDue(ctx, id, kept) {
		return now, nil
	}
	f.poll(ctx, id, kept)
	if kept, _, err = f.load(ctx, id); err != nil {
		return view{}, err
	}
	return f.viewOf(kept), nil
}

func (f *Flow) viewOf(kept record) view {
	switch {
	case kept.State == "":
		return view{StateReady, kept}
	case kept.State == StateWaiting && time.Since(kept.OpenedAt) >= f.cfg.WaitFor:
		return view{StateExpired, kept}
	}
	return view{kept.State, kept}
}

// pollIsDue reports whether it is for this process to ask now. An entry of the
// cache that lives until the next time decides between the processes.
func (f *Flow) pollIsDue(ctx context.Context, id string, kept record) bool {
	waited := time.Since(kept.OpenedAt)
	if waited < firstPoll {
		return false
	}
	pause := min(max(waited/10, minPollPause), maxPollPause)
	mine, err := f.cache.Save(ctx, f.pollKey(id), wecom.Token{Value: "asked", Version: 1, ExpiresAt: time.Now().Add(pause)})
	if err != nil {
		f.warn(ctx, "the cache failed", err)
	}
	return err == nil && mine
}

// poll asks what became of the codes of a registration (查询注册状态). What fails is
// tried again the next time.
func (f *Flow) poll(ctx context.Context, id string, kept record) {
	for _, text := range slices.Backward(kept.Codes) {
		code := wecom.NewSecret(text)
		info, err := f.ask(ctx, code)
		switch {
		case errors.Is(err, ErrPending), errors.Is(err, wecom.ErrCodeRejected):
			continue // perhaps another one
		case err != nil:
			f.warn(ctx, "the registration cannot be asked for", err)
			return
		}
		f.finishBeside(ctx, func(ctx context.Context) error { return f.polled(ctx, id, kept.Ref, code, info) })
		return
	}
}

// finishBeside calls finish, which may take as long as FlowConfig.Registered, beside
// the request of a page, and returns after a moment.
func (f *Flow) finishBeside(ctx context.Context, finish func(context.Context) error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		ctx := context.WithoutCancel(ctx)
		defer func() {
			if v := recover(); v != nil { // it may hold data of the vendor
				f.log.LogAttrs(ctx, slog.LevelError, "register: FlowConfig.Registered panicked",
					slog.String("value", fmt.Sprintf("a %T", v)), slog.String("stack", string(debug.Stack())))
			}
		}()
		if err := finish(ctx); err != nil && !errors.Is(err, errBusy) {
			f.warn(ctx, "the registration is not finished", err)
		}
	}()
	enough := time.NewTimer(pollWait)
	defer enough.Stop()
	select {
	case <-done:
	case <-enough.C:
	case <-ctx.Done():
	}
}

func (f *Flow) ask(ctx context.Context, code wecom.Secret) (*GetRegisterInfoResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	return f.client.GetRegisterInfo(ctx, code)
}

func (f *Flow) polled(ctx context.Context, id, ref string, code wecom.Secret, info *GetRegisterInfoResponse) error {
	reg := Registration{
		CorpID: info.CorpID, UserID: info.AuthUserInfo.UserID, TemplateID: info.TemplateID,
		Ref: ref, Code: code, Polled: true,
	}
	var err error
	if reg.Contacts, err = f.client.FromInfo(info); err != nil && !errors.Is(err, ErrNoContactSync) {
		return err
	}
	return f.finish(ctx, id, reg)
}

// registered deals with register_corp.
func (f *Flow) registered(ctx context.Context, ev callback.RegisterCorp) error {
	id, ref, err := f.origin(ctx, ev.ProviderHead, ev.State)
	if err != nil {
		return err
	}
	reg := Registration{
		CorpID: ev.AuthCorpID, UserID: ev.AuthUserInfo.UserID, TemplateID: ev.TemplateID,
		Ref: ref, Code: ev.RegisterCode,
	}
	if id == "" {
		reg.State = ev.State
	}
	if reg.Contacts, err = f.client.FromEvent(ev); err != nil && !errors.Is(err, ErrNoContactSync) {
		return err
	}
	return f.finish(ctx, id, reg)
}

// entered deals with enter_register_package.
func (f *Flow) entered(ctx context.Context, ev callback.EnterRegisterPackage) error {
	id, ref, err := f.origin(ctx, ev.ProviderHead, ev.State)
	if err != nil {
		return err
	}
	if f.cfg.Entered != nil {
		entry := Entry{CorpID: ev.AuthCorpID, UserID: ev.AuthUserInfo.UserID, TemplateID: ev.TemplateID, Ref: ref}
		if id == "" {
			entry.State = ev.State
		}
		if err := f.cfg.Entered(ctx, entry); err != nil {
			return err
		}
	}
	f.moveOn(ctx, id, StateEntered, ev.AuthCorpID, ev.AuthUserInfo.UserID)
	return nil
}

// origin returns the registration that an event belongs to; id is empty if none
// of ours. Without the cache the vendor would be told of it without its Ref: then
// the event has to come again.
func (f *Flow) origin(ctx context.Context, head callback.ProviderHead, state string) (id, ref string, err error) {
	if want := f.client.provider.CorpID(); head.ServiceCorpID != want {
		return "", "", fmt.Errorf("register: the event is for the provider %q, not for %q", wire.Brief(head.ServiceCorpID), want)
	}
	if !isHex(state, flowIDBytes) {
		return "", "", nil
	}
	kept, version, err := f.load(ctx, state)
	if err != nil || version == 0 {
		return "", "", err
	}
	return state, kept.Ref, nil
}

// finish tells the vendor of a new corp, once, and the page.
func (f *Flow) finish(ctx context.Context, id string, reg Registration) error {
	if err := wire.CheckID(reg.CorpID); err != nil {
		return fmt.Errorf("register: the new corp: %w", err)
	}
	// The person may close the page, and WeCom hang up; what has begun goes on.
	ctx = context.WithoutCancel(ctx)
	err := f.once(ctx, f.doneKey(reg.CorpID), func(work context.Context) error {
		succeeded := false
		stop := f.moveOnLater(ctx, id, reg)
		defer func() { // also after a panic
			if stop(); !succeeded {
				f.moveBack(ctx, id, reg.CorpID)
			}
		}()
		err := f.cfg.Registered(work, reg)
		succeeded = err == nil
		return err
	})
	if err != nil {
		return err
	}
	f.moveOn(ctx, id, StateRegistered, reg.CorpID, reg.UserID)
	return nil
}

// moveOnLater tells the page unless stop is called before: nobody is to look at a
// waiting page while the contacts are migrated. It is for the process that is at it
// to say so: if that dies early the page asks, and another process is at it.
func (f *Flow) moveOnLater(ctx context.Context, id string, reg Registration) (stop func()) {
	ended := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		late := time.NewTimer(pageWait)
		defer late.Stop()
		select {
		case <-late.C:
			f.moveOn(ctx, id, StateRegistered, reg.CorpID, reg.UserID)
		case <-ended:
		}
	})
	return func() {
		close(ended)
		waiting.Wait()
	}
}

// moveBack lets the page ask again that was told of a corp too early.
func (f *Flow) moveBack(ctx context.Context, id, corpID string) {
	if id == "" {
		return
	}
	err := f.update(ctx, id, func(kept *record) bool {
		if kept.State != StateRegistered || kept.CorpID != corpID {
			return false
		}
		kept.State, kept.CorpID, kept.UserID = StateWaiting, "", ""
		return true
	})
	if err != nil {
		f.warn(ctx, "the page is not told", err)
	}
}

// moveOn tells the page, if there is one. Who registered wins over who entered.
// A page that is not told now asks WeCom for itself.
func (f *Flow) moveOn(ctx context.Context, id string, state State, corpID, userID string) {
	if id == "" {
		return
	}
	err := f.update(ctx, id, func(kept *record) bool {
		if kept.State == "" || kept.State == StateRegistered || kept.State == state && kept.CorpID == corpID {
			return false
		}
		kept.State, kept.CorpID, kept.UserID = state, corpID, userID
		return true
	})
	if err != nil {
		f.warn(ctx, "the page is not told", err)
	}
}

// boundedCache gives up on a cache that hangs.
type boundedCache struct{ inner wecom.TokenCache }

const cacheTimeout = 3 * time.Second

func (c boundedCache) Load(ctx context.Context, key string) (wecom.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	return c.inner.Load(ctx, key)
}

func (c boundedCache) Save(ctx context.Context, key string, t wecom.Token) (saved bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	return c.inner.Save(ctx, key, t)
}

func (c boundedCache) Drop(ctx context.Context, key string, upTo int64) error {
	ctx, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	return c.inner.Drop(ctx, key, upTo)
}
