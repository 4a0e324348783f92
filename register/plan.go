package register

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/wecom-isv/wecom/corp/contact"
)

// Plan is what a new corp shall have: departments, members and tags that fit
// together. [NewPlan] makes one. A Plan does not change and is safe for concurrent
// use. It holds personal data: print its numbers, not the Plan.
type Plan struct {
	departments []contact.CreateDepartmentRequest // parents before their children
	ranks       [][]contact.CreateUserRequest     // who has no leader, then those they lead, and so on
	users       []contact.CreateUserRequest       // the ranks in one
	userIDs     map[string]bool                   // folded
	tags        []Tag
	fingerprint string
}

// PlanSource is where a plan comes from: CSV files ([ReadDepartmentsCSV],
// [ReadUsersCSV]), lists ([Items]), or sequences of your own. Each is read once. A
// sequence that is nil is empty.
//
// An error of a sequence ends the reading, unless it is a [*PlanError]: that is
// about the item that comes with it, and is reported with the rest.
type PlanSource struct {
	// Departments need an ID of yours, 2 or more: it is what makes an interrupted
	// migration safe to repeat. The root (1) is there already: leave it out. The order
	// does not matter.
	Departments iter.Seq2[contact.CreateDepartmentRequest, error]
	// Users need a department at least. Leave ToInvite nil: whether and when people are
	// invited says [MigrateConfig]. The order does not matter.
	Users iter.Seq2[contact.CreateUserRequest, error]
	Tags  iter.Seq2[Tag, error]
}

// Tag is a tag (标签) and who has it.
type Tag struct {
	ID          int64    `json:"tagid"`              // 1 or more, of yours
	Name        string   `json:"tagname"`            // 1 to 32 characters, unique
	Users       []string `json:"userlist,omitzero"`  // user ids of the plan
	Departments []int64  `json:"partylist,omitzero"` // department ids of the plan, or the root
}

// Items is a list as a sequence for a [PlanSource].
func Items[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// NewPlan reads src to its end and checks it as a whole: ids, mobiles and emails
// that are there twice, also such that differ in case only, parents, departments,
// leaders and members of tags that do not exist, circles, more than 15 levels or
// 30000 departments, names, mobiles and emails that WeCom would refuse. The error
// is then a [*PlanError] with everything that is wrong. Nothing is sent.
//
// Whether the root counts among the 15 levels is not documented: it is not
// counted here.
func NewPlan(src PlanSource) (*Plan, error) {
	var d draft
	var err error
	if d.departments, err = collect(&d, KindDepartment, src.Departments); err != nil {
		return nil, err
	}
	if d.users, err = collect(&d, KindUser, src.Users); err != nil {
		return nil, err
	}
	if d.tags, err = collect(&d, KindTag, src.Tags); err != nil {
		return nil, err
	}
	check := newChecks()
	d.checkDepartments(check.department)
	d.checkUsers(check.user)
	d.checkTags(check.tag)
	if len(d.problems) > 0 {
		return nil, &PlanError{Problems: d.problems}
	}
	return d.plan()
}

// collect reads a sequence to its end.
func collect[T any](d *draft, kind Kind, seq iter.Seq2[T, error]) ([]T, error) {
	if seq == nil {
		return nil, nil
	}
	var items []T
	for item, err := range seq {
		if wrong, ok := errors.AsType[*PlanError](err); ok {
			d.problems = append(d.problems, wrong.Problems...)
		} else if err != nil {
			return nil, fmt.Errorf("register: NewPlan: the %ss cannot be read: %w", kind, err)
		}
		items = append(items, item)
	}
	return items, nil
}

// plan puts a draft without problems into the order of the migration.
func (d *draft) plan() (*Plan, error) {
	p := &Plan{departments: d.sortedDepartments(), tags: d.tags}
	p.users, p.ranks = d.ranked()
	p.userIDs = make(map[string]bool, len(p.users))
	for i := range p.users {
		p.userIDs[fold(p.users[i].UserID)] = true
	}
	sum := sha256.New()
	text := json.NewEncoder(sum)
	err := errors.Join(
		inOrder(text, p.departments, func(a, b *contact.CreateDepartmentRequest) int { return cmp.Compare(a.ID, b.ID) }),
		inOrder(text, p.users, func(a, b *contact.CreateUserRequest) int { return cmp.Compare(fold(a.UserID), fold(b.UserID)) }),
		inOrder(text, p.tags, func(a, b *Tag) int { return cmp.Compare(a.ID, b.ID) }),
	)
	if err != nil {
		return nil, fmt.Errorf("register: NewPlan: the plan cannot be written as JSON: %w", err)
	}
	p.fingerprint = hex.EncodeToString(sum.Sum(nil)[:16])
	return p, nil
}

// inOrder writes items as they are sorted by compare.
func inOrder[T any](text *json.Encoder, items []T, compare func(a, b *T) int) error {
	sorted := make([]*T, len(items))
	for i := range items {
		sorted[i] = &items[i]
	}
	slices.SortFunc(sorted, compare)
	for _, item := range sorted {
		if err := text.Encode(item); err != nil {
			return err
		}
	}
	return nil
}

// Departments is the number of departments, without the root.
func (p *Plan) Departments() int { return len(p.departments) }

// Users is the number of members.
func (p *Plan) Users() int { return len(p.users) }

// Tags is the number of tags.
func (p *Plan) Tags() int { return len(p.tags) }

// Fingerprint is the same for plans that say the same, in whatever order: 32
// hexadecimal digits.
func (p *Plan) Fingerprint() string { return p.fingerprint }

// String shows the numbers only.
func (p *Plan) String() string {
	return fmt.Sprintf("register.Plan(%d departments, %d users, %d tags)", len(p.departments), len(p.users), len(p.tags))
}

// fold makes ids and mail addresses that differ in case only the same.
func fold(s string) string { return strings.ToLower(s) }
