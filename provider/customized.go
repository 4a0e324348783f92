package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/wire"
)

// GetCustomizedAuthURLRequest says which templates a link offers.
type GetCustomizedAuthURLRequest struct {
	// State comes back in create_auth and from get_permanent_code: a-zA-Z0-9, at
	// most 32 bytes. Required.
	State string `json:"state"`
	// TemplateIDs are 1 to 9 ids of published templates (dk…). Required.
	TemplateIDs []string `json:"templateid_list"`
}

// GetCustomizedAuthURLResponse is a link at which a corp authorises templates.
type GetCustomizedAuthURLResponse struct {
	QRCodeURL string `json:"qrcode_url"` // draw it as a QR code, unchanged
	ExpiresIn int64  `json:"expires_in"` // seconds, 864000
}

// GetCustomizedAuthURL makes a link, to be shown as a QR code, at which corps
// authorise templates of customised apps (获取带参授权链接). Many corps may use it, each
// once for each template; a create_auth event follows for each.
//
// Errors: 842002 template not published, 842003 not a template, 842004 wrong
// number of templates, 842005 kind of app not supported, 842006 the corp has
// authorised it already, 84025 wrong state.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98744
//
//wecom:endpoint POST /cgi-bin/service/get_customized_auth_url
func (c *Client) GetCustomizedAuthURL(ctx context.Context, req GetCustomizedAuthURLRequest) (*GetCustomizedAuthURLResponse, error) {
	const longestState, mostTemplates = 32, 9
	if req.State == "" {
		return nil, errors.New("provider: GetCustomizedAuthURL: State is missing")
	}
	if err := wire.CheckState(req.State, longestState); err != nil {
		return nil, fmt.Errorf("provider: GetCustomizedAuthURL: %w", err)
	}
	if n := len(req.TemplateIDs); n == 0 || n > mostTemplates {
		return nil, fmt.Errorf("provider: GetCustomizedAuthURL: TemplateIDs has %d entries: 1 to %d are allowed", n, mostTemplates)
	}
	return invoke[GetCustomizedAuthURLResponse](ctx, c, wecom.Call{Path: "/cgi-bin/service/get_customized_auth_url", Body: req})
}
