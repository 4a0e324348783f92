package wecomtest

import (
	"maps"
	"slices"
	"unicode/utf8"
)

// agent is what an app has set for itself in one corp: its page, its menu and its
// panel on the workbench.
type agent struct {
	settings map[string]any // of agent/set
	menu     []any          // nil: none
	panel    map[string]any // of set_workbench_template; nil: none
	panels   map[string]any // of members, by userid
}

// agentHandlers are open to every app here; WeCom keeps agent/set and the menu for
// the corp's own apps.
func agentHandlers() map[string]handler {
	return map[string]handler{
		"agent.get":                      (*Platform).getAgent,
		"agent.list":                     (*Platform).listAgents,
		"agent.set":                      (*Platform).setAgent,
		"menu.create":                    (*Platform).createMenu,
		"menu.get":                       (*Platform).getMenu,
		"menu.delete":                    (*Platform).deleteMenu,
		"agent.set_workbench_template":   (*Platform).setPanel,
		"agent.get_workbench_template":   (*Platform).getPanel,
		"agent.set_workbench_data":       (*Platform).setMemberPanel,
		"agent.batch_set_workbench_data": (*Platform).setMemberPanels,
		"agent.get_workbench_data":       (*Platform).getMemberPanel,
	}
}

// ownAgent is the app of the token; agentid must name it.
func (c *call) ownAgent() (*grant, error) {
	if c.amount("agentid") != c.token.grant.agentID {
		return nil, refuse(301002)
	}
	return c.token.grant, nil
}

const squareLogo = "https://wework.qpic.cn/wwpic/square/0"

// name is the app's name in the corp.
func (g *grant) name() string {
	if name, set := g.agent.settings["name"].(string); set {
		return name
	}
	return g.app.Name
}

func (p *Platform) getAgent(c *call) (any, error) {
	g, err := c.ownAgent()
	if err != nil {
		return nil, err
	}
	users := []any{}
	for _, id := range g.allowUser {
		users = append(users, map[string]any{"userid": id})
	}
	r := reply{
		"agentid": g.agentID, "name": g.name(), "square_logo_url": squareLogo, "description": "",
		"allow_userinfos": map[string]any{"user": users},
		"allow_partys":    map[string]any{"partyid": list(g.allowParty)},
		"allow_tags":      map[string]any{"tagid": list(g.allowTag)},
		"close":           0, "redirect_domain": g.app.cfg.TrustedDomain,
		"report_location_flag": 0, "isreportenter": 0, "home_url": g.app.cfg.HomeURL,
	}
	if g.app.Kind == Template {
		r["customized_publish_status"] = 2 // online
	}
	for name, value := range g.agent.settings {
		if name != "agentid" && name != "logo_mediaid" {
			r[name] = value
		}
	}
	return r, nil
}

func (p *Platform) listAgents(c *call) (any, error) {
	g := c.token.grant
	return reply{"agentlist": []any{
		map[string]any{"agentid": g.agentID, "name": g.name(), "square_logo_url": squareLogo},
	}}, nil
}

// setAgent changes the settings that are given.
func (p *Platform) setAgent(c *call) (any, error) {
	g, err := c.ownAgent()
	if err != nil {
		return nil, err
	}
	if id := c.text("logo_mediaid"); id != "" {
		if err := p.checkMediaID(c, "image", id); err != nil {
			return nil, err
		}
	}
	if g.agent.settings == nil {
		g.agent.settings = map[string]any{}
	}
	maps.Copy(g.agent.settings, c.body)
	return reply{}, nil
}

// createMenu replaces the whole menu.
func (p *Platform) createMenu(c *call) (any, error) {
	g, err := c.ownAgent()
	if err != nil {
		return nil, err
	}
	if err := p.checkMenu(c); err != nil {
		return nil, err
	}
	g.agent.menu, _ = c.body["button"].([]any)
	return reply{}, nil
}

// Limits of the second level of a menu; those of the first are in the table.
const (
	longestSubName = 40
	longestKey     = 128
	longestMenuURL = 1024
)

func (p *Platform) checkMenu(c *call) error {
	for _, button := range c.objects("button") {
		below := button.objects("sub_button")
		if len(below) == 0 {
			if err := p.checkButton(c.row, button, 40017); err != nil {
				return err
			}
			continue
		}
		for _, sub := range below {
			if err := p.checkSubButton(c.row, sub); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkButton wants a type and what the type needs.
func (p *Platform) checkButton(row *endpoint, button *call, typeCode int) error {
	kind := button.text("type")
	if _, known := row.ButtonTypes[kind]; !known {
		return refuse(typeCode)
	}
	wanted := []string{"key"}
	switch kind {
	case "view":
		wanted = []string{"url"}
	case "view_miniprogram":
		wanted = []string{"appid", "pagepath"}
	}
	for _, name := range wanted {
		if button.text(name) == "" {
			return refusef(40058, "missing parameter button.%s for type %s", name, kind)
		}
	}
	return nil
}

func (p *Platform) checkSubButton(row *endpoint, sub *call) error {
	switch {
	case len(sub.objects("sub_button")) > 0:
		return refuse(40022)
	case sub.text("name") == "" || len(sub.text("name")) > longestSubName || !utf8.ValidString(sub.text("name")):
		return refuse(40025)
	case len(sub.text("key")) > longestKey:
		return refuse(40026)
	case len(sub.text("url")) > longestMenuURL:
		return refuse(40027)
	}
	return p.checkButton(row, sub, 40024)
}

func (p *Platform) getMenu(c *call) (any, error) {
	g, err := c.ownAgent()
	if err != nil {
		return nil, err
	}
	if g.agent.menu == nil {
		return nil, refuse(46003)
	}
	return reply{"button": g.agent.menu}, nil
}

// deleteMenu removes the menu; without one it succeeds too.
func (p *Platform) deleteMenu(c *call) (any, error) {
	g, err := c.ownAgent()
	if err != nil {
		return nil, err
	}
	g.agent.menu = nil
	return reply{}, nil
}

const noPanel = "normal"

// panelKinds are the kinds of a panel on the workbench (工作台自定义展示).
func panelKinds() []string { return []string{"keydata", "image", "list", "webview"} }

// panelOf reads a panel: its type and the content that the type names. Only a
// template may have none.
func panelOf(c *call, needsContent bool) (map[string]any, error) {
	kind := c.text("type")
	if !slices.Contains(panelKinds(), kind) {
		return nil, refuse(94001)
	}
	if needsContent && objectOf(c.body[kind]) == nil {
		return nil, refusef(40058, "missing parameter %s", kind)
	}
	panel := map[string]any{"type": kind}
	if content := objectOf(c.body[kind]); content != nil {
		panel[kind] = content
	}
	return panel, nil
}

func (p *Platform) setPanel(c *call) (any, error) {
	g, err := c.ownAgent()
	if err != nil {
		return nil, err
	}
	if c.text("type") == noPanel {
		g.agent.panel, g.agent.panels = nil, nil
		return reply{}, nil
	}
	panel, err := panelOf(c, false)
	if err != nil {
		return nil, err
	}
	replace, _ := c.body["replace_user_data"].(bool)
	panel["replace_user_data"] = replace
	if g.agent.panel == nil || g.agent.panel["type"] != panel["type"] {
		g.agent.panels = nil
	}
	g.agent.panel = panel
	return reply{}, nil
}

// getPanel is the template; without one its type is empty.
func (p *Platform) getPanel(c *call) (any, error) {
	g, err := c.ownAgent()
	if err != nil {
		return nil, err
	}
	if g.agent.panel == nil {
		return reply{"type": ""}, nil
	}
	return reply(maps.Clone(g.agent.panel)), nil
}

func (p *Platform) setMemberPanel(c *call) (any, error) {
	return p.setPanels(c, c, []string{c.text("userid")})
}

// setMemberPanels sets the panels of many members. One that the app does not see
// fails the whole call; WeCom's answer is not documented.
func (p *Platform) setMemberPanels(c *call) (any, error) {
	return p.setPanels(c, c.object("data"), c.texts("userid_list"))
}

func (p *Platform) setPanels(c, content *call, users []string) (any, error) {
	g, err := c.ownAgent()
	if err != nil {
		return nil, err
	}
	panel, err := panelOf(content, true)
	if err != nil {
		return nil, err
	}
	if g.agent.panel == nil || g.agent.panel["type"] != panel["type"] {
		return nil, refuse(94001) // the template is of another kind
	}
	panels := map[string]any{}
	for _, id := range users {
		u, err := c.panelUser(id)
		if err != nil {
			return nil, err
		}
		panels[u.ID] = panel
	}
	if g.agent.panels == nil {
		g.agent.panels = map[string]any{}
	}
	maps.Copy(g.agent.panels, panels)
	return reply{}, nil
}

// panelUser is a member in the app's range.
func (c *call) panelUser(id string) (*User, error) {
	u := c.token.grant.corp.user(id)
	if u == nil || !c.token.sees(u) {
		return nil, refuse(60011)
	}
	return u, nil
}

// getMemberPanel is a member's panel, or that of the template.
func (p *Platform) getMemberPanel(c *call) (any, error) {
	g, err := c.ownAgent()
	if err != nil {
		return nil, err
	}
	u, err := c.panelUser(c.text("userid"))
	if err != nil {
		return nil, err
	}
	template := maps.Clone(g.agent.panel)
	replaced, _ := template["replace_user_data"].(bool)
	delete(template, "replace_user_data")
	if own, has := g.agent.panels[u.ID]; has && !replaced {
		return reply{"data": own}, nil
	}
	if template == nil {
		template = map[string]any{"type": ""}
	}
	return reply{"data": template}, nil
}
