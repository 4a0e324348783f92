package register

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
)

// makeDepartments makes the departments that are not there, one after the other.
func (m *migration) makeDepartments(ctx context.Context) error {
	m.forget(KindDepartment)
	m.tally(func(r *Report) { r.Departments = Tally{Planned: m.plan.Departments()} })
	missing := m.missingDepartments()
	imported := map[int64]bool{}
	if m.imports(len(missing)) {
		if err := m.importDepartments(ctx, missing); err != nil {
			return err
		}
		for _, d := range missing {
			_, imported[d.ID] = m.seen.departments[d.ID]
		}
	}
	m.progress.begin(StepDepartments, m.plan.Departments())
	for _, d := range m.plan.departments {
		created, refused, err := m.makeDepartment(ctx, d)
		switch {
		case err != nil:
			return err
		case refused != nil:
			m.tally(func(r *Report) { r.Departments.Refused++ })
			delete(m.seen.departments, d.ID) // nothing is put into it
			m.refuse(ctx, *refused)
		case created || imported[d.ID]:
			m.tally(func(r *Report) { r.Departments.Created++ })
		default:
			m.tally(func(r *Report) { r.Departments.Skipped++ })
		}
		if created || refused != nil {
			m.progress.step(ctx)
		} else {
			m.progress.skip(ctx, 1)
		}
	}
	return nil
}

// missingDepartments are those that are not there and can be made: nothing is put
// into a department that is there in another form.
func (m *migration) missingDepartments() []contact.CreateDepartmentRequest {
	var missing []contact.CreateDepartmentRequest
	closed := make(map[int64]bool)
	for _, d := range m.plan.departments {
		got, there := m.seen.departments[d.ID]
		switch {
		case closed[d.ParentID], there && len(compareDepartment(d, got).fields) > 0:
			closed[d.ID] = true
		case !there:
			missing = append(missing, d)
		}
	}
	return missing
}

// makeDepartment makes a department unless it is there. One that was imported gets
// the English name that a file cannot hold.
func (m *migration) makeDepartment(ctx context.Context, d contact.CreateDepartmentRequest) (created bool, refused *Refusal, err error) {
	id := strconv.FormatInt(d.ID, 10)
	if got, ok := m.seen.departments[d.ID]; ok {
		refused = otherwise(KindDepartment, id, compareDepartment(d, got))
		if refused == nil && m.state.ImportedDepartments && d.NameEn != "" && got.NameEn == "" {
			return m.nameDepartment(ctx, d)
		}
		return false, refused, nil
	}
	if _, ok := m.seen.departments[d.ParentID]; !ok {
		return false, &Refusal{Kind: KindDepartment, ID: id, Reason: fmt.Sprintf("its parent %d could not be made", d.ParentID)}, nil
	}
	lost, err := m.attempt(ctx, func(ctx context.Context) error {
		_, err := m.contacts.Departments().Create(ctx, d)
		return err
	})
	if errors.Is(err, wecom.Code(60008)) {
		return m.settleDepartment(ctx, d, lost, err)
	}
	if err != nil {
		if stops(err) {
			return false, nil, err
		}
		return false, new(refusal(KindDepartment, id, err)), nil
	}
	m.seen.departments[d.ID] = contact.Department{ID: d.ID, Name: d.Name, NameEn: d.NameEn, ParentID: d.ParentID, Order: d.Order}
	return true, nil, nil
}

// settleDepartment finds out whether a department that exists is ours, of a try
// whose reply was lost, or there in another form.
func (m *migration) settleDepartment(ctx context.Context, d contact.CreateDepartmentRequest, lost bool, conflict error) (created bool, refused *Refusal, err error) {
	id := strconv.FormatInt(d.ID, 10)
	got, found, err := m.findDepartment(ctx, d.ID)
	if err != nil {
		return false, nil, err
	}
	if !found { // a sibling has the name
		return false, new(refusal(KindDepartment, id, conflict)), nil
	}
	if refused := otherwise(KindDepartment, id, compareDepartment(d, got)); refused != nil {
		return false, refused, nil
	}
	m.seen.departments[d.ID] = got
	return lost, nil, nil
}

func (m *migration) nameDepartment(ctx context.Context, d contact.CreateDepartmentRequest) (created bool, refused *Refusal, err error) {
	_, err = m.attempt(ctx, func(ctx context.Context) error {
		return m.contacts.Departments().Update(ctx, contact.UpdateDepartmentRequest{ID: d.ID, NameEn: &d.NameEn})
	})
	if err != nil && stops(err) {
		return false, nil, err
	}
	if err != nil {
		return false, new(refusal(KindDepartment, strconv.FormatInt(d.ID, 10), err)), nil
	}
	return true, nil, nil
}

// otherwise refuses what is there in another form, nil if nothing differs.
func otherwise(kind Kind, id string, c comparison) *Refusal {
	if len(c.fields) == 0 {
		return nil
	}
	return &Refusal{Kind: kind, ID: id, Reason: "is there already, with another " + strings.Join(c.fields, ", ")}
}
