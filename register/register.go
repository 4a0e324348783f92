package register

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/wire"
	"github.com/wecom-isv/wecom/provider"
)

// Client registers corps on behalf of a provider. It is safe for concurrent use.
type Client struct{ provider *provider.Client }

// Format prints whose registrations they are, with every verb.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "register.Client(%s)", c.provider.CorpID())
}

// New returns a client that registers corps for p.
func New(p *provider.Client) *Client { return &Client{provider: p} }

// GetRegisterCodeRequest says what a registration begins with.
type GetRegisterCodeRequest struct {
	TemplateID  string `json:"template_id"`           // promotion package (推广包ID), at most 128 bytes; required
	CorpName    string `json:"corp_name,omitzero"`    // filled into the form
	AdminName   string `json:"admin_name,omitzero"`   // filled into the form
	AdminMobile string `json:"admin_mobile,omitzero"` // filled into the form
	State       string `json:"state,omitzero"`        // a-zA-Z0-9, at most 128 bytes; comes back in the event and from GetRegisterInfo
	FollowUser  string `json:"follow_user,omitzero"`  // user id of a member of the provider who looks after the customer (跟进人)
}

// GetRegisterCodeResponse is a registration code.
type GetRegisterCodeResponse struct {
	RegisterCode wecom.Secret `json:"register_code"` // at most 512 bytes; the first visit uses it up
	ExpiresIn    int64        `json:"expires_in"`    // seconds, 600 in the documentation
}

// GetRegisterCode makes a registration code (获取注册码). Each call makes another
// one. [Client.Start] also makes the link.
//
// Errors: 84019 TemplateID is missing, 84020 it is unknown, 84025 State is wrong.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90581
//
//wecom:endpoint POST /cgi-bin/service/get_register_code
func (c *Client) GetRegisterCode(ctx context.Context, req GetRegisterCodeRequest) (*GetRegisterCodeResponse, error) {
	const longest = 128
	switch {
	case req.TemplateID == "":
		return nil, errors.New("register: TemplateID is missing: the id of the promotion package (推广包) from the provider console")
	case len(req.TemplateID) > longest:
		return nil, fmt.Errorf("register: TemplateID has more than %d bytes", longest)
	}
	if err := wire.CheckState(req.State, longest); err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	r := new(GetRegisterCodeResponse)
	if err := c.provider.Do(ctx, wecom.Call{Path: "/cgi-bin/service/get_register_code", Body: req}, r); err != nil {
		return nil, err
	}
	return r, nil
}

// Link is an address at which one corp registers.
//
// fmt and log/slog do not show URL and Code.
type Link struct {
	URL       string
	Code      wecom.Secret // for [Client.GetRegisterInfo]
	ExpiresAt time.Time    // 10 minutes after it was made, and the first visit ends it
}

// String shows the expiry only.
func (l Link) String() string {
	return "register.Link(expires " + l.ExpiresAt.Format(time.RFC3339) + ")"
}

// Format hides the address from every verb of fmt.
func (l Link) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.String()) }

// LogValue hides the address from log/slog.
func (l Link) LogValue() slog.Value { return slog.StringValue(l.String()) }

// Start makes a registration code and its link. Open the link in a new tab and
// keep the old page waiting: the browser does not come back. The result is the
// event [callback.RegisterCorp] or, if the corp existed already,
// [callback.EnterRegisterPackage]; if neither arrives, ask with
// [Client.GetRegisterInfo].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90578
func (c *Client) Start(ctx context.Context, req GetRegisterCodeRequest) (Link, error) {
	r, err := c.GetRegisterCode(ctx, req)
	if err != nil {
		return Link{}, err
	}
	if r.RegisterCode.IsZero() {
		return Link{}, errors.New("register: the platform answered without a registration code")
	}
	life := wire.Life(r.ExpiresIn, 10*time.Minute)
	return Link{URL: c.Link(r.RegisterCode), Code: r.RegisterCode, ExpiresAt: time.Now().Add(life).Round(0)}, nil
}

// Link returns the address at which a corp registers with code.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90578
func (c *Client) Link(code wecom.Secret) string {
	return c.provider.PageURL() + "/3rdservice/wework/register?register_code=" + wire.Escape(code.Reveal())
}

// ErrPending says that the platform has no registration on record for a code
// (84024): it is not finished yet, or it finished more than 24 hours ago, or the
// corp existed already. Ask again until a deadline of your own.
var ErrPending = errors.New("register: no registration on record yet")

// GetRegisterInfoResponse is a finished registration.
type GetRegisterInfoResponse struct {
	CorpID string `json:"corpid"` // the new corp
	// ContactSync is set if the package migrates contacts (通讯录迁移); see
	// [Client.FromInfo].
	ContactSync  ContactSync `json:"contact_sync,omitzero"`
	AuthUserInfo User        `json:"auth_user_info,omitzero"` // the administrator who registered
	State        string      `json:"state,omitzero"`          // if the code was made with one
	TemplateID   string      `json:"template_id"`

	at time.Time // when the reply arrived
}

// ContactSync is the right to fill the contacts of a new corp.
type ContactSync struct {
	AccessToken wecom.Secret `json:"access_token"` // full right to read and write contacts
	ExpiresIn   int64        `json:"expires_in"`   // seconds, 1800 in the documentation
}

// User is a member.
type User struct {
	UserID string `json:"userid"`
}

type getRegisterInfoBody struct {
	RegisterCode string `json:"register_code"`
}

// GetRegisterInfo asks what became of a registration code (查询注册状态), for when the
// event was lost. A code can be asked for during 24 hours.
//
// Errors: [ErrPending] as long as there is nothing on record; 84022 the code is
// wrong ([wecom.ErrCodeRejected]).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90582
//
//wecom:endpoint POST /cgi-bin/service/get_register_info
func (c *Client) GetRegisterInfo(ctx context.Context, code wecom.Secret) (*GetRegisterInfoResponse, error) {
	if code.IsZero() {
		return nil, errors.New("register: GetRegisterInfo: the registration code is empty")
	}
	r := new(GetRegisterInfoResponse)
	err := c.provider.Do(ctx, wecom.Call{
		Path: "/cgi-bin/service/get_register_info",
		Body: getRegisterInfoBody{RegisterCode: code.Reveal()},
		Safe: true,
	}, r)
	if errors.Is(err, wecom.Code(84024)) {
		return nil, fmt.Errorf("%w: %w", ErrPending, err)
	}
	if err != nil {
		return nil, err
	}
	r.at = time.Now()
	return r, nil
}
