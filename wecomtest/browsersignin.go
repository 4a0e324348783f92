package wecomtest

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"strings"
)

type signInView struct {
	App       namedApp
	InClient  bool // OAuth2; the other pages are opened in an ordinary browser
	Sensitive bool
	Top       bool // the whole page is left, not only the frame
	Outsiders bool
	Other     bool // not everybody is shown
	Corps     []memberChoice
}

type memberChoice struct {
	Name    string
	Members []member
	More    int // that are not shown
}

type member struct {
	ID, Value, Name, Role string
	Checked               bool
}

// signIn is a member's consent, or the page with the QR code.
func (v *visit) signIn() answer {
	view, silent, err := v.signInView()
	switch {
	case err != nil:
		return v.problem(err)
	case v.form == nil && silent:
		return v.signInAs(v.client, false)
	case v.form == nil:
		return v.show(http.StatusOK, viewSignIn, view)
	}
	return v.signInAs(v.who(), v.refused())
}

func (v *visit) signInAs(who string, refused bool) answer {
	person := &visitor{openID: "o" + v.p.secrets.text(27, alphanumeric)}
	if who != whoOutsider {
		corpID, userID, _ := strings.Cut(who, "/")
		v.p.mu.Lock()
		corp := v.p.findCorp(corpID)
		v.p.mu.Unlock()
		if corp == nil {
			return v.problem(errWho())
		}
		person = &visitor{corp: corp, userID: userID}
	}
	to, err := v.p.signIn(person, v.address, refused)
	if err != nil {
		return v.problem(err)
	}
	return v.leave(to)
}

// signInView shows who may sign in. A browser that plays a member's client signs
// in silently where the app asks for nothing but the identity (静默授权).
func (v *visit) signInView() (view *signInView, silent bool, err error) {
	g, err := v.p.openPage(v.address)
	if err != nil {
		return nil, false, err
	}
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	s, err := v.p.openSignIn(g)
	if err != nil {
		return nil, false, err
	}
	inClient := g.path == pageOAuth
	view = &signInView{
		App: s.namedApp(v), InClient: inClient, Sensitive: s.code.private,
		Outsiders: !s.membersOnly,
		Top:       g.leavesTop(),
	}
	playing := v.p.findMember(v.client) != nil
	for _, c := range v.p.corps {
		if s.corp != nil && s.corp != c {
			continue
		}
		if len(view.Corps) == maxShownCorps {
			view.Other = true
			break
		}
		view.Corps = append(view.Corps, v.members(c))
		view.Other = view.Other || len(c.users) > maxShownMembers
	}
	view.check(v.client)
	return view, inClient && playing && !s.code.private, nil
}

// leavesTop tells whether a login in a frame leaves the whole page. With
// redirect_type callback WeCom hands the code to page script, which is not
// simulated: only the frame is left then.
func (g *page) leavesTop() bool {
	switch g.path {
	case pageWebLogin:
		return cmp.Or(g.get("redirect_type"), "top") == "top"
	case pageQRConnect:
		return g.get("login_type") == "jssdk"
	}
	return false
}

// namedApp is what the person signs in to.
func (s *signInPage) namedApp(v *visit) namedApp {
	switch {
	case s.code.app != nil:
		return namedApp{s.code.app.ID, s.code.app.Name}
	case s.code.owner != nil:
		return namedApp{s.code.owner.ID, s.code.owner.Name}
	}
	return namedApp{v.p.provider.CorpID, v.t("服务商网站", "The provider's site")}
}

// members are the first members of a corp. The lock is held.
func (v *visit) members(c *Corp) memberChoice {
	shown := memberChoice{Name: c.Name}
	for i, u := range c.users {
		if i == maxShownMembers {
			shown.More = len(c.users) - i
			break
		}
		shown.Members = append(shown.Members, member{ID: u.ID, Value: c.ID + "/" + u.ID, Name: u.Name, Role: v.role(u.Role)})
	}
	return shown
}

// check marks the member whose client the browser plays, or else the first one.
func (s *signInView) check(who string) {
	var checked *member
	for _, c := range s.Corps {
		for i := range c.Members {
			if checked == nil || c.Members[i].Value == who {
				checked = &c.Members[i]
			}
		}
	}
	if checked != nil {
		checked.Checked = true
	}
}

func (v *visit) role(r Role) string {
	switch r {
	case RoleCreator:
		return v.t("创建者", "creator")
	case RoleAdmin:
		return v.t("管理员", "administrator")
	case RoleExternalAdmin:
		return v.t("外部管理员", "external administrator")
	case RoleGradedAdmin:
		return v.t("分级管理员", "graded administrator")
	default:
		return ""
	}
}

// findMember finds CORPID/USERID. The lock is held.
func (p *Platform) findMember(who string) *User {
	corpID, userID, _ := strings.Cut(who, "/")
	if corp := p.findCorp(corpID); corp != nil {
		return corp.user(userID)
	}
	return nil
}

// playedClient is the member whose client the browser plays, by its cookie.
func playedClient(r *http.Request) string {
	cookie, err := r.Cookie(clientCookie)
	if err != nil {
		return ""
	}
	who, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return ""
	}
	return string(who)
}

// play lets the browser play a member's client from now on; "" ends it.
func play(a answer, who string) answer {
	cookie := http.Cookie{ //nolint:gosec // The simulator is reached over plain http.
		Name: clientCookie, Value: base64.RawURLEncoding.EncodeToString([]byte(who)),
		Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if who == "" {
		cookie.MaxAge = -1
	}
	a.header.Add("Set-Cookie", cookie.String())
	return a
}
