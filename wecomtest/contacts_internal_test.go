package wecomtest

import (
	"bytes"
	"mime/multipart"
	"time"
)

// formBody is the body of an upload.
type formBody struct {
	contentType string
	text        []byte
}

func newForm(name, content string) formBody {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, _ := w.CreateFormFile("media", name) // a buffer takes everything
	_, _ = part.Write([]byte(content))
	_ = w.Close()
	return formBody{w.FormDataContentType(), b.Bytes()}
}

// callContacts calls every endpoint of the contact list once and more with a
// contact token, and media/get with a corp token.
func callContacts(p *Platform, call func(path, query string, body any) map[string]any, contact, access string) {
	type m = map[string]any
	upload := func(credential, content string) m {
		id, _ := call("/cgi-bin/media/upload", credential+"&type=file", newForm("a.csv", content))["media_id"].(string)
		return m{"media_id": id}
	}
	job := func(path, content string) {
		id, _ := call(path, contact, upload(contact, content))["jobid"].(string)
		call("/cgi-bin/batch/getresult", contact+"&jobid="+id, nil)
		p.Advance(50 * time.Millisecond)
		call("/cgi-bin/batch/getresult", contact+"&jobid="+id, nil)
		p.Advance(time.Second)
		call("/cgi-bin/batch/getresult", contact+"&jobid="+id, nil)
	}
	call("/cgi-bin/department/create", contact, m{"name": "R&D", "parentid": 1})
	call("/cgi-bin/department/create", contact, m{"name": "gone", "parentid": 1, "id": 9})
	call("/cgi-bin/department/update", contact, m{"id": 2, "name_en": "RD", "order": 7})
	call("/cgi-bin/department/delete", contact+"&id=9", nil)
	call("/cgi-bin/department/list", contact, nil)
	call("/cgi-bin/department/simplelist", contact, nil)
	call("/cgi-bin/department/get", contact+"&id=2", nil)
	call("/cgi-bin/user/create", contact, m{
		"userid": "a", "name": "A", "mobile": "13800000001", "department": []int{2, 77}, "is_leader_in_dept": []int{1, 0},
		"external_profile": m{"external_corp_name": "x"},
	})
	call("/cgi-bin/user/create", contact, m{"userid": "c", "name": "C", "email": "c@example.com"})
	call("/cgi-bin/user/update", contact, m{"userid": "a", "position": "p", "direct_leader": []string{"c"}})
	call("/cgi-bin/user/get", contact+"&userid=a", nil)
	call("/cgi-bin/user/list", contact+"&department_id=2", nil)
	call("/cgi-bin/user/simplelist", contact+"&department_id=2", nil)
	call("/cgi-bin/user/list_id", contact, m{"limit": 1})
	call("/cgi-bin/tag/create", contact, m{"tagname": "t"})
	call("/cgi-bin/tag/update", contact, m{"tagid": 1, "tagname": "u"})
	call("/cgi-bin/tag/addtagusers", contact, m{"tagid": 1, "userlist": []string{"a", "nobody"}, "partylist": []int{2, 99}})
	call("/cgi-bin/tag/get", contact+"&tagid=1", nil)
	call("/cgi-bin/tag/list", contact, nil)
	call("/cgi-bin/batch/invite", contact, m{"user": []string{"a", "nobody"}, "party": []int{2}, "tag": []int{1, 5}})
	call("/cgi-bin/tag/deltagusers", contact, m{"tagid": 1, "userlist": []string{"a"}})
	call("/cgi-bin/tag/delete", contact+"&tagid=1", nil)
	job("/cgi-bin/batch/replaceparty", "部门名称,部门ID,父部门ID,排序\nR&D,2,1,8\nnew,3,2,\n")
	job("/cgi-bin/batch/syncuser", "姓名,帐号,手机号,邮箱,所在部门\nB,b,13800000002,,2;3\nX,-,,,2\n")
	job("/cgi-bin/batch/replaceuser", "姓名,帐号,手机号,邮箱,所在部门\nA,a,13800000001,,2\nC,c,,c@example.com,2\n")
	call("/cgi-bin/user/delete", contact+"&userid=c", nil)
	call("/cgi-bin/user/create", contact, m{"userid": "d", "name": "D", "email": "d@example.com"})
	call("/cgi-bin/user/batchdelete", contact, m{"useridlist": []string{"d"}})
	id, _ := upload(access, "0123456789")["media_id"].(string)
	call("/cgi-bin/media/get", access+"&media_id="+id, nil)
}
