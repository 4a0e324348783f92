package register

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/corp/media"
)

// Errors of [Contacts.Migrate].
var (
	// ErrIncomplete says that not all of the plan is in the corp, so that
	// contact_sync_success was not called: the report says what is missing and why.
	// Once the cause is put right, call Migrate again with the same plan.
	ErrIncomplete = errors.New("register: not all of the plan is in the corp, contact_sync_success was not called")
	// ErrOtherPlan says that the checkpoint belongs to a migration with another plan.
	// To go on with the new plan, remove the checkpoint: what is in the corp already is
	// found again.
	ErrOtherPlan = errors.New("register: the checkpoint belongs to another plan")
	// ErrTakenOver says that another Migrate, in this process or another, goes on with
	// the same checkpoint: this one stops, before it invites anybody or unlocks.
	ErrTakenOver = errors.New("register: another migration goes on with the same checkpoint, this one has stopped")
)

// TimeError says that the contact token will not live long enough. Nothing was
// written.
type TimeError struct {
	Need time.Duration // roughly, what the migration takes
	Left time.Duration // of the life of the token
}

// Error says what to do.
func (e *TimeError) Error() string {
	return fmt.Sprintf("register: Migrate needs about %v and the contact token has %v left: nothing was written; "+
		"begin when the token is fresh, let more be imported (MigrateConfig.ImportFrom), or set MigrateConfig.IgnoreTime",
		e.Need.Round(time.Second), e.Left.Round(time.Second))
}

// MigrateConfig says how to migrate. The zero MigrateConfig will do for a small
// corp; a Checkpoint is advisable for any other.
type MigrateConfig struct {
	// Checkpoint keeps how far the migration is, so that it can be taken up again
	// after a crash, with the same plan. Without one a migration that is begun again
	// looks at all that is there, which is slower, and invites again. See
	// [FileCheckpoint].
	Checkpoint Checkpoint
	// Renew gives another contact token when the platform refuses the one in use or its
	// 30 minutes are over. nil: the migration stops there, and can be taken up again with
	// the checkpoint; [Client.Migrate] asks for the registration again. Whether there is
	// another token is not documented: [*TimeError] does not count on one.
	Renew func(context.Context) (*Contacts, error)
	// Scopes are set once the members are there: who sees the apps. The ids are those
	// of the plan.
	Scopes []SetScopeRequest
	// Invite lets WeCom invite the members of the plan (邀请成员), once all are there and
	// before the contacts are unlocked. Otherwise nobody is invited.
	Invite bool
	// ImportFrom is how many new departments or members go in by files (异步批量接口);
	// fewer are made one by one. 0: 1000; negative: never by files. Members of whom a
	// file cannot hold all (gender, leadership, custom attributes and so on) take a call
	// besides: if they are the larger part, all are made one by one. So they are, too, if
	// the platform does not let the contact token import, which is not documented, or
	// does not show who is there already: a file would overwrite them. An import that
	// stands still for five minutes is not waited for any longer.
	ImportFrom int
	// Parallel is how many calls are under way at once, 1 to 16; 0: 4. Departments are
	// made one after the other, and so are the members of a department, as WeCom asks.
	Parallel int
	// CallsPerMinute bounds the calls; 0: 6000. WeCom allows a corp 10000 to one
	// endpoint. When it refuses a call as one too many, the migration pauses and then
	// goes on more slowly.
	CallsPerMinute int
	// IgnoreTime begins even if the contact token will not live long enough.
	IgnoreTime bool
	// Accept is asked when not all of the plan is in the corp, with the report so far:
	// true goes on to the invitations and contact_sync_success. nil: stop with
	// ErrIncomplete.
	Accept func(*Report) bool
	// Progress is told how far the migration is, often, and from one goroutine at a
	// time. It should be quick.
	Progress func(Progress)
	// Logger logs each step, what is refused, and every ten seconds how far the step is.
	// nil: nothing is logged.
	Logger *slog.Logger
}

func (cfg MigrateConfig) check() (MigrateConfig, error) {
	const (
		defaultImportFrom = 1000
		defaultParallel   = 4
		mostParallel      = 16
		defaultCalls      = 6000
	)
	if cfg.ImportFrom == 0 {
		cfg.ImportFrom = defaultImportFrom
	}
	if cfg.Parallel == 0 {
		cfg.Parallel = defaultParallel
	}
	if cfg.CallsPerMinute == 0 {
		cfg.CallsPerMinute = defaultCalls
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case cfg.Parallel < 1 || cfg.Parallel > mostParallel:
		return cfg, fmt.Errorf("register: MigrateConfig.Parallel is %d: 1 to %d are allowed", cfg.Parallel, mostParallel)
	case cfg.CallsPerMinute < 0:
		return cfg, errors.New("register: MigrateConfig.CallsPerMinute is negative")
	}
	return cfg, nil
}

// Migrate fills the locked contacts of a new corp with a plan and unlocks them
// (通讯录迁移): departments, parents first; members, leaders first; tags; who sees the
// apps; then it reads everything back and compares; then it invites, if it is to;
// and at last, only if all is in, it calls contact_sync_success, once.
//
// Migrate looks at what is there before it writes. What is there as planned is left
// alone, what is there in another form is refused and left alone too, and so is the
// root. So it can be called again after any interruption, in another process as
// well: nothing is made twice. Failures inside the platform and lost replies are
// tried again up to six times, calls that were one too many for as long as the
// token lives. One Migrate at a time: of two with one checkpoint, because an event came
// twice say, the earlier stops with [ErrTakenOver].
//
// The report is there also with an error: [ErrIncomplete], [ErrTakenOver],
// [*TimeError], [ErrContactTokenExpired] and [ErrContactTokenEnded], and what the
// platform refused for all calls.
//
// What the contact token may read is not documented in full. Lists may show ids in
// place of names and encrypted user ids, or be denied: what cannot be seen is not
// compared, and what no list shows is asked for one by one.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90578
func (c *Contacts) Migrate(ctx context.Context, plan *Plan, cfg MigrateConfig) (*Report, error) {
	if plan == nil {
		return nil, errors.New("register: Migrate: the plan is nil: make one with NewPlan")
	}
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	s := newSession(c, cfg.Renew)
	m := &migration{
		plan: plan, cfg: cfg, session: s, contacts: contact.New(s), media: media.New(s),
		pace: newPacer(cfg.CallsPerMinute), log: cfg.Logger, start: time.Now(), id: rand.Text(),
	}
	m.progress = newProgress(m.start, cfg.Progress, cfg.Logger)
	if err := m.load(ctx); err != nil {
		return nil, err
	}
	err = m.run(ctx)
	return m.reported(), err
}

// Migrate is [Contacts.Migrate] for a registration that is known by its code. It
// gets the contact token by [Client.GetRegisterInfo], and asks again when the token
// is refused or over, unless cfg.Renew is set: within 24 hours, and that it brings
// another one is not documented. It needs no event and no kept token, so that any
// process that has the code and the checkpoint can go on.
//
// The error is also [ErrPending] and [ErrNoContactSync].
func (c *Client) Migrate(ctx context.Context, code wecom.Secret, plan *Plan, cfg MigrateConfig) (*Report, error) {
	ask := func(ctx context.Context) (*Contacts, error) {
		info, err := c.GetRegisterInfo(ctx, code)
		if err != nil {
			return nil, err
		}
		return c.FromInfo(info)
	}
	contacts, err := ask(ctx)
	if errors.Is(err, ErrNoContactSync) { // so it is, too, after contact_sync_success: the checkpoint knows
		contacts, err = c.Contacts(wecom.Secret{}, time.Time{}), nil
	}
	if err != nil {
		return nil, err
	}
	if cfg.Renew == nil {
		cfg.Renew = ask
	}
	return contacts.Migrate(ctx, plan, cfg)
}

// migration is one run of Migrate.
type migration struct {
	plan     *Plan
	cfg      MigrateConfig
	session  *session
	contacts *contact.Client
	media    *media.Client
	pace     *pacer
	progress *progress
	log      *slog.Logger
	start    time.Time
	id       string // of this run
	saver    string // id of the run that has saved the checkpoint last

	mu          sync.Mutex // guards the report in state, and uncompleted
	state       state
	seen        survey
	uncompleted bool // a member that a file has made lacks what it could not hold
}

// Step is a part of a migration.
type Step string

// The steps, in their order. StepRead comes before the first step of every run.
const (
	StepRead        Step = "read"        // what is there already
	StepDepartments Step = "departments" // 部门
	StepUsers       Step = "users"       // 成员
	StepImport      Step = "import"      // in place of the two above while a file is imported; in per cent
	StepTags        Step = "tags"        // 标签
	StepScopes      Step = "scopes"      // 可见范围
	StepCheck       Step = "check"       // everything is read back and compared
	StepInvite      Step = "invite"      // 邀请成员
	StepFinish      Step = "finish"      // contact_sync_success
)

// run does the steps that are left.
func (m *migration) run(ctx context.Context) error {
	if m.state.Report.Unlocked {
		return nil
	}
	m.tally(func(r *Report) {
		r.Departments.Planned, r.Users.Planned, r.Tags.Planned = m.plan.Departments(), m.plan.Users(), m.plan.Tags()
	})
	if !m.state.Finishing {
		if err := m.begin(ctx); err != nil {
			return m.stopped(StepRead, err)
		}
		if err := m.save(ctx); err != nil {
			return m.stopped(StepRead, err)
		}
	}
	steps := []struct {
		name Step
		do   func(context.Context) error
	}{
		{StepDepartments, m.makeDepartments},
		{StepUsers, m.makeUsers},
		{StepTags, m.makeTags},
		{StepScopes, m.setScopes},
		{StepCheck, m.check},
		{StepInvite, m.invite},
		{StepFinish, m.finish},
	}
	for i, step := range steps {
		if i < m.state.Done {
			continue
		}
		m.log.InfoContext(ctx, "register: migration step begins", slog.String("step", string(step.name)))
		if err := step.do(ctx); err != nil {
			return m.stopped(step.name, err)
		}
		m.progress.finish(ctx)
		m.state.Done = i + 1
		if err := m.save(ctx); err != nil {
			return m.stopped(step.name, err)
		}
	}
	return nil
}

// begin waits for an import that an earlier run has left, looks at what is there,
// and whether there is time for the rest.
func (m *migration) begin(ctx context.Context) error {
	if m.state.JobID != "" {
		m.progress.begin(StepImport, 100)
		if err := m.waitJob(ctx, m.state.JobID); err != nil && !givesUp(err) {
			return err
		}
		m.state.JobID = ""
	}
	if err := m.readForWriting(ctx); err != nil {
		return err
	}
	if m.cfg.IgnoreTime {
		return nil
	}
	left := time.Until(m.session.current().ExpiresAt())
	if need := m.need(); need > left {
		return &TimeError{Need: need, Left: left}
	}
	return nil
}

// stopped says where a run has ended.
func (m *migration) stopped(step Step, err error) error {
	if errors.Is(err, ErrIncomplete) {
		return err
	}
	if _, short := errors.AsType[*TimeError](err); short {
		return err
	}
	done, total := m.progress.position()
	return fmt.Errorf("register: Migrate stopped in step %s, at %d of %d: %w", step, done, total, err)
}

// reported returns the report with what this run has taken.
func (m *migration) reported() *Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.state.Report
	r.Refused = slices.Clone(r.Refused)
	r.Calls += m.pace.sent()
	r.Took += time.Since(m.start)
	return &r
}

// tally changes the report.
func (m *migration) tally(change func(*Report)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.state.Report)
}

// refuse puts an item that cannot be made into the report.
func (m *migration) refuse(ctx context.Context, refusal Refusal) {
	m.tally(func(r *Report) { r.Refused = append(r.Refused, refusal) })
	m.log.WarnContext(ctx, "register: migration: refused", slog.String("kind", string(refusal.Kind)),
		slog.String("id", refusal.ID), slog.Int("code", int(refusal.Code)), slog.String("reason", refusal.Reason))
}

// forget takes what an earlier try of a step has refused out of the report.
func (m *migration) forget(kind Kind) {
	m.tally(func(r *Report) {
		r.Refused = slices.DeleteFunc(slices.Clone(r.Refused), func(f Refusal) bool { return f.Kind == kind })
	})
}

// inGroups calls do for every item: those of a group one after the other, several
// groups at once. The first error ends it.
func inGroups[T any](ctx context.Context, m *migration, groups [][]T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(m.cfg.Parallel)
	for _, items := range groups {
		group.Go(func() error {
			for _, item := range items {
				if err := do(ctx, item); err != nil {
					return err
				}
				m.progress.step(ctx)
			}
			return nil
		})
	}
	return group.Wait()
}

// stops reports whether an error is about more than the item of its call, so that
// the next call would fail as well.
func stops(err error) bool {
	refusal, refused := errors.AsType[*wecom.Error](err)
	if !refused || refusal.Code == 0 {
		return true
	}
	return forbidden(err) || slices.ContainsFunc(
		[]error{wecom.ErrTokenRejected, wecom.ErrCredential, wecom.ErrIPNotAllowed, wecom.ErrRateLimited, wecom.ErrTransient},
		func(class error) bool { return errors.Is(err, class) },
	)
}

// forbidden reports whether the token may not call an endpoint at all.
func forbidden(err error) bool {
	return !errors.Is(err, wecom.ErrIPNotAllowed) &&
		(errors.Is(err, wecom.ErrNotAuthorized) || errors.Is(err, wecom.ErrPermission))
}
