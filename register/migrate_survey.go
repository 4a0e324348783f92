package register

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
)

// survey is what is there.
type survey struct {
	departments map[int64]contact.Department
	users       map[string]contact.User // by folded user id
	noUsers     bool                    // the token may not list members, which is not documented
	// blind says that the token may not list departments, which is not documented:
	// those of the steps that are done are presumed.
	blind bool
}

// readForWriting looks at what the next steps must know.
func (m *migration) readForWriting(ctx context.Context) error {
	m.progress.begin(StepRead, 1)
	if err := m.readDepartments(ctx); err != nil {
		return err
	}
	if m.state.Done > beforeUsers {
		return nil
	}
	return m.readUsers(ctx, StepRead)
}

func (m *migration) readDepartments(ctx context.Context) error {
	var list *contact.ListDepartmentsResponse
	_, err := m.attempt(ctx, func(ctx context.Context) (err error) {
		list, err = m.contacts.Departments().List(ctx, 0)
		return err
	})
	if err != nil && forbidden(err) {
		m.presumeDepartments(ctx, err)
		return nil
	}
	if err != nil {
		return err
	}
	m.seen.departments = make(map[int64]contact.Department, len(list.Departments))
	for _, d := range list.Departments {
		m.seen.departments[d.ID] = d
	}
	return nil
}

// presumeDepartments takes what earlier runs have made to be there.
func (m *migration) presumeDepartments(ctx context.Context, why error) {
	m.log.InfoContext(ctx, "register: migration: departments cannot be listed", slog.Any("err", why))
	m.seen.blind = true
	m.seen.departments = map[int64]contact.Department{contact.RootDepartment: {ID: contact.RootDepartment}}
	if m.state.Done < beforeUsers {
		return
	}
	for _, d := range m.plan.departments {
		m.seen.departments[d.ID] = contact.Department{ID: d.ID, ParentID: d.ParentID}
	}
	for _, refused := range m.state.Report.Refused {
		if id, err := strconv.ParseInt(refused.ID, 10, 64); err == nil && refused.Kind == KindDepartment {
			delete(m.seen.departments, id)
		}
	}
}

// readUsers reads the members of all departments that are there. A token that may
// not, which is not documented, sees none: then they are asked for one by one.
func (m *migration) readUsers(ctx context.Context, step Step) error {
	groups := make([][]int64, 0, len(m.seen.departments))
	for id := range m.seen.departments {
		groups = append(groups, []int64{id})
	}
	m.progress.begin(step, len(groups))
	users := make(map[string]contact.User, m.plan.Users())
	var mu sync.Mutex
	err := inGroups(ctx, m, groups, func(ctx context.Context, id int64) error {
		var list *contact.ListUsersResponse
		_, err := m.attempt(ctx, func(ctx context.Context) (err error) {
			list, err = m.contacts.Users().List(ctx, id)
			return err
		})
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for _, u := range list.Users {
			users[fold(u.UserID)] = u
		}
		return nil
	})
	m.seen.noUsers = err != nil && forbidden(err)
	if m.seen.noUsers {
		m.log.InfoContext(ctx, "register: migration: members cannot be listed", slog.Any("err", err))
		clear(users)
		err = nil
	}
	m.seen.users = users
	return err
}

// findUser asks for one member; found is false if there is none of that id.
func (m *migration) findUser(ctx context.Context, id string) (user *contact.User, found bool, err error) {
	_, err = m.attempt(ctx, func(ctx context.Context) (err error) {
		user, err = m.contacts.Users().Get(ctx, id)
		return err
	})
	if errors.Is(err, wecom.Code(60111)) {
		return nil, false, nil
	}
	return user, err == nil, err
}

// findDepartment asks for one department; found is false if there is none of that
// id.
func (m *migration) findDepartment(ctx context.Context, id int64) (department contact.Department, found bool, err error) {
	_, err = m.attempt(ctx, func(ctx context.Context) error {
		r, err := m.contacts.Departments().Get(ctx, id)
		if err == nil {
			department = r.Department
		}
		return err
	})
	if errors.Is(err, wecom.Code(60003)) || errors.Is(err, wecom.Code(60123)) {
		return department, false, nil
	}
	return department, err == nil, err
}

// compareDepartment compares a department with its plan.
func compareDepartment(want contact.CreateDepartmentRequest, got contact.Department) comparison {
	var c comparison
	c.text("Name", want.Name, got.Name, strconv.FormatInt(got.ID, 10))
	c.text("NameEn", want.NameEn, got.NameEn)
	c.that("ParentID", got.ParentID == want.ParentID)
	c.that("Order", want.Order == 0 || got.Order == want.Order)
	return c
}

// compareUser compares a member with its plan.
func compareUser(want *contact.CreateUserRequest, got *contact.User) comparison {
	c := compareRow(want, got)
	more := compareExtras(want, got)
	return comparison{fields: append(c.fields, more.fields...), unseen: c.unseen || more.unseen}
}

// compareRow compares what the files of imports can hold of a member.
func compareRow(want *contact.CreateUserRequest, got *contact.User) comparison {
	var c comparison
	c.text("Name", want.Name, got.Name, got.UserID, got.OpenUserID)
	c.text("Mobile", comparableMobile(want.Mobile), comparableMobile(got.Mobile))
	c.text("Email", fold(want.Email), fold(got.Email))
	c.text("Position", want.Position, got.Position)
	c.text("Alias", want.Alias, got.Alias)
	c.text("Telephone", want.Telephone, got.Telephone)
	c.text("Address", want.Address, got.Address)
	c.that("Department", len(got.Department) == 0 || sameSet(want.Department, got.Department))
	byDepartment(&c, "Order", want.Department, want.Order, got.Department, got.Order)
	if want.Enable != nil && got.Status != 0 {
		c.that("Enable", (*want.Enable == contact.Off) == (got.Status == contact.UserDisabled))
	}
	return c
}

// compareExtras compares what the files of imports cannot hold of a member.
// Attributes are not compared: WeCom passes over those that the console does not
// define.
func compareExtras(want *contact.CreateUserRequest, got *contact.User) comparison {
	var c comparison
	c.text("Gender", string(want.Gender), string(got.Gender), string(contact.GenderUnknown))
	c.text("BizMail", fold(want.BizMail), fold(got.BizMail))
	c.text("ExternalPosition", want.ExternalPosition, got.ExternalPosition)
	c.number("MainDepartment", want.MainDepartment, got.MainDepartment)
	byDepartment(&c, "IsLeaderInDept", want.Department, want.IsLeaderInDept, got.Department, got.IsLeaderInDept)
	c.text("DirectLeader", fold(strings.Join(want.DirectLeader, "")), fold(strings.Join(got.DirectLeader, "")))
	profile := want.ExternalProfile
	c.unseen = c.unseen || want.AvatarMediaID != "" || want.Nickname != "" || len(want.ExtAttr.Attrs) > 0 ||
		profile.ExternalCorpName != "" || profile.WechatChannels != (contact.WechatChannels{}) || len(profile.ExternalAttr) > 0
	return c
}

// comparison is how far something that is there is as planned.
type comparison struct {
	fields []string // that are not
	unseen bool     // some of what is planned is not seen: no rights, or not set
}

func (c *comparison) that(field string, same bool) {
	if !same {
		c.fields = append(c.fields, field)
	}
}

// text compares texts. hidden are values that stand in place of one that the token
// does not see, as an empty one does.
func (c *comparison) text(field, want, got string, hidden ...string) {
	switch {
	case want == "" || want == got:
	case got == "" || slices.Contains(hidden, got):
		c.unseen = true
	default:
		c.that(field, false)
	}
}

func (c *comparison) number(field string, want, got int64) {
	switch {
	case want == 0 || want == got:
	case got == 0:
		c.unseen = true
	default:
		c.that(field, false)
	}
}

// byDepartment compares values that stand beside departments, which may be in
// another order.
func byDepartment[T int32 | int64](c *comparison, field string, wantDepartments []int64, want []T, gotDepartments []int64, got []T) {
	if len(want) == 0 {
		return
	}
	if len(got) != len(gotDepartments) || len(got) == 0 {
		c.unseen = true
		return
	}
	for i, id := range wantDepartments {
		if at := slices.Index(gotDepartments, id); at >= 0 && got[at] != want[i] {
			c.that(field, false)
			return
		}
	}
}

func comparableMobile(mobile string) string {
	mobile, _ = normalMobile(mobile)
	return mobile
}

func sameSet[T int64 | string](a, b []T) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
