package register

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
)

// makeUsers makes the members that are not there.
func (m *migration) makeUsers(ctx context.Context) error {
	m.forget(KindUser)
	m.tally(func(r *Report) { r.Users = Tally{Planned: m.plan.Users()} })
	ranks := m.sortUsers(ctx)
	if create := toCreate(ranks); m.importsUsers(create) && !m.hiddenUsers(ctx) {
		if err := m.importUsers(ctx, create); err != nil {
			return err
		}
		ranks = m.sortImported(ranks)
	}
	m.progress.begin(StepUsers, m.plan.Users())
	m.progress.skip(ctx, m.plan.Users()-len(slices.Concat(ranks...)))
	for _, rank := range ranks {
		if err := inGroups(ctx, m, groupsOf(rank), m.makeUser); err != nil {
			return err
		}
	}
	if !m.uncompleted { // from now on what differs is somebody else's doing
		m.state.ImportedUsers, m.state.Kept = false, nil
	}
	return nil
}

// userWork is what is to be done for a member.
type userWork struct {
	user     *contact.CreateUserRequest
	imported bool // is there, and may lack what a file cannot hold
}

// toCreate returns the members that are not there.
func toCreate(ranks [][]userWork) []*contact.CreateUserRequest {
	var users []*contact.CreateUserRequest
	for _, w := range slices.Concat(ranks...) {
		if !w.imported {
			users = append(users, w.user)
		}
	}
	return users
}

// importsUsers reports whether new members go in by files. Those of whom a file
// cannot hold all take a call each all the same: many of them speak against it.
func (m *migration) importsUsers(create []*contact.CreateUserRequest) bool {
	extra := 0
	for _, u := range create {
		if hasExtras(u) {
			extra++
		}
	}
	return m.imports(len(create)) && 2*extra <= len(create)
}

// sortUsers drops those for whom there is nothing to do, and refuses those for
// whom nothing can be done.
func (m *migration) sortUsers(ctx context.Context) [][]userWork {
	all := make([][]userWork, 0, len(m.plan.ranks))
	for _, rank := range m.plan.ranks {
		var work []userWork
		for i := range rank {
			u := &rank[i]
			if got, ok := m.seen.users[fold(u.UserID)]; ok {
				if m.foundUser(ctx, u, &got) {
					work = append(work, userWork{user: u, imported: true})
				}
				continue
			}
			if lost := m.lacksDepartment(u); lost != 0 {
				m.refuseUser(ctx, Refusal{Kind: KindUser, ID: u.UserID, Reason: fmt.Sprintf("its department %d could not be made", lost)})
				continue
			}
			work = append(work, userWork{user: u})
		}
		all = append(all, work)
	}
	return all
}

// lacksDepartment returns a department of u that is not there, 0 if all are. To make
// u nevertheless would make such a department in another place.
func (m *migration) lacksDepartment(u *contact.CreateUserRequest) int64 {
	for _, id := range u.Department {
		if _, ok := m.seen.departments[id]; !ok {
			return id
		}
	}
	return 0
}

// foundUser looks at a member that was there before this run. more says that it is
// to be completed.
func (m *migration) foundUser(ctx context.Context, u *contact.CreateUserRequest, got *contact.User) (more bool) {
	more, refused := m.judgeUser(u, got)
	switch {
	case refused != nil:
		m.refuseUser(ctx, *refused)
	case !more:
		m.tally(func(r *Report) { r.Users.Skipped++ })
	}
	return more
}

// judgeUser says what to do about a member that is there: nothing, more if an import
// has made it and a file could not hold all of it, or refuse it.
func (m *migration) judgeUser(u *contact.CreateUserRequest, got *contact.User) (more bool, refused *Refusal) {
	if m.state.ImportedUsers && lacksExtras(u, got) && !slices.Contains(m.state.Kept, u.UserID) {
		refused = otherwise(KindUser, u.UserID, compareRow(u, got))
		return refused == nil, refused
	}
	return false, otherwise(KindUser, u.UserID, compareUser(u, got))
}

// sortImported sorts what an import was to make.
func (m *migration) sortImported(ranks [][]userWork) [][]userWork {
	all := make([][]userWork, 0, len(ranks))
	for _, rank := range ranks {
		var work []userWork
		for _, w := range rank {
			got, ok := m.seen.users[fold(w.user.UserID)]
			switch {
			case w.imported, !ok:
				work = append(work, w)
			case lacksExtras(w.user, &got):
				work = append(work, userWork{user: w.user, imported: true})
			default:
				m.tally(func(r *Report) { r.Users.Created++ })
			}
		}
		all = append(all, work)
	}
	return all
}

// groupsOf puts those of the same first department into one group.
func groupsOf(work []userWork) [][]userWork {
	var groups [][]userWork
	group := map[int64]int{}
	for _, w := range work {
		id := w.user.Department[0]
		at, ok := group[id]
		if !ok {
			at = len(groups)
			group[id] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], w)
	}
	return groups
}

func (m *migration) makeUser(ctx context.Context, w userWork) error {
	if w.imported {
		return m.completeUser(ctx, w.user)
	}
	u := w.user
	lost, err := m.attempt(ctx, func(ctx context.Context) error {
		_, err := m.contacts.Users().Create(ctx, *u)
		return err
	})
	switch {
	case err == nil:
		m.tally(func(r *Report) { r.Users.Created++ })
		return nil
	case errors.Is(err, wecom.Code(60102)), errors.Is(err, wecom.Code(60104)), errors.Is(err, wecom.Code(60106)):
		return m.settleUser(ctx, u, lost, err)
	case stops(err):
		return err
	}
	m.refuseUser(ctx, refusal(KindUser, u.UserID, err))
	return nil
}

// settleUser finds out whether a member that exists is ours, of a try whose reply
// was lost, or there in another form, or whether somebody else has the mobile or
// the email.
func (m *migration) settleUser(ctx context.Context, u *contact.CreateUserRequest, lost bool, conflict error) error {
	got, found, err := m.findUser(ctx, u.UserID)
	if err != nil {
		return err
	}
	if !found {
		m.refuseUser(ctx, refusal(KindUser, u.UserID, conflict))
		return nil
	}
	more, refused := m.judgeUser(u, got)
	switch {
	case refused != nil:
		m.refuseUser(ctx, *refused)
	case more:
		return m.completeUser(ctx, u)
	case lost:
		m.tally(func(r *Report) { r.Users.Created++ })
	default:
		m.tally(func(r *Report) { r.Users.Skipped++ })
	}
	return nil
}

func (m *migration) refuseUser(ctx context.Context, refused Refusal) {
	m.tally(func(r *Report) { r.Users.Refused++ })
	m.refuse(ctx, refused)
}

// extras are the fields of a member that the files of imports cannot hold.
func extras(u *contact.CreateUserRequest) contact.UpdateUserRequest {
	more := contact.UpdateUserRequest{
		UserID: u.UserID, Gender: u.Gender, BizMail: u.BizMail, AvatarMediaID: u.AvatarMediaID,
		DirectLeader: u.DirectLeader, MainDepartment: u.MainDepartment,
		ExtAttr: unlessEmpty(u.ExtAttr), ExternalProfile: unlessEmpty(u.ExternalProfile),
		ExternalPosition: unlessEmpty(u.ExternalPosition), Nickname: unlessEmpty(u.Nickname),
	}
	if len(u.IsLeaderInDept) > 0 { // it stands beside the others
		more.Department, more.Order, more.IsLeaderInDept = u.Department, u.Order, u.IsLeaderInDept
	}
	return more
}

// unlessEmpty returns nil for what is to be left as it is.
func unlessEmpty[T any](v T) *T {
	if reflect.ValueOf(v).IsZero() {
		return nil
	}
	return &v
}

// hasExtras reports whether a file cannot hold all of a member.
func hasExtras(u *contact.CreateUserRequest) bool { return compareExtras(u, &contact.User{}).unseen }

// lacksExtras reports whether a member that was imported is not seen to have what
// the file could not hold.
func lacksExtras(want *contact.CreateUserRequest, got *contact.User) bool {
	c := compareExtras(want, got)
	return c.unseen || len(c.fields) > 0
}

// completeUser adds what a file could not hold.
func (m *migration) completeUser(ctx context.Context, u *contact.CreateUserRequest) error {
	_, err := m.attempt(ctx, func(ctx context.Context) error {
		return m.contacts.Users().Update(ctx, extras(u))
	})
	switch {
	case err == nil:
		m.tally(func(r *Report) { r.Users.Created++ })
	case stops(err):
		return err
	default:
		m.mu.Lock()
		m.uncompleted = true
		m.mu.Unlock()
		m.refuseUser(ctx, refusal(KindUser, u.UserID, err))
	}
	return nil
}
