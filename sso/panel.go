package sso

// RedirectType says what a [Panel] does with the code (redirect_type).
type RedirectType string

// What a panel does with the code. With RedirectCallback the script of the page
// gets it in onLoginSuccess and posts it with the state to the vendor's backend,
// which treats them like the code and state of a redirect.
//
// RedirectSelf navigates a frame inside another site's frame; browsers withhold
// the cookie of [States] from that, so use one of the other two with it.
const (
	RedirectTop      RedirectType = "top"      // the whole page goes to redirect_uri; the default
	RedirectCallback RedirectType = "callback" // no navigation
	RedirectSelf     RedirectType = "self"     // only the frame goes to redirect_uri
)

// PanelSize is the size of a [Panel] (panel_size).
type PanelSize string

// The sizes.
const (
	PanelMiddle PanelSize = "middle" // 480 x 416; the default
	PanelSmall  PanelSize = "small"  // 320 x 380
)

// ColorScheme is the colour scheme of a [Panel] (color_scheme).
type ColorScheme string

// The colour schemes.
const (
	ColorLight ColorScheme = "light"
	ColorDark  ColorScheme = "dark"
	ColorAuto  ColorScheme = "auto" // as the browser says
)

// LoginType says which kind of web login a [Panel] is.
type LoginType string

// The kinds of web login.
const (
	LoginServiceApp LoginType = "ServiceApp" // [ServiceLogin]
	LoginCorpApp    LoginType = "CorpApp"    // [CorpLogin]
)

// PanelLook is what a [Panel] looks like and does with the code. The zero
// PanelLook is WeCom's default.
type PanelLook struct {
	RedirectType RedirectType
	PanelSize    PanelSize
	ColorScheme  ColorScheme
}

// Panel is the params object of ww.createWWLoginPanel (Web登录组件) in the package
// @wecom/jssdk, version 2.3.2 or later. Encode it as JSON into the page; unlike in
// an address RedirectURI is plain there, since the component encodes it. Make one
// with [ServiceLogin.Panel] or [CorpLogin.Panel].
//
// The component reports failures to onLoginFail; errCode is a [PageCode]. When it
// calls onOpenInWecom, the page runs inside the client: use [AppOAuth2] or
// [CorpOAuth2] there.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98622
type Panel struct {
	LoginType    LoginType    `json:"login_type"`
	AppID        string       `json:"appid"`
	AgentID      int64        `json:"agentid,string,omitzero"`
	RedirectURI  string       `json:"redirect_uri"`
	State        string       `json:"state,omitzero"`
	RedirectType RedirectType `json:"redirect_type,omitzero"`
	PanelSize    PanelSize    `json:"panel_size,omitzero"`
	Lang         Lang         `json:"lang,omitzero"`
	ColorScheme  ColorScheme  `json:"color_scheme,omitzero"`
}

// Panel returns the parameters of a login panel inside the vendor's page, or a
// [*ParamError].
func (p ServiceLogin) Panel(look PanelLook) (Panel, error) {
	return newPanel(p.builder(), look, Panel{
		LoginType: LoginServiceApp, AppID: p.SuiteID, RedirectURI: p.RedirectURI, State: p.State, Lang: p.Lang,
	})
}

// Panel returns the parameters of a login panel inside the vendor's page, or a
// [*ParamError].
func (p CorpLogin) Panel(look PanelLook) (Panel, error) {
	return newPanel(p.builder(), look, Panel{
		LoginType: LoginCorpApp, AppID: p.CorpID, AgentID: p.AgentID, RedirectURI: p.RedirectURI, State: p.State, Lang: p.Lang,
	})
}

// newPanel fills in the look; b has checked the rest.
func newPanel(b *builder, look PanelLook, panel Panel) (Panel, error) {
	switch look.RedirectType {
	case "", RedirectTop, RedirectCallback, RedirectSelf:
	default:
		b.fail("redirect_type", "must be top, callback or self")
	}
	switch look.PanelSize {
	case "", PanelMiddle, PanelSmall:
	default:
		b.fail("panel_size", "must be middle or small")
	}
	switch look.ColorScheme {
	case "", ColorLight, ColorDark, ColorAuto:
	default:
		b.fail("color_scheme", "must be light, dark or auto")
	}
	if b.err != nil {
		return Panel{}, b.err
	}
	panel.RedirectType, panel.PanelSize, panel.ColorScheme = look.RedirectType, look.PanelSize, look.ColorScheme
	return panel, nil
}
