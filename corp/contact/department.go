package contact

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Departments are the calls on departments (部门管理). It is safe for concurrent use.
type Departments struct{ token wecom.AccessToken }

// Departments returns the calls on departments.
func (c *Client) Departments() Departments { return Departments{c.token} }

// RootDepartment is the id of the department above all others (根部门).
const RootDepartment = 1

// The ids of departments have 32 bits, and so has what orders them.
const (
	mostID    = 1<<32 - 1
	mostOrder = 1<<32 - 1
)

// Department is a department (部门). What the caller may not see is empty.
type Department struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name,omitzero"`              // the id as text for third parties, except contact apps
	NameEn   string   `json:"name_en,omitzero"`           // English name
	Leaders  []string `json:"department_leader,omitzero"` // user ids; for contact apps and with the organisation-structure right (组织架构信息)
	ParentID int64    `json:"parentid"`                   // 0 for the root
	Order    int64    `json:"order"`                      // 0 to 2^32-1, larger first
}

// CreateDepartmentRequest is a new department.
type CreateDepartmentRequest struct {
	// Name is 1 to 64 characters, none of \ : * ? " < > |, and unique among its
	// siblings. Required.
	Name     string `json:"name"`
	NameEn   string `json:"name_en,omitzero"` // 1 to 64 characters, unique among siblings; shown with several languages on
	ParentID int64  `json:"parentid"`         // RootDepartment is the top; required
	Order    int64  `json:"order,omitzero"`   // 0 to 2^32-1, larger first
	// ID is 2 to 2^32-1; 0 lets WeCom choose. With an id of your own a second
	// attempt after a lost reply fails with 60008 and makes no second department.
	ID int64 `json:"id,omitzero"`
}

func (r *CreateDepartmentRequest) check() error {
	var c valid.Checks
	c.Chars("Name", r.Name, 1, 64)
	checkDepartmentName(&c, r.Name)
	c.Chars("NameEn", r.NameEn, 0, 64)
	c.Between("ParentID", r.ParentID, 1, mostID)
	c.Between("Order", r.Order, 0, mostOrder)
	c.That(r.ID == 0 || r.ID > RootDepartment && r.ID <= mostID, "ID", "must be 0 or 2 to 4294967295")
	return c.Err("contact: Create")
}

func checkDepartmentName(c *valid.Checks, name string) {
	c.That(!strings.ContainsAny(name, `\:*?"<>|`), "Name", `must not hold any of \ : * ? " < > |`)
}

// CreateDepartmentResponse is the department that was made.
type CreateDepartmentResponse struct {
	ID int64 `json:"id"`
}

// Create makes a department (创建部门). Departments and their members are to be made
// one after the other, not at once.
//
// Errors: 60008 the name or id exists, 60004 no such parent, 60009 characters in
// the name, 60011 no right, 81001 30000 nodes, 81002 15 levels. Needs the contact
// write right. Never repeated by the client after a lost reply.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90341
//
//wecom:endpoint POST /cgi-bin/department/create
func (d Departments) Create(ctx context.Context, req CreateDepartmentRequest) (*CreateDepartmentResponse, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	return wecom.InvokeAs[CreateDepartmentResponse](ctx, d.token, wecom.Call{Path: "/cgi-bin/department/create", Body: req})
}

// UpdateDepartmentRequest says what changes. What is left out stays as it is.
type UpdateDepartmentRequest struct {
	ID       int64   `json:"id"`                // required
	Name     string  `json:"name,omitzero"`     // 1 to 64 characters, as in CreateDepartmentRequest
	NameEn   *string `json:"name_en,omitzero"`  // up to 64 characters
	ParentID int64   `json:"parentid,omitzero"` // moves the department; needs rights on the new parent
	Order    *int64  `json:"order,omitzero"`    // 0 to 2^32-1, larger first
}

func (r *UpdateDepartmentRequest) check() error {
	var c valid.Checks
	c.Between("ID", r.ID, 1, mostID)
	c.Chars("Name", r.Name, 0, 64)
	checkDepartmentName(&c, r.Name)
	if r.NameEn != nil {
		c.Chars("NameEn", *r.NameEn, 0, 64)
	}
	c.Between("ParentID", r.ParentID, 0, mostID)
	if r.Order != nil {
		c.Between("Order", *r.Order, 0, mostOrder)
	}
	return c.Err("contact: Update")
}

// Update changes a department (更新部门).
//
// Errors: 60003 no such department, 60010 a cycle, 60011 no right. Needs the contact
// write right. Never repeated by the client after a lost reply; to do so by hand
// harms nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90342
//
//wecom:endpoint POST /cgi-bin/department/update
func (d Departments) Update(ctx context.Context, req UpdateDepartmentRequest) error {
	if err := req.check(); err != nil {
		return err
	}
	return wecom.DoAs(ctx, d.token, wecom.Call{Path: "/cgi-bin/department/update", Body: req}, nil)
}

// Delete removes a department without members and departments (删除部门); the root
// cannot be removed.
//
// Errors: 60003 no such department, 60005 it has members, 60006 it has departments,
// 60007 it is the root. Needs the contact write right. A GET that changes things:
// never repeated by the client after a lost reply.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90343
//
//wecom:endpoint GET /cgi-bin/department/delete
func (d Departments) Delete(ctx context.Context, id int64) error {
	return wecom.DoAs(ctx, d.token, wecom.Call{
		Method: http.MethodGet,
		Path:   "/cgi-bin/department/delete",
		Query:  url.Values{"id": {strconv.FormatInt(id, 10)}},
	}, nil)
}

// ListDepartmentsResponse holds departments.
type ListDepartmentsResponse struct {
	Departments []Department `json:"department"`
}

// subtree is the query for a department and what is below it.
func subtree(id int64) url.Values {
	if id == 0 {
		return nil
	}
	return url.Values{"id": {strconv.FormatInt(id, 10)}}
}

// List returns a department and all below it (获取部门列表); 0 stands for all that the
// caller sees. It is slow: [Departments.SimpleList] with [Departments.Get] is what
// WeCom advises, and the corp's contact-sync secret may call nothing else from
// addresses added after 2022-08-15.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90344
//
//wecom:endpoint GET /cgi-bin/department/list
func (d Departments) List(ctx context.Context, id int64) (*ListDepartmentsResponse, error) {
	return wecom.InvokeAs[ListDepartmentsResponse](ctx, d.token, wecom.Call{Path: "/cgi-bin/department/list", Query: subtree(id), Safe: true})
}

// SimpleListDepartmentsResponse holds departments: ids, parents and order.
type SimpleListDepartmentsResponse struct {
	Departments []Department `json:"department_id"`
}

// SimpleList returns the ids of a department and of all below it
// (获取子部门ID列表); 0 stands for all that the caller sees. Names are not among what is
// returned.
//
// Contact apps and apps with the organisation-structure right (组织架构信息) see every
// department, others their visible range.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95406
//
//wecom:endpoint GET /cgi-bin/department/simplelist
func (d Departments) SimpleList(ctx context.Context, id int64) (*SimpleListDepartmentsResponse, error) {
	return wecom.InvokeAs[SimpleListDepartmentsResponse](ctx, d.token, wecom.Call{Path: "/cgi-bin/department/simplelist", Query: subtree(id), Safe: true})
}

// GetDepartmentResponse holds a department.
type GetDepartmentResponse struct {
	Department Department `json:"department"`
}

// Get returns one department (获取单个部门详情).
//
// Errors: 60003 no such department, 60011 out of sight.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95407
//
//wecom:endpoint GET /cgi-bin/department/get
func (d Departments) Get(ctx context.Context, id int64) (*GetDepartmentResponse, error) {
	return wecom.InvokeAs[GetDepartmentResponse](ctx, d.token, wecom.Call{
		Path:  "/cgi-bin/department/get",
		Query: url.Values{"id": {strconv.FormatInt(id, 10)}},
		Safe:  true,
	})
}
