package wecomtest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// rootDepartment is the id of the root department.
const rootDepartment int64 = 1

// Limits of the contact list (通讯录).
const (
	mostLevels      = 15 // the root is the first
	mostDepartments = 30_000
	mostNodes       = 30_000 // members and departments directly in one department
	longestName     = 64     // of departments and members, in characters
	largestID       = math.MaxInt32
	largestOrder    = math.MaxUint32
)

// Department is a department of a corp (部门).
type Department struct {
	ID       int64 // 1 is the root
	ParentID int64 // 0 for the root
	Name     string
	NameEn   string
	Order    int64    // larger first
	Leaders  []string // userids; made of the members' LeaderOf
}

// department is a node of the tree.
type department struct {
	id       int64
	parent   *department // nil: the root
	name     string
	nameEn   string
	order    int64
	children []*department
	members  []*User
	outdated bool // missing in a replaceparty: goes once it is empty
}

// siblingName is what must be unique among the departments of one parent.
type siblingName struct {
	parent  *department
	name    string
	english bool
}

// level is 1 for the root.
func (d *department) level() int {
	n := 0
	for ; d != nil; d = d.parent {
		n++
	}
	return n
}

// height is the number of levels from d down.
func (d *department) height() int {
	n := 0
	for _, child := range d.children {
		n = max(n, child.height())
	}
	return n + 1
}

// within tells whether d is another department or below it.
func (d *department) within(ancestor *department) bool {
	for ; d != nil; d = d.parent {
		if d == ancestor {
			return true
		}
	}
	return false
}

func (d *department) nodes() int { return len(d.children) + len(d.members) }

// full tells whether n more nodes are too many.
func (d *department) full(n int) bool { return d.nodes()+n > mostNodes }

func (d *department) leaders() []string {
	ids := []string{}
	for _, u := range d.members {
		if slices.Contains(u.LeaderOf, d.id) {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

func (d *department) parentID() int64 {
	if d.parent == nil {
		return 0
	}
	return d.parent.id
}

func (d *department) public() Department {
	return Department{ID: d.id, ParentID: d.parentID(), Name: d.name, NameEn: d.nameEn, Order: d.order, Leaders: d.leaders()}
}

// Departments are the departments by id, the root first.
func (c *Corp) Departments() []Department {
	defer c.settled()()
	all := make([]Department, 0, len(c.departments))
	for _, d := range c.sortedDepartments() {
		all = append(all, d.public())
	}
	return all
}

// AddDepartment adds a department as the administrator does, by WeCom's rules. ID 0
// is chosen, ParentID 0 is the root; Leaders are not used.
func (c *Corp) AddDepartment(d Department) (Department, error) {
	defer c.settled()()
	made := department{id: d.ID, name: d.Name, nameEn: d.NameEn, order: d.Order}
	added, err := c.addDepartment(made, cmp.Or(d.ParentID, rootDepartment), c.nameTaken)
	if err != nil {
		return Department{}, fmt.Errorf("wecomtest: AddDepartment: %w", err)
	}
	c.p.tellDepartment(nil, c, "create_party", added)
	return added.public(), nil
}

// RemoveDepartment removes an empty department as the administrator does.
func (c *Corp) RemoveDepartment(id int64) error {
	defer c.settled()()
	d := c.department(id)
	if d == nil {
		return errors.New("wecomtest: RemoveDepartment: no such department")
	}
	if err := c.removeDepartment(nil, d); err != nil {
		return fmt.Errorf("wecomtest: RemoveDepartment: %w", err)
	}
	return nil
}

// isDepartmentID tells whether a department can have the id.
func isDepartmentID(id int64) bool { return rootDepartment <= id && id <= largestID }

// department finds a department. The lock is held.
func (c *Corp) department(id int64) *department { return c.departments[id] }

// under tells whether a department is another or below it. The lock is held.
func (c *Corp) under(id, ancestor int64) bool {
	above := c.department(ancestor)
	return above != nil && c.department(id).within(above)
}

// sortedDepartments are the departments by id.
func (c *Corp) sortedDepartments() []*department {
	return slices.SortedFunc(maps.Values(c.departments), func(a, b *department) int { return cmp.Compare(a.id, b.id) })
}

// checkDepartmentName refuses a department name that WeCom refuses.
func checkDepartmentName(name string) error {
	switch n := utf8.RuneCountInString(name); {
	case n < 1 || n > longestName:
		return refuse(60001)
	case strings.ContainsAny(name, `\:*?"<>|`):
		return refuse(60009)
	}
	return nil
}

// named tells whether a parent has a department of this name.
func (c *Corp) named(parent *department, name string, english bool) bool {
	return name != "" && c.names[siblingName{parent, name, english}] > 0
}

// countNames adds n to the names that d has among its siblings.
func (c *Corp) countNames(d *department, n int) {
	c.countName(siblingName{d.parent, d.name, false}, n)
	if d.nameEn != "" {
		c.countName(siblingName{d.parent, d.nameEn, true}, n)
	}
}

func (c *Corp) countName(name siblingName, n int) {
	if c.names[name] += n; c.names[name] == 0 {
		delete(c.names, name)
	}
}

// nameTaken tells whether a sibling has a name of d.
func (c *Corp) nameTaken(d *department) bool {
	return c.named(d.parent, d.name, false) || c.named(d.parent, d.nameEn, true)
}

// addDepartment adds d, whose id is chosen if it is 0, below a parent. taken tells
// whether its name is another's.
func (c *Corp) addDepartment(d department, parentID int64, taken func(*department) bool) (*department, error) {
	if !isDepartmentID(parentID) {
		return nil, refuse(60124)
	}
	d.parent = c.department(parentID)
	if d.parent == nil {
		return nil, refuse(60004)
	}
	if err := checkDepartment(&d); err != nil {
		return nil, err
	}
	switch {
	case taken(&d):
		return nil, refuse(60008)
	case d.id != 0 && (d.id <= rootDepartment || d.id > largestID):
		return nil, refuse(60123)
	case d.id != 0 && c.department(d.id) != nil:
		return nil, refuse(60008)
	case d.parent.level() >= mostLevels:
		return nil, refuse(81002)
	case d.parent.full(1), len(c.departments) >= mostDepartments:
		return nil, refuse(81001)
	}
	return c.insertDepartment(&d), nil
}

// checkDepartment checks what can be said of a department alone.
func checkDepartment(d *department) error {
	if err := checkDepartmentName(d.name); err != nil {
		return err
	}
	if d.nameEn != "" {
		if err := checkDepartmentName(d.nameEn); err != nil {
			return err
		}
	}
	if d.order < 0 || d.order > largestOrder {
		return refusef(40058, "invalid parameter order: want 0 to %d", int64(largestOrder))
	}
	return nil
}

// insertDepartment puts a checked department into the tree.
func (c *Corp) insertDepartment(d *department) *department {
	if d.id == 0 {
		d.id = c.freeDepartment()
	}
	c.lastDepartment = max(c.lastDepartment, d.id)
	c.departments[d.id] = d
	if d.parent != nil {
		d.parent.children = append(d.parent.children, d)
	}
	c.countNames(d, 1)
	return d
}

// freeDepartment is the id that WeCom chooses: the largest plus one, as long as
// there is one.
func (c *Corp) freeDepartment() int64 {
	if c.lastDepartment < largestID {
		return c.lastDepartment + 1
	}
	id := rootDepartment + 1
	for c.department(id) != nil {
		id++
	}
	return id
}

// removeDepartment removes an empty department and tells the apps; by is the token
// that asked for it, nil for the administrator.
func (c *Corp) removeDepartment(by *token, d *department) error {
	switch {
	case d.parent == nil:
		return refuse(60007)
	case len(d.children) > 0:
		return refuse(60006)
	case len(d.members) > 0:
		return refuse(60005)
	}
	c.p.tellDepartment(by, c, "delete_party", d)
	c.countNames(d, -1)
	c.detach(d)
	delete(c.departments, d.id)
	for _, t := range c.tags {
		delete(t.departments, d.id)
	}
	forget(c, d.id, func(g *grant) *[]int64 { return &g.allowParty })
	return nil
}

func (c *Corp) detach(d *department) {
	siblings := d.parent.children
	i := slices.Index(siblings, d)
	d.parent.children = slices.Delete(siblings, i, i+1)
}

// moveDepartment puts d below another parent; the caller has checked it.
func (c *Corp) moveDepartment(d, parent *department) {
	c.countNames(d, -1)
	c.detach(d)
	d.parent = parent
	parent.children = append(parent.children, d)
	c.countNames(d, 1)
}

// checkMove refuses a move that the tree does not allow.
func checkMove(d, parent *department) error {
	switch {
	case d.parent == nil, parent.within(d):
		return refuse(60010)
	case parent.level()+d.height() > mostLevels:
		return refuse(81002)
	case parent.full(1):
		return refuse(81001)
	}
	return nil
}

// waitingName is the department of members that belong to none (其他（待设置部门）).
const waitingName = "其他（待设置部门）"

// waiting returns the department of members that belong to none, made when it is
// needed.
func (c *Corp) waiting() *department {
	root := c.department(rootDepartment)
	for _, d := range root.children {
		if d.name == waitingName {
			return d
		}
	}
	return c.insertDepartment(&department{parent: root, name: waitingName})
}

// missingDepartments makes departments for ids that do not exist, as WeCom does,
// in the waiting department.
func (c *Corp) missingDepartments(ids []int64) []*department {
	var made []*department
	c.lastDepartment = max(c.lastDepartment, slices.Max(ids)) // the waiting department must not take one of them
	for _, id := range ids {
		if c.department(id) == nil {
			d := c.insertDepartment(&department{id: id, parent: c.waiting(), name: strconv.FormatInt(id, 10)})
			c.p.tellDepartment(nil, c, "create_party", d)
			made = append(made, d)
		}
	}
	return made
}
