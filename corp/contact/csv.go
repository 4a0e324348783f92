package contact

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/wecom-isv/wecom/internal/valid"
)

// UserRow is a member in a file for [Batch.SyncUser] or [Batch.ReplaceUser].
// Limits are those of [CreateUserRequest].
type UserRow struct {
	Name       string  // 姓名; required
	UserID     string  // 帐号; required
	Mobile     string  // 手机号; this or Email is required
	Email      string  // 邮箱
	Department []int64 // 所在部门; at least one
	Position   string  // 职务
	Order      []int64 // 排序; one for each Department
	Alias      string  // 别名
	Address    string  // 地址
	Telephone  string  // 座机
	Disabled   bool    // 禁用
}

// userColumns are the columns of a file of members. Those from optional on are
// written if a row has something in them.
var userColumns = [...]struct {
	title    string
	optional bool
	cell     func(r *UserRow) string
}{
	{"姓名", false, func(r *UserRow) string { return r.Name }},
	{"帐号", false, func(r *UserRow) string { return r.UserID }},
	{"手机号", false, func(r *UserRow) string { return r.Mobile }},
	{"邮箱", false, func(r *UserRow) string { return r.Email }},
	{"所在部门", false, func(r *UserRow) string { return joined(r.Department) }},
	{"职位", false, func(r *UserRow) string { return r.Position }},
	{"排序", true, func(r *UserRow) string { return joined(r.Order) }},
	{"别名", true, func(r *UserRow) string { return r.Alias }},
	{"地址", true, func(r *UserRow) string { return r.Address }},
	{"座机", true, func(r *UserRow) string { return r.Telephone }},
	{"禁用", true, func(r *UserRow) string { return flag(r.Disabled) }},
}

// joined writes several ids as the files have them.
func joined(ids []int64) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(texts, ";")
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return ""
}

// WriteUsersCSV writes a file of members in the form of WeCom's template
// (batch_user_sample.csv): UTF-8 without a byte order mark, names of columns in the
// first row. Columns that no row needs are left out, and what they hold of members
// that are there already stays as it is.
//
// Gender and leadership are not among the columns: which values they take is not
// documented. Nothing is written when a row is outside the limits; the error names
// all such rows, as rows[2].UserID, and user ids that are there twice.
func WriteUsersCSV(w io.Writer, rows []UserRow) error {
	var c valid.Checks
	ids := make(map[string]bool, len(rows))
	valid.Each("rows", len(rows), func(i int, field string) {
		r := &rows[i]
		c.Chars(field+".Name", r.Name, 1, 64)
		checkUserID(&c, field+".UserID", r.UserID)
		c.That(r.Mobile != "" || r.Email != "", field+".Mobile", "and Email are both empty")
		c.Count(field+".Department", len(r.Department), 1, mostDepartments)
		c.That(len(r.Order) == 0 || len(r.Order) == len(r.Department), field+".Order", "must have as many entries as Department")
		if id := strings.ToLower(r.UserID); id != "" {
			c.That(!ids[id], field+".UserID", "is there twice")
			ids[id] = true
		}
		for _, column := range userColumns {
			checkCell(&c, field, column.title, column.cell(r))
		}
	})
	if err := c.Err("contact: WriteUsersCSV"); err != nil {
		return err
	}
	var table [][]string
	for _, column := range userColumns {
		cells, used := []string{column.title}, !column.optional
		for i := range rows {
			cell := column.cell(&rows[i])
			cells, used = append(cells, cell), used || cell != ""
		}
		if used {
			table = append(table, cells)
		}
	}
	return writeColumns(w, len(rows)+1, table)
}

// DepartmentRow is a department in a file for [Batch.ReplaceParty]. Limits are
// those of [CreateDepartmentRequest].
type DepartmentRow struct {
	Name     string // 部门名称; required
	ID       int64  // 部门ID; required
	ParentID int64  // 父部门ID; required but for the root, which has 0
	Order    int64  // 排序; 0 leaves the order alone
}

// WriteDepartmentsCSV writes a file of departments in the form of WeCom's template
// (batch_party_sample.csv): UTF-8 without a byte order mark, names of columns in
// the first row. Nothing is written when a row is outside the limits; the error
// names all such rows, as rows[2].Name, and ids that are there twice.
func WriteDepartmentsCSV(w io.Writer, rows []DepartmentRow) error {
	var c valid.Checks
	ids := make(map[int64]bool, len(rows))
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	table := [][]string{{"部门名称"}, {"部门ID"}, {"父部门ID"}, {"排序"}}
	valid.Each("rows", len(rows), func(i int, field string) {
		r := rows[i]
		c.Chars(field+".Name", r.Name, 1, 64)
		c.That(!strings.ContainsAny(r.Name, `\:*?"<>|`), field+".Name", `must not hold any of \ : * ? " < > |`)
		checkCell(&c, field, "部门名称", r.Name)
		c.Between(field+".ID", r.ID, 1, mostID)
		c.Between(field+".ParentID", r.ParentID, 0, mostID)
		c.That(r.ParentID != 0 || r.ID == RootDepartment, field+".ParentID", "is missing")
		c.Between(field+".Order", r.Order, 0, mostOrder)
		c.That(!ids[r.ID], field+".ID", "is there twice")
		ids[r.ID] = true
		order := ""
		if r.Order != 0 {
			order = number(r.Order)
		}
		for column, cell := range []string{r.Name, number(r.ID), number(r.ParentID), order} {
			table[column] = append(table[column], cell)
		}
	})
	if err := c.Err("contact: WriteDepartmentsCSV"); err != nil {
		return err
	}
	return writeColumns(w, len(rows)+1, table)
}

// checkCell refuses what would break a row.
func checkCell(c *valid.Checks, field, title, cell string) {
	c.That(!strings.ContainsFunc(cell, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufeff' }),
		field, "has a control character in the column "+title)
}

// writeColumns writes columns of n cells each, row by row.
func writeColumns(w io.Writer, n int, columns [][]string) error {
	out := csv.NewWriter(w)
	row := make([]string, len(columns))
	for i := range n {
		for j, column := range columns {
			row[j] = column[i]
		}
		if err := out.Write(row); err != nil {
			return fmt.Errorf("contact: the file cannot be written: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("contact: the file cannot be written: %w", err)
	}
	return nil
}
