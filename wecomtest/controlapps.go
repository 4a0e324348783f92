package wecomtest

import (
	"net/http"
	"strings"
)

func (p *Platform) controlNewApp(r *http.Request) (any, error) {
	var in struct {
		appDoc
		RedirectDomain     string   `json:"redirect_domain"`
		TrustedDomain      string   `json:"trusted_domain"`
		BusinessSettingURL string   `json:"business_setting_url"`
		HomeURL            string   `json:"home_url"`
		Unpublished        bool     `json:"unpublished"`
		Level              int      `json:"level"`
		Permissions        []string `json:"permissions"`
		ContactWrite       bool     `json:"contact_write"`
		SensitiveOK        bool     `json:"sensitive_ok"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	if _, err := p.controlApp(in.ID); err == nil {
		return nil, &controlError{status: http.StatusConflict, text: "an app with this id is there"}
	}
	if in.AESKey != "" {
		if _, err := newEnvelopeCipher(in.Token, in.AESKey); err != nil {
			return nil, err
		}
	}
	if err := checkCallbackURLs(in.CallbackURL, in.DataURL); err != nil {
		return nil, err
	}
	cfg := AppConfig{
		ID: in.ID, Name: in.Name, Secret: in.Secret, Token: in.Token, AESKey: in.AESKey,
		CallbackURL: in.CallbackURL, DataURL: in.DataURL, RedirectDomain: in.RedirectDomain,
		TrustedDomain: in.TrustedDomain, BusinessSettingURL: in.BusinessSettingURL, HomeURL: in.HomeURL,
		Unpublished: in.Unpublished, Level: in.Level, Permissions: in.Permissions,
		ContactWrite: in.ContactWrite, SensitiveOK: in.SensitiveOK,
	}
	switch in.Kind {
	case "", appKindNames[ThirdPartyApp]:
		return p.NewApp(cfg).doc(), nil
	case appKindNames[Template]:
		return p.NewTemplate(cfg).doc(), nil
	case appKindNames[LoginSuite]:
		return p.NewLoginSuite(cfg).doc(), nil
	}
	return nil, badRequest("kind: want third_party, template or login")
}

// checkCallbackURLs refuses an address that nothing can be pushed to; an empty one
// is none.
func checkCallbackURLs(addresses ...string) error {
	for _, address := range addresses {
		if address == "" {
			continue
		}
		if _, err := (Target{URL: strings.ReplaceAll(address, corpIDPlace, "corpid")}).address(); err != nil {
			return err
		}
	}
	return nil
}

func (p *Platform) controlAppURLs(r *http.Request) (any, error) {
	app, err := p.controlApp(r.PathValue("app"))
	if err != nil {
		return nil, err
	}
	now := app.doc()
	in := struct {
		CallbackURL string `json:"callback_url"`
		DataURL     string `json:"data_url"`
	}{now.CallbackURL, now.DataURL}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	if err := checkCallbackURLs(in.CallbackURL, in.DataURL); err != nil {
		return nil, err
	}
	app.SetCallbackURL(in.CallbackURL)
	app.SetDataURL(in.DataURL)
	return app.doc(), nil
}

func (p *Platform) controlProviderURL(r *http.Request) (any, error) {
	var in struct {
		CallbackURL string `json:"callback_url"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	if err := checkCallbackURLs(in.CallbackURL); err != nil {
		return nil, err
	}
	p.provider.SetCallbackURL(in.CallbackURL)
	return p.provider.doc(), nil
}

func (p *Platform) controlTicket(r *http.Request) (any, error) {
	app, err := p.controlApp(r.PathValue("app"))
	if err != nil {
		return nil, err
	}
	in := struct {
		Push bool `json:"push"`
	}{Push: true}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	if in.Push {
		d, err := app.PushTicket(r.Context())
		return d.doc(), err
	}
	return map[string]string{"suite_ticket": app.IssueTicket()}, nil
}

func (p *Platform) controlVerify(r *http.Request) (any, error) {
	app, err := p.controlApp(r.PathValue("app"))
	if err != nil {
		return nil, err
	}
	var in struct {
		URL string `json:"url"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	target := app.CommandTarget()
	switch in.URL {
	case "", "command":
	case "data":
		target = app.DataTarget()
	default:
		return nil, badRequest("url: want command or data")
	}
	if err := p.VerifyURL(r.Context(), target); err != nil {
		return nil, &controlError{status: http.StatusBadGateway, text: err.Error()}
	}
	return done{OK: true}, nil
}

func (p *Platform) controlNewPackage(r *http.Request) (any, error) {
	var in packageDoc
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	cfg := PackageConfig{TemplateID: in.TemplateID, ContactMigration: in.ContactMigration}
	for _, id := range in.Apps {
		app, err := p.controlApp(id)
		if err != nil {
			return nil, err
		}
		cfg.Apps = append(cfg.Apps, app)
	}
	in.TemplateID = p.NewPackage(cfg).TemplateID
	return in, nil
}

func (p *Platform) controlNewCorp(r *http.Request) (any, error) {
	var in struct {
		Name string `json:"name"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	if in.Name == "" {
		return nil, badRequest("name is missing")
	}
	return p.NewCorp(in.Name).doc(), nil
}

func (p *Platform) controlNewUser(r *http.Request) (any, error) {
	corp, err := p.controlCorp(r.PathValue("corp"))
	if err != nil {
		return nil, err
	}
	var in struct {
		ID          string  `json:"userid"`
		Name        string  `json:"name"`
		Mobile      string  `json:"mobile"`
		Email       string  `json:"email"`
		Role        Role    `json:"role"`
		Departments []int64 `json:"departments"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	if in.Role < 0 || in.Role > RoleMember {
		return nil, badRequest("role: want 1 to 5, as in get_login_info")
	}
	for _, id := range in.Departments {
		if !isDepartmentID(id) {
			return nil, badRequest("departments: want ids from %d (the root) to %d", rootDepartment, int64(largestID))
		}
	}
	return corp.AddUser(User{
		ID: in.ID, Name: in.Name, Mobile: in.Mobile, Email: in.Email, Role: in.Role, Departments: in.Departments,
	}).doc(), nil
}

// appRequest is what the calls about an app in a corp have in common.
type appRequest struct {
	SuiteID string `json:"suite_id"`
}

// corpAndApp reads such a request into in, which has the appRequest inside.
func (p *Platform) corpAndApp(r *http.Request, in any, suite *appRequest) (*Corp, *App, error) {
	corp, err := p.controlCorp(r.PathValue("corp"))
	if err != nil {
		return nil, nil, err
	}
	if err := readControl(r, in); err != nil {
		return nil, nil, err
	}
	app, err := p.controlApp(suite.SuiteID)
	return corp, app, err
}

// member finds a member of the corp; an empty userid is the administrator.
func (c *Corp) member(userID string) (User, error) {
	if userID == "" {
		return c.Admin(), nil
	}
	if u, found := c.User(userID); found {
		return u, nil
	}
	return User{}, notFound("userid: no such member in the corp")
}

func (p *Platform) controlInstall(r *http.Request) (any, error) {
	var in struct {
		appRequest
		State  string `json:"state"`
		UserID string `json:"userid"`
	}
	corp, app, err := p.corpAndApp(r, &in, &in.appRequest)
	if err != nil {
		return nil, err
	}
	opts := []InstallOption{InstallState(in.State)}
	if in.UserID != "" {
		user, err := corp.member(in.UserID)
		if err != nil {
			return nil, err
		}
		opts = append(opts, InstalledBy(user))
	}
	made, err := corp.Install(r.Context(), app, opts...)
	if err != nil {
		return made.Delivery.doc(), err
	}
	return made.doc(), nil
}

func (p *Platform) controlCancel(r *http.Request) (any, error) {
	var in appRequest
	corp, app, err := p.corpAndApp(r, &in, &in)
	if err != nil {
		return nil, err
	}
	d, err := corp.Cancel(r.Context(), app)
	return d.doc(), err
}

func (p *Platform) controlChange(r *http.Request) (any, error) {
	var in struct {
		appRequest
		Users       []string `json:"users"`
		Departments []int64  `json:"departments"`
		Tags        []int64  `json:"tags"`
		Disabled    *bool    `json:"disabled"`
	}
	corp, app, err := p.corpAndApp(r, &in, &in.appRequest)
	if err != nil {
		return nil, err
	}
	var opts []ChangeOption
	if in.Users != nil || in.Departments != nil || in.Tags != nil {
		opts = append(opts, VisibleTo(in.Users, in.Departments), VisibleToTags(in.Tags...))
	}
	if in.Disabled != nil {
		opts = append(opts, Disabled(*in.Disabled))
	}
	d, err := corp.Change(r.Context(), app, opts...)
	return d.doc(), err
}

func (p *Platform) controlResetCode(r *http.Request) (any, error) {
	var in appRequest
	corp, app, err := p.corpAndApp(r, &in, &in)
	if err != nil {
		return nil, err
	}
	made, err := corp.ResetPermanentCode(r.Context(), app)
	if err != nil {
		return made.Delivery.doc(), err
	}
	return made.doc(), nil
}

func (p *Platform) controlMessage(r *http.Request) (any, error) {
	var in struct {
		appRequest
		UserID string `json:"userid"`
		Text   string `json:"text"`
	}
	corp, app, err := p.corpAndApp(r, &in, &in.appRequest)
	if err != nil {
		return nil, err
	}
	user, err := corp.member(in.UserID)
	if err != nil {
		return nil, err
	}
	d, err := corp.SendMessage(r.Context(), user, app, in.Text)
	return d.doc(), err
}
