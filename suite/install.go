package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/wire"
)

// GetPreAuthCodeResponse is the reply of [Client.GetPreAuthCode].
type GetPreAuthCodeResponse struct {
	PreAuthCode wecom.Secret `json:"pre_auth_code"` // at most 512 bytes
	ExpiresIn   int64        `json:"expires_in"`    // seconds, 1200
}

// GetPreAuthCode returns a pre-authorisation code (获取预授权码), one for each
// installation that starts on a page of the provider. [Client.Install] does all
// the steps.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90601
//
//wecom:endpoint GET /cgi-bin/service/get_pre_auth_code
func (a *Client) GetPreAuthCode(ctx context.Context) (*GetPreAuthCodeResponse, error) {
	return invoke[GetPreAuthCodeResponse](ctx, &a.app, wecom.Call{
		Path: "/cgi-bin/service/get_pre_auth_code",
		Safe: true, // a code that nobody uses does no harm
	})
}

// AuthType says for whom an installation is (授权类型). The zero AuthType is none:
// the choice must be made.
type AuthType uint8

// The types of authorisation.
const (
	AuthTypeFormal AuthType = iota + 1 // 正式授权: the app is published
	AuthTypeTest                       // 测试授权: the app is not yet published
)

func (t AuthType) chosen() bool { return t == AuthTypeFormal || t == AuthTypeTest }

var errAuthType = errors.New("suite: AuthType must be AuthTypeFormal or AuthTypeTest")

// MarshalJSON writes the platform's number: 0 formal, 1 test.
func (t AuthType) MarshalJSON() ([]byte, error) {
	switch t {
	case AuthTypeFormal:
		return []byte("0"), nil
	case AuthTypeTest:
		return []byte("1"), nil
	}
	return nil, errAuthType
}

// UnmarshalJSON reads the platform's number.
func (t *AuthType) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "0":
		*t = AuthTypeFormal
	case "1":
		*t = AuthTypeTest
	default:
		return errAuthType
	}
	return nil
}

// SessionInfo is how one installation proceeds.
type SessionInfo struct {
	AppIDs   []int64  `json:"appid,omitzero"` // old multi-app suites only; none means all
	AuthType AuthType `json:"auth_type"`
}

type setSessionInfoBody struct {
	PreAuthCode string      `json:"pre_auth_code"`
	SessionInfo SessionInfo `json:"session_info"`
}

// SetSessionInfo settles how the installation with a pre-authorisation code
// proceeds (设置授权配置): call it before the address with that code is opened. An
// unpublished app needs [AuthTypeTest], a published one [AuthTypeFormal].
//
// Errors: 42007 the code has expired, 40086 an app id is unknown.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90602
//
//wecom:endpoint POST /cgi-bin/service/set_session_info
func (a *Client) SetSessionInfo(ctx context.Context, preAuthCode wecom.Secret, info SessionInfo) error {
	if !info.AuthType.chosen() {
		return errAuthType
	}
	return a.Do(ctx, wecom.Call{
		Path: "/cgi-bin/service/set_session_info",
		Body: setSessionInfoBody{PreAuthCode: preAuthCode.Reveal(), SessionInfo: info},
	}, nil)
}

// InstallRequest says how an installation proceeds.
type InstallRequest struct {
	// RedirectURI is where the administrator comes back to: an absolute address
	// under the app's installation callback domain (安装完成回调域名). It keeps its own
	// query. Required.
	RedirectURI string
	// State comes back with the redirect: a-zA-Z0-9, at most 128 bytes. Make it
	// random, bind it to the browser and check it, or others can plant their
	// corp into a session.
	State string
	// AuthType must be chosen.
	AuthType AuthType
}

// InstallLink is an address that installs the app once.
//
// fmt and log/slog do not show URL, which holds the pre-authorisation code.
type InstallLink struct {
	URL       string
	ExpiresAt time.Time // 20 minutes after it was made
}

// String shows the expiry only.
func (l InstallLink) String() string {
	return "suite.InstallLink(expires " + l.ExpiresAt.Format(time.RFC3339) + ")"
}

// Format hides the address from every verb of fmt.
func (l InstallLink) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.String()) }

// LogValue hides the address from log/slog.
func (l InstallLink) LogValue() slog.Value { return slog.StringValue(l.String()) }

// Install makes the address at which an administrator installs the app:
// pre-authorisation code, session settings, address. Afterwards the browser
// comes to RedirectURI; see [ParseInstalled]. The platform pushes no create_auth
// event for this flow: the redirect is the only carrier of the code.
// [Client.InstallHandler] and [Client.InstalledHandler] do all of it.
//
// The address works only when it is clicked on a page of the installation
// callback domain: the platform checks the Referer, so do not send
// "Referrer-Policy: no-referrer" with that page, and do not redirect to the
// address from elsewhere.
//
// Templates have no install address; see provider.Client.GetCustomizedAuthURL.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90597
func (a *Client) Install(ctx context.Context, req InstallRequest) (InstallLink, error) {
	if !req.AuthType.chosen() {
		return InstallLink{}, errAuthType
	}
	if err := checkInstall(req.RedirectURI, req.State); err != nil {
		return InstallLink{}, err
	}
	pre, err := a.GetPreAuthCode(ctx)
	if err != nil {
		return InstallLink{}, err
	}
	life := wire.Life(pre.ExpiresIn, 20*time.Minute)
	link := InstallLink{ExpiresAt: time.Now().Add(life).Round(0)}
	if err := a.SetSessionInfo(ctx, pre.PreAuthCode, SessionInfo{AuthType: req.AuthType}); err != nil {
		return InstallLink{}, err
	}
	link.URL, err = a.InstallURL(pre.PreAuthCode, req.RedirectURI, req.State)
	if err != nil {
		return InstallLink{}, err
	}
	return link, nil
}

// InstallURL makes the install address from an existing pre-authorisation code;
// [Client.Install] does all the steps. An empty state is left out.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90597
func (a *Client) InstallURL(preAuthCode wecom.Secret, redirectURI, state string) (string, error) {
	if preAuthCode.IsZero() {
		return "", errors.New("suite: install address: the pre-authorisation code is empty")
	}
	if err := checkInstall(redirectURI, state); err != nil {
		return "", err
	}
	u := a.pageURL + "/3rdapp/install?suite_id=" + wire.Escape(a.id) +
		"&pre_auth_code=" + wire.Escape(preAuthCode.Reveal()) +
		"&redirect_uri=" + wire.Escape(redirectURI)
	if state != "" {
		u += "&state=" + state
	}
	return u, nil
}

func checkInstall(redirectURI, state string) error {
	if err := wire.CheckRedirect(redirectURI); err != nil {
		return fmt.Errorf("suite: install address: redirect_uri %w", err)
	}
	if err := wire.CheckState(state, 128); err != nil {
		return fmt.Errorf("suite: install address: %w", err)
	}
	return nil
}

// Errors of [ParseInstalled].
var (
	// ErrInstallRefused says that the browser came back with a state and no
	// code: the administrator did not agree. (That a refusal looks so is not
	// documented.)
	ErrInstallRefused = errors.New("suite: the installation was refused: state without auth_code")
	// ErrNoAuthCode says that the request does not come from the install page: its
	// auth_code is missing or impossible.
	ErrNoAuthCode = errors.New("suite: no auth_code")
)

// Installed is what the browser brings back from the install page.
type Installed struct {
	Code      wecom.AuthCode // for [Client.Authorize]; 64 to 512 bytes, single use
	State     string         // compare it before anything else
	ExpiresIn time.Duration  // of Code; 10 minutes
}

// ParseInstalled reads the query of the redirect that follows an installation:
// r.URL.Query() in a handler. With [ErrInstallRefused] the State is set too.
// Check the State, then call [Client.Authorize].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90597
func ParseInstalled(query url.Values) (Installed, error) {
	const longest = 512
	codes, back := query["auth_code"], Installed{State: query.Get("state")}
	switch {
	case len(codes) > 1 || len(query["state"]) > 1:
		return Installed{}, fmt.Errorf("%w: auth_code or state is given twice", ErrNoAuthCode)
	case len(codes) == 0 || codes[0] == "":
		if back.State != "" {
			return back, ErrInstallRefused
		}
		return Installed{}, ErrNoAuthCode
	case len(codes[0]) > longest:
		return Installed{}, fmt.Errorf("%w: it has %d bytes, more than %d", ErrNoAuthCode, len(codes[0]), longest)
	}
	back.Code, back.ExpiresIn = wecom.AuthCode(codes[0]), 10*time.Minute
	if seconds, err := strconv.ParseInt(query.Get("expires_in"), 10, 32); err == nil && seconds > 0 {
		back.ExpiresIn = time.Duration(seconds) * time.Second
	}
	return back, nil
}

// QRCodeStyle is how an app's QR code looks (二维码样式).
type QRCodeStyle int32

// The styles of QR codes.
const (
	QRCodeFramedPrint  QRCodeStyle = 0 // with a frame, for print
	QRCodeFramedScreen QRCodeStyle = 1 // with a frame, for screens
	QRCodeSmall        QRCodeStyle = 2 // plain, 312 x 384; the default
	QRCodeMedium       QRCodeStyle = 3 // plain, 624 x 768
	QRCodeLarge        QRCodeStyle = 4 // plain, 1996 x 2456
)

// QRCodeResult is the form in which an app's QR code comes.
type QRCodeResult int32

// The forms of QR codes.
const (
	QRCodeImage QRCodeResult = 1 // bytes of a picture; the default
	QRCodeURL   QRCodeResult = 2 // address of a picture
)

// GetAppQRCodeRequest says which QR code of the app is wanted.
type GetAppQRCodeRequest struct {
	AppID      int64        // old multi-app suites only
	State      string       // a-zA-Z0-9, at most 32 bytes; comes back in create_auth and from get_permanent_code
	Style      *QRCodeStyle // nil: QRCodeSmall
	ResultType QRCodeResult // 0: QRCodeImage
}

type getAppQRCodeBody struct {
	SuiteID    string       `json:"suite_id"`
	AppID      int64        `json:"appid,omitzero"`
	State      string       `json:"state,omitzero"`
	Style      *QRCodeStyle `json:"style,omitzero"`
	ResultType QRCodeResult `json:"result_type,omitzero"`
}

// GetAppQRCodeResponse is a QR code that installs the app: a picture, or its address.
type GetAppQRCodeResponse struct {
	URL         string `json:"qrcode,omitzero"` // for [QRCodeURL]; its lifetime is not documented
	Image       []byte `json:"-"`               // for [QRCodeImage]
	ContentType string `json:"-"`               // of Image, image/png
}

// GetAppQRCode returns a QR code with which administrators install the app
// (获取应用二维码). The app must be published. A create_auth event follows each
// installation.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95430
//
//wecom:endpoint POST /cgi-bin/service/get_app_qrcode
func (a *Client) GetAppQRCode(ctx context.Context, req GetAppQRCodeRequest) (*GetAppQRCodeResponse, error) {
	if err := wire.CheckState(req.State, 32); err != nil {
		return nil, fmt.Errorf("suite: GetAppQRCode: %w", err)
	}
	const path = "/cgi-bin/service/get_app_qrcode"
	var raw wecom.RawReply
	err := a.Do(ctx, wecom.Call{
		Path: path,
		Body: getAppQRCodeBody{SuiteID: a.id, AppID: req.AppID, State: req.State, Style: req.Style, ResultType: req.ResultType},
		Safe: true,
	}, &raw)
	if err != nil {
		return nil, err
	}
	code := new(GetAppQRCodeResponse)
	if strings.HasPrefix(raw.ContentType, "image/") {
		code.Image, code.ContentType = raw.Body, raw.ContentType
		return code, nil
	}
	if len(raw.Body) == 0 || raw.Body[0] != '{' {
		// A proxy's page, say.
		return nil, &wecom.Error{Op: path, Status: http.StatusOK, Message: "the reply is neither a picture nor JSON"}
	}
	if err := json.Unmarshal(raw.Body, code); err != nil {
		return nil, fmt.Errorf("suite: %s: %w: reply is not the JSON that was expected: %w", path, wecom.ErrNoReply, err)
	}
	return code, nil
}
