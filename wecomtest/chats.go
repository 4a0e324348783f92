package wecomtest

import (
	"encoding/json"
	"slices"
	"strings"
)

// chat is a group that an app has made (应用群聊). A chatid is unique in its corp only.
type chat struct {
	id    string
	grant *grant
	name  string
	owner string
	users []string
}

const (
	leastChatUsers = 2
	mostChatUsers  = 2000
	chatNameLength = 50 // characters; longer names are cut
)

// chatHandlers are open to every app here; WeCom keeps groups for the corp's own
// apps.
func chatHandlers() map[string]handler {
	return map[string]handler{
		"appchat.create": (*Platform).createChat,
		"appchat.update": (*Platform).updateChat,
		"appchat.get":    (*Platform).getChat,
		"appchat.send":   (*Platform).sendToChat,
	}
}

// members are the members that ids name; each must be one that the app sees.
func (c *call) members(ids []string) ([]string, error) {
	var all []string
	for _, id := range ids {
		u := c.token.grant.corp.user(id)
		if u == nil || !c.token.sees(u) {
			return nil, refuse(86007)
		}
		if !slices.Contains(all, u.ID) {
			all = append(all, u.ID)
		}
	}
	return all, nil
}

func (p *Platform) createChat(c *call) (any, error) {
	users, err := c.members(c.texts("userlist"))
	if err != nil {
		return nil, err
	}
	id := c.text("chatid")
	switch {
	case keepAlphanumeric(id, len(id)) != id:
		return nil, refuse(86001)
	case p.chats[c.chatKey(id)] != nil:
		return nil, refuse(86215)
	case id == "":
		id = "wr" + p.secrets.text(30, alphanumeric)
	}
	made := &chat{id: id, grant: c.token.grant, name: cutChatName(c.text("name")), users: users}
	if err := made.setOwner(c.text("owner")); err != nil {
		return nil, err
	}
	p.chats[c.chatKey(id)] = made
	return reply{"chatid": id}, nil
}

// chatKey finds a group of the token's corp.
func (c *call) chatKey(id string) string { return c.token.grant.corp.ID + "/" + id }

func cutChatName(name string) string {
	runes := []rune(name)
	return string(runes[:min(len(runes), chatNameLength)])
}

// setOwner wants a member of the group; "" keeps the owner or takes the first member.
func (g *chat) setOwner(owner string) error {
	switch {
	case len(g.users) < leastChatUsers || len(g.users) > mostChatUsers:
		return refuse(86006)
	case owner == "" && g.owner == "":
		owner = g.users[0]
	case owner == "":
		owner = g.owner
	}
	i := slices.IndexFunc(g.users, isUser(owner))
	if i < 0 {
		return refuse(86005)
	}
	g.owner = g.users[i]
	return nil
}

// isUser compares userids, which ignore case.
func isUser(id string) func(string) bool {
	return func(other string) bool { return strings.EqualFold(id, other) }
}

// ownChat finds a group that the app has made.
func (p *Platform) ownChat(c *call) (*chat, error) {
	g := p.chats[c.chatKey(c.text("chatid"))]
	switch {
	case g == nil:
		return nil, refuse(86003)
	case g.grant != c.token.grant:
		return nil, refuse(86008)
	}
	return g, nil
}

func (p *Platform) updateChat(c *call) (any, error) {
	g, err := p.ownChat(c)
	if err != nil {
		return nil, err
	}
	added, err := c.members(c.texts("add_user_list"))
	if err != nil {
		return nil, err
	}
	next := *g
	removed := c.texts("del_user_list")
	next.users = slices.DeleteFunc(slices.Clone(g.users), func(id string) bool { return slices.ContainsFunc(removed, isUser(id)) })
	for _, id := range added {
		if !slices.Contains(next.users, id) {
			next.users = append(next.users, id)
		}
	}
	if err := next.setOwner(c.text("owner")); err != nil {
		return nil, err
	}
	if name := c.text("name"); name != "" {
		next.name = cutChatName(name)
	}
	*g = next
	return reply{}, nil
}

func (p *Platform) getChat(c *call) (any, error) {
	g, err := p.ownChat(c)
	if err != nil {
		return nil, err
	}
	return reply{"chat_info": map[string]any{
		"chatid": g.id, "name": g.name, "owner": g.owner, "userlist": g.users, "chat_type": 0,
	}}, nil
}

// sendToChat records a [Message] to the members of the group.
func (p *Platform) sendToChat(c *call) (any, error) {
	g, err := p.ownChat(c)
	if err != nil {
		return nil, err
	}
	if err := p.checkMessage(c); err != nil {
		return nil, err
	}
	body, err := json.Marshal(c.body)
	if err != nil {
		return nil, err
	}
	p.messages.add(Message{
		CorpID: g.grant.corp.ID, AgentID: g.grant.agentID, ChatID: g.id, Type: c.text("msgtype"),
		ToUser: slices.Clone(g.users), Body: body, At: c.now,
	})
	return reply{}, nil
}
