package register

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wecom-isv/wecom/corp/contact"
)

// ErrNotUTF8 says that a CSV file is in another encoding than UTF-8, as Excel in
// China saves it (GBK). Save it as "CSV UTF-8", or read it through a decoder such as
// simplifiedchinese.GB18030 of golang.org/x/text.
var ErrNotUTF8 = errors.New("register: the file is not UTF-8: save it as CSV UTF-8")

// ReadUsersCSV reads members from a file in the form of WeCom's template
// (batch_user_sample.csv), for a [PlanSource]: UTF-8, with or without a byte order
// mark, names of columns in the first row, in any order, as the templates of today
// and of former years have them:
//
//	姓名 帐号 手机号 邮箱 所在部门 职位 性别 是否部门内领导 排序 别名 地址 座机 禁用 直属上级
//
// 姓名 and 帐号 must be there. 所在部门 holds ids with ; between them, 是否部门内领导 and 排序
// one value for each of them. 性别 is 男 or 女, 1 or 2, 是否部门内领导 and 禁用 are 是 or 否, 1
// or 0: which of them WeCom's own import takes is not documented. 微信号 and the
// legend at the end of the template are passed over. Any other column is a custom
// attribute (扩展属性) of that name, which must have been defined in the console.
func ReadUsersCSV(r io.Reader) iter.Seq2[contact.CreateUserRequest, error] {
	return table[contact.CreateUserRequest]{
		kind: KindUser, required: []string{"姓名", "帐号"}, set: setUser,
		id: func(u *contact.CreateUserRequest) string { return u.UserID },
	}.read(r)
}

// ReadDepartmentsCSV reads departments from a file in the form of WeCom's template
// (batch_party_sample.csv), for a [PlanSource]: UTF-8, with or without a byte order
// mark, names of columns in the first row, in any order:
//
//	部门名称 部门ID 父部门ID 排序 英文名称
//
// The first three must be there. A row for the root, id 1, is passed over: the root
// stays as it is.
func ReadDepartmentsCSV(r io.Reader) iter.Seq2[contact.CreateDepartmentRequest, error] {
	id := func(d *contact.CreateDepartmentRequest) string { return strconv.FormatInt(d.ID, 10) }
	return table[contact.CreateDepartmentRequest]{
		kind: KindDepartment, required: []string{"部门名称", "部门ID", "父部门ID"}, set: setDepartment, id: id,
		skip: func(d *contact.CreateDepartmentRequest) bool { return d.ID == contact.RootDepartment },
	}.read(r)
}

// table is what a CSV file of items of type T looks like.
type table[T any] struct {
	kind     Kind
	required []string // titles of columns
	set      func(item *T, title, cell string) error
	id       func(*T) string // names the item in problems
	skip     func(*T) bool   // passes over a row; may be nil
}

// read yields an item for each row, with a *PlanError if a cell has no sense.
func (t table[T]) read(r io.Reader) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		in, titles, err := openCSV(r, t.required)
		if err != nil {
			yield(*new(T), err)
			return
		}
		for row := 1; ; {
			cells, err := nextRow(in)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
			item, err := t.item(row, titles, cells)
			if t.skip != nil && t.skip(&item) {
				continue
			}
			if !yield(item, err) {
				return
			}
			row++
		}
	}
}

// item makes an item of a row.
func (t table[T]) item(row int, titles, cells []string) (item T, err error) {
	var problems []Problem
	for i, cell := range cells {
		title, problem := "", error(nil)
		if i < len(titles) {
			title = titles[i]
		}
		switch {
		case cell == "" || strings.HasPrefix(title, legend):
		case title == "":
			problem = fmt.Errorf("has the column %d, which has no title", i+1)
		default:
			problem = t.set(&item, title, cell)
		}
		if problem != nil {
			problems = append(problems, Problem{Kind: t.kind, Row: row, Field: title, Problem: problem.Error()})
		}
	}
	for i := range problems {
		problems[i].ID = t.id(&item)
		err = &PlanError{Problems: problems}
	}
	return item, err
}

// legend is how the last column of the template for members begins; it explains
// the one before.
const legend = "禁用项说明"

// openCSV reads the titles.
func openCSV(r io.Reader, required []string) (*csv.Reader, []string, error) {
	buffered := bufio.NewReader(r)
	start, err := buffered.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("register: the file cannot be read: %w", err)
	}
	if bytes.HasPrefix(start, []byte{0xff, 0xfe}) || bytes.HasPrefix(start, []byte{0xfe, 0xff}) {
		return nil, nil, ErrNotUTF8 // UTF-16
	}
	if bytes.Equal(start, []byte("\ufeff")) {
		_, _ = buffered.Discard(len(start)) // it has been seen
	}
	in := csv.NewReader(buffered)
	in.FieldsPerRecord = -1 // spreadsheets leave empty cells out
	titles, err := nextRow(in)
	if errors.Is(err, io.EOF) {
		return nil, nil, errors.New("register: the file is empty: the names of the columns are missing")
	}
	if err != nil {
		return nil, nil, err
	}
	for i, title := range titles {
		titles[i] = strings.ReplaceAll(title, "账号", "帐号") // both spellings are WeCom's
		if title != "" && slices.Contains(titles[:i], titles[i]) {
			return nil, nil, fmt.Errorf("register: the column %s is there twice in the first row", title)
		}
	}
	for _, title := range required {
		if !slices.Contains(titles, title) {
			return nil, nil, fmt.Errorf("register: the column %s is missing in the first row", title)
		}
	}
	return in, titles, nil
}

// nextRow returns the next row that is not empty, without blanks around the cells.
func nextRow(in *csv.Reader) ([]string, error) {
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil, err
		}
		if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, fmt.Errorf("register: line %d of the file is no CSV: %w", wrong.Line, wrong.Err)
		}
		if err != nil {
			return nil, fmt.Errorf("register: the file cannot be read: %w", err)
		}
		for i := range row {
			if !utf8.ValidString(row[i]) {
				line, _ := in.FieldPos(i)
				return nil, fmt.Errorf("%w: line %d", ErrNotUTF8, line)
			}
			row[i] = strings.TrimSpace(row[i])
		}
		if slices.ContainsFunc(row, func(cell string) bool { return cell != "" }) {
			return row, nil
		}
	}
}

func setDepartment(d *contact.CreateDepartmentRequest, title, cell string) (err error) {
	switch title {
	case "部门名称":
		d.Name = cell
	case "英文名称":
		d.NameEn = cell
	case "部门ID":
		d.ID, err = number(cell)
	case "父部门ID":
		d.ParentID, err = number(cell)
	case "排序":
		d.Order, err = number(cell)
	default:
		err = errors.New("is no column of departments")
	}
	return err
}

func setUser(u *contact.CreateUserRequest, title, cell string) (err error) {
	switch title {
	case "姓名":
		u.Name = cell
	case "帐号":
		u.UserID = cell
	case "手机号":
		u.Mobile = cell
	case "邮箱":
		u.Email = cell
	case "所在部门":
		u.Department, err = each(cell, number)
	case "职位", "职务":
		u.Position = cell
	case "性别":
		u.Gender, err = gender(cell)
	case "是否部门内领导":
		u.IsLeaderInDept, err = each(cell, flag)
	case "排序":
		u.Order, err = each(cell, number)
	case "别名":
		u.Alias = cell
	case "地址":
		u.Address = cell
	case "座机":
		u.Telephone = cell
	case "禁用":
		err = setDisabled(u, cell)
	case "直属上级":
		u.DirectLeader = []string{cell}
	case "微信号": // no field of WeCom any more
	default:
		u.ExtAttr.Attrs = append(u.ExtAttr.Attrs, contact.Attr{Type: contact.AttrIsText, Name: title, Text: &contact.AttrText{Value: cell}})
	}
	return err
}

func setDisabled(u *contact.CreateUserRequest, cell string) error {
	disabled, err := flag(cell)
	if disabled == 1 {
		u.Enable = new(contact.Off)
	}
	return err
}

// each reads several values with ; between them.
func each[T any](cell string, read func(string) (T, error)) ([]T, error) {
	var values []T
	for part := range strings.SplitSeq(strings.ReplaceAll(cell, "；", ";"), ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		v, err := read(part)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

func number(cell string) (int64, error) {
	n, err := strconv.ParseInt(cell, 10, 64)
	if err != nil {
		return 0, errors.New("is no whole number")
	}
	return n, nil
}

func flag(cell string) (int32, error) {
	switch cell {
	case "1", "是":
		return 1, nil
	case "0", "否":
		return 0, nil
	}
	return 0, errors.New("is none of 1, 0, 是 and 否")
}

func gender(cell string) (contact.Gender, error) {
	switch cell {
	case "1", "男":
		return contact.GenderMale, nil
	case "2", "女":
		return contact.GenderFemale, nil
	}
	return "", errors.New("is none of 男, 女, 1 and 2")
}
