package wecomtest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// importTable is a CSV file of an import (异步批量接口).
type importTable struct {
	columns []string
	rows    [][]string
}

// byteOrderMark may begin a file: one public SDK writes it.
const byteOrderMark = "\uFEFF"

// readTable reads a file: UTF-8, names of columns first. Whatever is wrong with it
// as a whole is 40092; whether WeCom takes GBK, too, is not documented, and it is
// refused here.
func readTable(content []byte, needed ...string) (*importTable, error) {
	content = bytes.TrimPrefix(content, []byte(byteOrderMark))
	if !utf8.Valid(content) {
		return nil, refusef(40092, "import file has invalid content: it is not UTF-8")
	}
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		return nil, refusef(40092, "import file has invalid content: %v", err)
	}
	if len(rows) == 0 {
		return nil, refusef(40092, "import file has invalid content: it is empty")
	}
	t := &importTable{rows: rows[1:]}
	has := map[string]bool{}
	for _, name := range rows[0] {
		name = strings.TrimSpace(name)
		if has[name] {
			return nil, refusef(40092, "import file has invalid content: the column %s is there twice", name)
		}
		has[name] = true
		t.columns = append(t.columns, name)
	}
	for _, name := range needed {
		if !has[name] {
			return nil, refusef(40092, "import file has invalid content: there is no column %s", name)
		}
	}
	return t, nil
}

// memberColumn turns a cell into a field of user/create or user/update.
type memberColumn struct {
	field string
	value func(cell string) (value any, given bool)
}

// memberColumns are the columns of the templates for members: the current one and
// older ones. 微信号, which the oldest has, and unknown columns are left out.
func memberColumns() map[string]memberColumn {
	text := func(cell string) (any, bool) { return cell, true }
	return map[string]memberColumn{
		"姓名":      {"name", text},
		"帐号":      {"userid", text},
		"账号":      {"userid", text},
		"手机号":     {"mobile", text},
		"邮箱":      {"email", text},
		"所在部门":    {"department", ids},
		"职位":      {"position", text},
		"职务":      {"position", text},
		"性别":      {"gender", gender},
		"是否部门内领导": {"is_leader_in_dept", ids},
		"排序":      {"order", ids},
		"别名":      {"alias", text},
		"地址":      {"address", text},
		"座机":      {"telephone", text},
		"禁用":      {"enable", enabled},
	}
}

// ids are numbers with ; between them.
func ids(cell string) (any, bool) {
	all := []any{}
	for id := range strings.SplitSeq(cell, ";") {
		if id = strings.TrimSpace(id); id != "" {
			all = append(all, json.Number(id))
		}
	}
	return all, len(all) > 0
}

// gender takes the numbers of the API and the words of the console; which of them
// WeCom takes is not documented.
func gender(cell string) (any, bool) {
	switch cell {
	case "":
		return nil, false
	case "男":
		return "1", true
	case "女":
		return "2", true
	}
	return cell, true
}

// enabled reads 禁用: 1 disables.
func enabled(cell string) (any, bool) {
	if cell == "1" {
		return json.Number("0"), true
	}
	return json.Number("1"), true
}

// memberBody makes the body of user/create or user/update of a row. Columns that
// are named like a custom attribute of the console set that attribute.
func (t *importTable) memberBody(row []string, known map[string]memberColumn, attributes map[string]bool) map[string]any {
	body, attrs := map[string]any{}, []any{}
	for i, name := range t.columns {
		cell := strings.TrimSpace(row[i])
		if column, ok := known[name]; ok {
			if value, given := column.value(cell); given {
				body[column.field] = value
			}
		} else if attributes[name] {
			attrs = append(attrs, map[string]any{
				"type": json.Number("0"), "name": name, "text": map[string]any{"value": cell},
			})
		}
	}
	if len(attrs) > 0 {
		body["extattr"] = map[string]any{"attrs": attrs}
	}
	return body
}

// areNumbers tells whether a list of a body holds nothing but integers.
func areNumbers(body map[string]any, field string) bool {
	list, _ := body[field].([]any)
	return len((&call{body: body}).numbers(field)) == len(list)
}
