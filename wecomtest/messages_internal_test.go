package wecomtest

import "strconv"

// voteCard is a template_card that answers clicks.
func voteCard(taskID string) map[string]any {
	type m = map[string]any
	return m{
		"card_type": "vote_interaction", "task_id": taskID, "main_title": m{"title": "Lunch"},
		"checkbox": m{"question_key": "q", "option_list": []m{
			{"id": "a", "text": "A", "is_checked": true}, {"id": "b", "text": "B", "is_checked": false},
		}},
		"submit_button": m{"text": "Go", "key": "go"},
	}
}

// callMessages calls every endpoint of messages and groups once.
func callMessages(call func(path, query string, body any) map[string]any, access string, agentID int64, user, other string) {
	type m = map[string]any
	sent := call("/cgi-bin/message/send", access, m{"touser": user, "msgtype": "template_card", "agentid": agentID, "template_card": voteCard("t")})
	call("/cgi-bin/message/update_template_card", access, m{
		"agentid": agentID, "response_code": sent["response_code"], "userids": []string{user, "other"}, "button": m{"replace_name": "Done"},
	})
	call("/cgi-bin/message/recall", access, m{"msgid": sent["msgid"]})
	call("/cgi-bin/message/get_statistics", access, m{"time_type": 0})

	chat := call("/cgi-bin/appchat/create", access, m{"name": "Team", "userlist": []string{user, other}})
	call("/cgi-bin/appchat/update", access, m{"chatid": chat["chatid"], "name": "New"})
	id, _ := chat["chatid"].(string)
	call("/cgi-bin/appchat/get", access+"&chatid="+id, nil)
	call("/cgi-bin/appchat/send", access, m{"chatid": id, "msgtype": "text", "text": m{"content": "hi"}})
}

// callAgents calls every endpoint of an app's settings once.
func callAgents(call func(path, query string, body any) map[string]any, access string, agentID int64, user string) {
	type m = map[string]any
	agent := "&agentid=" + strconv.FormatInt(agentID, 10)
	call("/cgi-bin/agent/get", access+agent, nil)
	call("/cgi-bin/agent/list", access, nil)
	call("/cgi-bin/agent/set", access, m{"agentid": agentID, "name": "New name"})
	call("/cgi-bin/menu/create", access+agent, m{"button": []m{{"name": "Go", "type": "click", "key": "go"}}})
	call("/cgi-bin/menu/get", access+agent, nil)
	call("/cgi-bin/menu/delete", access+agent, nil)
	panel := m{"items": []m{{"data": "2"}}}
	call("/cgi-bin/agent/set_workbench_template", access, m{"agentid": agentID, "type": "keydata", "keydata": panel})
	call("/cgi-bin/agent/get_workbench_template", access, m{"agentid": agentID})
	call("/cgi-bin/agent/set_workbench_data", access, m{"agentid": agentID, "userid": user, "type": "keydata", "keydata": panel})
	call("/cgi-bin/agent/batch_set_workbench_data", access, m{"agentid": agentID, "userid_list": []string{user}, "data": m{"type": "keydata", "keydata": panel}})
	call("/cgi-bin/agent/get_workbench_data", access, m{"agentid": agentID, "userid": user})
}
