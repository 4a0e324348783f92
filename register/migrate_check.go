package register

import (
	"context"
	"strconv"
	"sync"

	"github.com/wecom-isv/wecom/corp/contact"
)

// check reads everything back and compares it with the plan.
func (m *migration) check(ctx context.Context) error {
	if err := m.readDepartments(ctx); err != nil {
		return err
	}
	if m.seen.blind {
		if err := m.findDepartments(ctx); err != nil {
			return err
		}
	}
	differences, strangers := m.checkDepartments()
	if err := m.readUsers(ctx, StepCheck); err != nil {
		return err
	}
	more, others, err := m.checkUsers(ctx)
	if err != nil {
		return err
	}
	differences = append(differences, more...)
	if more, err = m.checkTags(ctx); err != nil {
		return err
	}
	differences = append(differences, more...)
	m.tally(func(r *Report) { r.Checked, r.Differences, r.Others = true, differences, strangers+others })
	report := m.reported()
	if report.Complete() || m.cfg.Accept != nil && m.cfg.Accept(report) {
		return nil
	}
	m.state.Done = 0 // what hindered it may be put right: the next run begins again
	if err := m.save(ctx); err != nil {
		return err
	}
	return ErrIncomplete
}

// findDepartments asks for each department, since they cannot be listed.
func (m *migration) findDepartments(ctx context.Context) error {
	groups := make([][]int64, 0, m.plan.Departments())
	for _, d := range m.plan.departments {
		groups = append(groups, []int64{d.ID})
	}
	m.progress.begin(StepCheck, len(groups))
	var mu sync.Mutex
	return inGroups(ctx, m, groups, func(ctx context.Context, id int64) error {
		got, found, err := m.findDepartment(ctx, id)
		mu.Lock()
		defer mu.Unlock()
		if found {
			m.seen.departments[id] = got
		} else {
			delete(m.seen.departments, id)
		}
		return err
	})
}

// checkDepartments compares the departments and counts those that are not planned.
func (m *migration) checkDepartments() (differences []Difference, others int) {
	others = len(m.seen.departments)
	if _, ok := m.seen.departments[contact.RootDepartment]; ok {
		others--
	}
	for _, d := range m.plan.departments {
		id := strconv.FormatInt(d.ID, 10)
		got, ok := m.seen.departments[d.ID]
		if !ok {
			differences = append(differences, Difference{Kind: KindDepartment, ID: id})
			continue
		}
		others--
		if fields := compareDepartment(d, got).fields; len(fields) > 0 {
			differences = append(differences, Difference{Kind: KindDepartment, ID: id, Fields: fields})
		}
	}
	return differences, others
}

// checkUsers compares the members and counts those that are not planned. Who is in
// no list is asked for: lists may show encrypted ids.
func (m *migration) checkUsers(ctx context.Context) (differences []Difference, others int, err error) {
	var unseen [][]*contact.CreateUserRequest
	strangers := make(map[string]bool, 1)
	for id := range m.seen.users {
		strangers[id] = true
	}
	compare := func(u *contact.CreateUserRequest, got *contact.User) {
		delete(strangers, fold(got.UserID))
		delete(strangers, fold(got.OpenUserID))
		if fields := compareUser(u, got).fields; len(fields) > 0 {
			differences = append(differences, Difference{Kind: KindUser, ID: u.UserID, Fields: fields})
		}
	}
	for i := range m.plan.users {
		u := &m.plan.users[i]
		if got, ok := m.seen.users[fold(u.UserID)]; ok {
			compare(u, &got)
		} else {
			unseen = append(unseen, []*contact.CreateUserRequest{u})
		}
	}
	if len(unseen) > 0 {
		m.progress.begin(StepCheck, len(unseen))
	}
	var mu sync.Mutex
	err = inGroups(ctx, m, unseen, func(ctx context.Context, u *contact.CreateUserRequest) error {
		got, found, err := m.findUser(ctx, u.UserID)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if found {
			compare(u, got)
		} else {
			differences = append(differences, Difference{Kind: KindUser, ID: u.UserID})
		}
		return nil
	})
	return differences, len(strangers), err
}

// checkTags compares the tags. A token that may not read them has made none.
func (m *migration) checkTags(ctx context.Context) (differences []Difference, err error) {
	for _, tag := range m.plan.tags {
		var got *contact.GetTagResponse
		_, err := m.attempt(ctx, func(ctx context.Context) (err error) {
			got, err = m.contacts.Tags().Get(ctx, tag.ID)
			return err
		})
		d := Difference{Kind: KindTag, ID: strconv.FormatInt(tag.ID, 10)}
		switch {
		case err == nil:
			if d.Fields = tagDiffers(tag, got); len(d.Fields) > 0 {
				differences = append(differences, d)
			}
		case stops(err) && !forbidden(err):
			return nil, err
		default:
			differences = append(differences, d)
		}
	}
	return differences, nil
}
