package register

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strconv"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/internal/valid"
)

// The limits of a corp.
const (
	mostLevels      = 15    // of departments
	mostDepartments = 30000 // with the root
	mostNodes       = 30000 // departments and members of a department, or with a tag
	mostTags        = 3000
)

// draft is a plan that is being checked.
type draft struct {
	departments []contact.CreateDepartmentRequest
	users       []contact.CreateUserRequest
	tags        []Tag
	problems    []Problem

	byID     map[int64]int   // department id: index
	children map[int64][]int // of department ids, in the order of the input
	byUserID map[string]int  // folded user id: index
}

// nowhere is a credential that sends nothing: with it a call does no more than
// check its request.
type nowhere struct{}

func (nowhere) Auth() wecom.Auth                          { return wecom.Auth{Param: wecom.ParamAccessToken} }
func (nowhere) Do(context.Context, wecom.Call, any) error { return nil }

// checks are those of the calls that a plan leads to.
type checks struct {
	department func(contact.CreateDepartmentRequest) error
	user       func(contact.CreateUserRequest) error
	tag        func(contact.CreateTagRequest) error
}

func newChecks() checks {
	c := contact.New(nowhere{})
	return checks{
		department: checkOf(c.Departments().Create),
		user:       checkOf(c.Users().Create),
		tag:        checkOf(c.Tags().Create),
	}
}

// checkOf returns what a call without credential comes to.
//
//nolint:contextcheck,nolintlint // The first reads this, the second does not see it: nothing is sent, there is nothing to end.
func checkOf[Request, Response any](call func(context.Context, Request) (Response, error)) func(Request) error {
	return func(req Request) error {
		_, err := call(context.Background(), req)
		return err
	}
}

// item is what a problem is about.
type item struct {
	draft *draft
	kind  Kind
	row   int
	id    string
}

func (i item) fail(field, format string, args ...any) {
	i.draft.problems = append(i.draft.problems, Problem{
		Kind: i.kind, Row: i.row, ID: i.id, Field: field, Problem: fmt.Sprintf(format, args...),
	})
}

// failAll says what a call has found wrong with its request.
func (i item) failAll(err error) {
	fields, ok := errors.AsType[valid.Errors](err)
	if !ok && err != nil {
		i.fail("", "%v", err)
	}
	for _, wrong := range fields {
		i.fail(wrong.Field, "%s", wrong.Problem)
	}
}

// once fails field if its value was there before. seen maps values to rows.
func (i item) once(field, value string, seen map[string]int) {
	if value == "" {
		return
	}
	if first, again := seen[value]; again {
		i.fail(field, "is that of %s %d as well", i.kind, first)
		return
	}
	seen[value] = i.row
}

// plain fails field if text holds what would break a row of a file.
func (i item) plain(field, text string) {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufeff' }) {
		i.fail(field, "has a control character")
	}
}

func (d *draft) checkDepartments(check func(contact.CreateDepartmentRequest) error) {
	d.byID = make(map[int64]int, len(d.departments))
	d.children = make(map[int64][]int)
	if most := mostDepartments - 1; len(d.departments) > most {
		item{draft: d, kind: KindDepartment}.fail("", "there are %d: at most %d are allowed beside the root", len(d.departments), most)
	}
	names, englishNames := make(map[string]int), make(map[string]int)
	for i, dep := range d.departments {
		it := item{d, KindDepartment, i + 1, strconv.FormatInt(dep.ID, 10)}
		it.failAll(check(dep))
		it.plain("Name", dep.Name)
		it.plain("NameEn", dep.NameEn)
		switch first, again := d.byID[dep.ID]; {
		case dep.ID == contact.RootDepartment:
			it.fail("ID", "is that of the root, which is there already: leave it out")
		case dep.ID == 0:
			it.fail("ID", "is missing: without an id of yours a migration cannot be repeated safely")
		case again:
			it.fail("ID", "is that of department %d as well", first+1)
		default:
			d.byID[dep.ID] = i
		}
		siblings := strconv.FormatInt(dep.ParentID, 10) + "/"
		it.once("Name", siblings+dep.Name, names)
		if dep.NameEn != "" {
			it.once("NameEn", siblings+dep.NameEn, englishNames)
		}
		d.children[dep.ParentID] = append(d.children[dep.ParentID], i)
	}
	d.checkTree()
}

// checkTree looks for departments that do not hang on the root.
func (d *draft) checkTree() {
	levels := d.levels()
	walk := make(map[int64]int, len(d.departments)) // id: in which walk up it was met
	for i, dep := range d.departments {
		it := item{d, KindDepartment, i + 1, strconv.FormatInt(dep.ID, 10)}
		level, hangs := levels[dep.ID]
		_, parent := d.byID[dep.ParentID]
		switch {
		case hangs && level > mostLevels:
			it.fail("ParentID", "puts it on level %d: at most %d are allowed", level, mostLevels)
		case hangs, dep.ID == contact.RootDepartment, dep.ParentID < contact.RootDepartment: // said already
		case !parent:
			it.fail("ParentID", "names department %d, which is not in the plan", dep.ParentID)
		default:
			if d.inCircle(dep.ID, i+1, walk) {
				it.fail("ParentID", "makes a circle: the department would be below itself")
			}
		}
	}
}

// levels returns the level of each department that hangs on the root, from 1.
func (d *draft) levels() map[int64]int {
	levels := make(map[int64]int, len(d.departments))
	queue := []int64{contact.RootDepartment}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		for _, child := range d.children[id] {
			childID := d.departments[child].ID
			if _, seen := levels[childID]; seen || childID == contact.RootDepartment {
				continue
			}
			levels[childID] = levels[id] + 1
			queue = append(queue, childID)
		}
	}
	return levels
}

// inCircle reports whether the way up from id closes a circle that no earlier walk
// has met.
func (d *draft) inCircle(id int64, number int, walk map[int64]int) bool {
	for {
		if met, again := walk[id]; again {
			return met == number
		}
		walk[id] = number
		i, ok := d.byID[id]
		if !ok {
			return false
		}
		id = d.departments[i].ParentID
	}
}

// sortedDepartments has parents before their children.
func (d *draft) sortedDepartments() []contact.CreateDepartmentRequest {
	sorted := make([]contact.CreateDepartmentRequest, 0, len(d.departments))
	queue := []int64{contact.RootDepartment}
	for len(queue) > 0 {
		for _, child := range d.children[queue[0]] {
			sorted = append(sorted, d.departments[child])
			queue = append(queue, d.departments[child].ID)
		}
		queue = queue[1:]
	}
	return sorted
}

// isDepartment reports whether a department of this id will be there.
func (d *draft) isDepartment(id int64) bool {
	_, planned := d.byID[id]
	return planned || id == contact.RootDepartment
}

// normalMobile returns a number as it can be compared, and whether it can be one.
// Only numbers of the mainland may leave the country out.
func normalMobile(mobile string) (string, bool) {
	n := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, mobile)
	n = strings.TrimPrefix(n, "+86")
	digits := strings.TrimPrefix(n, "+")
	if strings.Trim(digits, "0123456789") != "" {
		return n, false
	}
	if digits == n {
		return n, len(n) == 11 && n[0] == '1'
	}
	return n, len(digits) >= 5 && len(digits) <= 20
}

// isEmail reports whether an address is bare, such as a@example.com.
func isEmail(address string) bool {
	parsed, err := mail.ParseAddress(address)
	return err == nil && parsed.Address == address
}
