package register

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
)

// The most that one call takes.
const (
	mostTagged      = 1000 // members
	mostTaggedParty = 100  // departments
	mostInvited     = 1000 // members
)

// makeTags makes the tags and gives them to whom they belong. That contacts tokens
// may do so is not documented: if not, all are refused.
func (m *migration) makeTags(ctx context.Context) error {
	m.forget(KindTag)
	m.tally(func(r *Report) { r.Tags = Tally{Planned: m.plan.Tags()} })
	m.progress.begin(StepTags, m.plan.Tags())
	var there map[int64]string
	if m.plan.Tags() > 0 {
		var err error
		if there, err = m.readTags(ctx); err != nil && !forbidden(err) {
			return err
		}
	}
	for _, tag := range m.plan.tags {
		created, err := m.makeTag(ctx, tag, there)
		switch {
		case err == nil && created:
			m.tally(func(r *Report) { r.Tags.Created++ })
		case err == nil:
			m.tally(func(r *Report) { r.Tags.Skipped++ })
		case stops(err) && !forbidden(err):
			return err
		default:
			m.tally(func(r *Report) { r.Tags.Refused++ })
			m.refuse(ctx, refusal(KindTag, strconv.FormatInt(tag.ID, 10), err))
		}
		m.progress.step(ctx)
	}
	return nil
}

// readTags returns the names of the tags that are there.
func (m *migration) readTags(ctx context.Context) (map[int64]string, error) {
	names := make(map[int64]string)
	_, err := m.attempt(ctx, func(ctx context.Context) error {
		r, err := m.contacts.Tags().List(ctx)
		if err != nil {
			return err
		}
		for _, tag := range r.Tags {
			names[tag.ID] = tag.Name
		}
		return nil
	})
	return names, err
}

func (m *migration) makeTag(ctx context.Context, tag Tag, there map[int64]string) (created bool, err error) {
	if there[tag.ID] != tag.Name {
		if created, err = m.createTag(ctx, tag); err != nil {
			return false, err
		}
	}
	return created, m.fillTag(ctx, tag)
}

// createTag makes a tag. One that exists is ours if the name is the same.
func (m *migration) createTag(ctx context.Context, tag Tag) (created bool, err error) {
	lost, err := m.attempt(ctx, func(ctx context.Context) error {
		_, err := m.contacts.Tags().Create(ctx, contact.CreateTagRequest{Name: tag.Name, ID: &tag.ID})
		return err
	})
	if !errors.Is(err, wecom.Code(40068)) && !errors.Is(err, wecom.Code(40071)) {
		return true, err
	}
	there, listErr := m.readTags(ctx)
	if listErr != nil {
		return false, listErr
	}
	if there[tag.ID] != tag.Name {
		return false, err
	}
	return lost, nil
}

// fillTag gives a tag to whom it belongs. Who has it already keeps it.
func (m *migration) fillTag(ctx context.Context, tag Tag) error {
	users, departments := tag.Users, tag.Departments
	for len(users)+len(departments) > 0 {
		n, k := min(len(users), mostTagged), min(len(departments), mostTaggedParty)
		req := contact.TagMembersRequest{ID: tag.ID, Users: users[:n], Departments: departments[:k]}
		users, departments = users[n:], departments[k:]
		_, err := m.attempt(ctx, func(ctx context.Context) error {
			_, err := m.contacts.Tags().AddTagUsers(ctx, req)
			return err
		})
		if out, ok := errors.AsType[*contact.PartialError](err); ok {
			for _, id := range out.Users {
				m.refuse(ctx, Refusal{Kind: KindTag, ID: strconv.FormatInt(tag.ID, 10), Reason: "member " + id + " does not get it"})
			}
			for _, id := range out.Departments {
				m.refuse(ctx, Refusal{Kind: KindTag, ID: strconv.FormatInt(tag.ID, 10), Reason: "department " + strconv.FormatInt(id, 10) + " does not get it"})
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setScopes says who sees the apps. Doing it twice is doing it once.
func (m *migration) setScopes(ctx context.Context) error {
	m.forget(KindScope)
	m.progress.begin(StepScopes, len(m.cfg.Scopes))
	m.tally(func(r *Report) { r.Scopes = 0 })
	for _, scope := range m.cfg.Scopes {
		id := strconv.FormatInt(scope.AgentID, 10)
		var r *SetScopeResponse
		_, err := m.attempt(ctx, func(ctx context.Context) (err error) {
			r, err = setScope(ctx, m.session, scope)
			return err
		})
		switch {
		case err != nil && stops(err) && !forbidden(err):
			return err
		case err != nil:
			m.refuse(ctx, refusal(KindScope, id, err))
		default:
			m.tally(func(r *Report) { r.Scopes++ })
			if left := len(r.InvalidUser) + len(r.InvalidParty) + len(r.InvalidTag); left > 0 {
				m.refuse(ctx, Refusal{Kind: KindScope, ID: id, Reason: strconv.Itoa(left) + " of its members, departments and tags were left out as wrong"})
			}
		}
		m.progress.step(ctx)
	}
	return nil
}

// tagDiffers compares who has a tag with the plan. If none of the ids is one of the
// plan, they are encrypted, and only their number is compared.
func tagDiffers(want Tag, got *contact.GetTagResponse) []string {
	var c comparison
	c.text("Name", want.Name, got.Name)
	c.that("Departments", sameSet(want.Departments, got.Departments))
	planned, there, known := make([]string, 0, len(want.Users)), make([]string, 0, len(got.Users)), false
	for _, id := range want.Users {
		planned = append(planned, fold(id))
	}
	for _, u := range got.Users {
		there = append(there, fold(u.UserID))
		known = known || slices.Contains(planned, fold(u.UserID))
	}
	c.that("Users", sameSet(planned, there) || !known && len(planned) == len(there))
	return c.fields
}
