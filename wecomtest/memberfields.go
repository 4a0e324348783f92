package wecomtest

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The forms of what a member has. WeCom's own are not published but for the
// userid; these take what is usual.
var (
	userIDForm    = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}$`)
	mainlandForm  = regexp.MustCompile(`^1\d{10}$`)
	abroadForm    = regexp.MustCompile(`^\+[1-9]\d{5,14}$`)
	mailForm      = regexp.MustCompile(`^[0-9A-Za-z._%+\-]+@[0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)+$`)
	telephoneForm = regexp.MustCompile(`^[0-9+,\-]{0,32}$`)
)

const (
	leastMail        = 6
	mostMail         = 64 // bytes
	mostPlaces       = 100
	mostMailAliases  = 5
	mostPosition     = 128 // characters
	mostAttribute    = 64
	mostTitle        = 12
	mostExternalName = 12
)

var mobileSpacing = strings.NewReplacer(" ", "", "-", "")

// cleanMobile is a mobile number as WeCom keeps it: without blanks, dashes and
// +86; false if it is no mobile number.
func cleanMobile(mobile string) (string, bool) {
	mobile = mobileSpacing.Replace(mobile)
	if home := strings.TrimPrefix(mobile, "+86"); mainlandForm.MatchString(home) {
		return home, true
	}
	return mobile, abroadForm.MatchString(mobile) && !strings.HasPrefix(mobile, "+86")
}

func isMail(address string) bool {
	return len(address) >= leastMail && len(address) <= mostMail && mailForm.MatchString(address)
}

// textField is a field of requests that is a text of limited length.
type textField struct {
	name string
	most int // characters
	code int // when it is longer
	at   func(*User) *string
}

func textFields() []textField {
	return []textField{
		{"name", longestName, 60112, func(u *User) *string { return &u.Name }},
		{"alias", longestName, 40058, func(u *User) *string { return &u.Alias }},
		{"position", mostPosition, 301012, func(u *User) *string { return &u.Position }},
		{"address", mostPosition, 40058, func(u *User) *string { return &u.Address }},
		{"external_position", mostExternalName, 40058, func(u *User) *string { return &u.ExternalPosition }},
		{"nickname", longestName, 40058, func(u *User) *string { return &u.Nickname }},
	}
}

func readTexts(u, _ *User, r *call) error {
	for _, f := range textFields() {
		if !r.has(f.name) {
			continue
		}
		text := r.text(f.name)
		if utf8.RuneCountInString(text) > f.most {
			return refusef(f.code, "invalid parameter %s: more than %d characters", f.name, f.most)
		}
		*f.at(u) = text
	}
	if strings.TrimSpace(u.Name) == "" || strings.ContainsFunc(u.Name, unicode.IsControl) {
		return refuse(60112)
	}
	if r.has("telephone") {
		if u.Telephone = r.text("telephone"); !telephoneForm.MatchString(u.Telephone) {
			return refuse(301013)
		}
	}
	if r.has("gender") {
		if u.Gender = r.text("gender"); !slices.Contains([]string{"0", "1", "2"}, u.Gender) {
			return refusef(40058, "invalid parameter gender: want 1 or 2")
		}
	}
	return nil
}

// readAddresses reads mobile and mail. The mobile of a member who uses WeCom
// already is his own: a new one is silently ignored.
func readAddresses(u, old *User, r *call) error {
	if r.has("mobile") && (old == nil || old.Status != MemberActive) {
		mobile, ok := cleanMobile(r.text("mobile"))
		if !ok && mobile != "" {
			return refuse(60103)
		}
		u.Mobile = mobile
	}
	if r.has("email") {
		if u.Email = r.text("email"); u.Email != "" && !isMail(u.Email) {
			return refuse(60105)
		}
	}
	if r.has("biz_mail") {
		if u.BizMail = r.text("biz_mail"); u.BizMail != "" && !isMail(u.BizMail) {
			return refuse(60143)
		}
	}
	if r.has("biz_mail_alias") {
		aliases := r.object("biz_mail_alias").texts("item")
		if len(aliases) > mostMailAliases || slices.ContainsFunc(aliases, func(a string) bool { return !isMail(a) }) {
			return refuse(60143)
		}
		u.BizMailAlias = aliases
	}
	return nil
}

// readPlaces reads the departments and the lists that go with them. order counts
// only together with department.
func (c *Corp) readPlaces(u, old *User, r *call) error {
	if r.has("department") || old == nil {
		if err := u.readDepartments(r); err != nil {
			return err
		}
	}
	if r.has("is_leader_in_dept") {
		leads := r.numbers("is_leader_in_dept")
		if len(leads) > 0 && len(leads) != len(u.Departments) {
			return refuse(60132)
		}
		u.LeaderOf = nil
		for i, leader := range leads {
			switch leader {
			case 0:
			case 1:
				u.LeaderOf = append(u.LeaderOf, u.Departments[i])
			default:
				return refusef(40058, "invalid parameter is_leader_in_dept: want 0 or 1")
			}
		}
	}
	if main, given := r.number("main_department"); given && main != 0 {
		if !slices.Contains(u.Departments, main) {
			return refusef(40058, "invalid parameter main_department: not among the member's departments")
		}
		u.MainDepartment = main
	}
	return nil
}

func (u *User) readDepartments(r *call) error {
	ids, orders := r.numbers("department"), r.numbers("order")
	if len(ids) == 0 {
		ids = []int64{waitingPlace}
	}
	if len(ids) > mostPlaces {
		return refuse(60110)
	}
	if len(orders) > 0 && len(orders) != len(ids) {
		return refusef(60132, "order and department differ in length")
	}
	seen := map[int64]bool{}
	for _, id := range ids {
		if id < waitingPlace || id > largestID {
			return refuse(60123)
		}
		if seen[id] {
			return refuse(40066)
		}
		seen[id] = true
	}
	for _, order := range orders {
		if order < 0 || order > math.MaxUint32 {
			return refusef(40058, "invalid parameter order: want 0 to %d", int64(math.MaxUint32))
		}
	}
	u.Departments, u.Orders = ids, orders
	u.LeaderOf = slices.DeleteFunc(u.LeaderOf, func(id int64) bool { return !seen[id] })
	return nil
}

// readLeader reads direct_leader: a member who is in the list already. That
// another gives 60111 is presumed.
func (c *Corp) readLeader(u, _ *User, r *call) error {
	if !r.has("direct_leader") {
		return nil
	}
	u.DirectLeader = ""
	leaders := r.texts("direct_leader")
	switch {
	case len(leaders) == 0:
		return nil
	case len(leaders) > 1:
		return refusef(60257, "more than one direct leader")
	}
	leader := c.user(leaders[0])
	if leader == nil {
		return refusef(60111, "direct_leader: %s", codeText(60111))
	}
	u.DirectLeader = leader.ID
	return nil
}

// readRest reads the state, the picture and what the corp has added.
func (c *Corp) readRest(u, _ *User, r *call) error {
	if enable, given := r.number("enable"); given {
		switch {
		case enable == 0:
			u.Status = MemberDisabled
		case enable != 1:
			return refusef(40058, "invalid parameter enable: want 0 or 1")
		case u.Status == MemberDisabled:
			u.Status = MemberNotActivated
		}
	}
	if id := r.text("avatar_mediaid"); id != "" {
		m, err := c.p.medium(r, id)
		if err != nil || m.kind != "image" {
			return refuse(301015)
		}
		u.Avatar = c.p.newAvatar()
	}
	if r.has("external_profile") {
		profile, err := json.Marshal(r.body["external_profile"])
		if err != nil {
			return err
		}
		u.ExternalProfile = profile
	}
	for _, attr := range r.object("extattr").objects("attrs") {
		if err := c.readAttribute(u, attr); err != nil {
			return err
		}
	}
	return nil
}

// readAttribute sets one custom attribute; those that the console has not defined
// are ignored.
func (c *Corp) readAttribute(u *User, r *call) error {
	web := r.object("web")
	a := Attribute{
		Name: r.text("name"), Type: int(r.amount("type")),
		Text: r.object("text").text("value"), URL: web.text("url"), Title: web.text("title"),
	}
	if utf8.RuneCountInString(a.Text) > mostAttribute || utf8.RuneCountInString(a.Title) > mostTitle {
		return refusef(40058, "invalid parameter extattr: the attribute %s is too long", a.Name)
	}
	if c.attributes[a.Name] {
		u.setAttribute(a)
	}
	return nil
}

func (u *User) setAttribute(a Attribute) {
	u.Attributes = slices.DeleteFunc(u.Attributes, func(old Attribute) bool { return old.Name == a.Name })
	if a.Text != "" || a.URL != "" {
		u.Attributes = append(u.Attributes, a)
	}
}
