package cli

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/catalog"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/tokenfile"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/suite"
)

// credentials knows everything that calls are paid with: what the settings say,
// and what earlier runs have left in the token file.
type credentials struct {
	app   *app
	cmd   *cobra.Command
	api   *wecom.Client
	cache *tokenfile.Cache
	base  string // of the API; "": the public one

	suite suiteClient // nil until asked for
	given bool        // the ticket was given by the person
}

// suiteClient is what a third-party app and a template have in common.
type suiteClient interface {
	wecom.TokenSource
	ID() string
	Corp(corpID string) *suite.Corp
	SaveTicket(ctx context.Context, ticket wecom.Secret, at time.Time) error
}

func (a *app) credentials(c *cobra.Command, store string) (*credentials, error) {
	base, err := a.value(c, baseURL)
	if err != nil {
		return nil, err
	}
	if store == "" {
		if store, err = a.storePath(base); err != nil {
			return nil, err
		}
	}
	cache, err := tokenfile.Open(store)
	if errors.Is(err, tokenfile.ErrPermissions) {
		return nil, badUsage(lang.T("others can read the token file %s: run chmod 600 on it, or delete it if they may have read it",
			"其他用户可以读取凭证文件 %s：请执行 chmod 600；若可能已泄露，请删除它").With(store))
	}
	if errors.Is(err, tokenfile.ErrNotRegular) {
		return nil, badUsage(lang.T("the token file %s is a directory, a link or a device: name a file", "凭证文件 %s 是目录、链接或设备：请指定普通文件").With(store))
	}
	if err != nil {
		return nil, unable(err, "the token file cannot be used", "凭证文件无法使用")
	}
	api, err := a.client(c, wecom.WithTokenCache(cache))
	if err != nil {
		return nil, err
	}
	return &credentials{app: a, cmd: c, api: api, cache: cache, base: base}, nil
}

// storePath returns the token file of a platform: tokens of the simulator are of
// no use to the real one.
func (a *app) storePath(base string) (string, error) {
	dir, err := a.ConfigDir()
	if err != nil {
		return "", unable(err, "there is no directory for the token file: name one with --store", "找不到存放凭证文件的目录：请用 --store 指定")
	}
	name := "tokens.json"
	if u, err := url.Parse(base); base != "" && err == nil {
		name = "tokens-" + strings.NewReplacer(":", "_", "/", "_").Replace(u.Host+strings.TrimRight(u.Path, "/")) + ".json"
	}
	return filepath.Join(dir, "wecom", name), nil
}

// auth returns the credential that the endpoint takes.
func (s *credentials) auth(ctx context.Context, e *catalog.Endpoint) (wecom.Auth, error) {
	if e.Credential == "none" {
		return wecom.Auth{}, nil
	}
	source, err := s.source(ctx, e.Credential)
	return wecom.Auth{Source: source, Param: e.CredentialParam}, err
}

func (s *credentials) source(ctx context.Context, credential string) (wecom.TokenSource, error) {
	switch credential {
	case wecom.ParamProviderAccessToken:
		return s.provider()
	case wecom.ParamSuiteAccessToken:
		return s.suiteWithTicket(ctx)
	}
	token, err := s.app.value(s.cmd, accessToken)
	if err != nil {
		return nil, err
	}
	if token != "" {
		return wecom.TokenFunc(func(context.Context) (wecom.Token, error) { return wecom.Token{Value: token}, nil }), nil
	}
	return s.corp(ctx)
}

// corp returns the app in the corp of the settings.
func (s *credentials) corp(ctx context.Context) (wecom.TokenSource, error) {
	corpID, err := s.app.need(s.cmd, authCorp)
	if err != nil {
		return nil, err
	}
	client, err := s.suiteWithTicket(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.saveGivenCode(ctx, client.ID(), corpID); err != nil {
		return nil, err
	}
	return client.Corp(corpID), nil
}

func (s *credentials) provider() (wecom.TokenSource, error) {
	id, err := s.app.need(s.cmd, providerCorp)
	if err != nil {
		return nil, err
	}
	secret, err := s.app.need(s.cmd, providerSecret)
	if err != nil {
		return nil, err
	}
	client, err := provider.New(s.api, provider.Config{CorpID: id, Secret: secret})
	if err != nil {
		return nil, misuse(lang.T("the settings of the provider", "服务商设置"), err)
	}
	return client, nil
}

// client returns the app that the settings name.
func (s *credentials) client() (suiteClient, error) {
	if s.suite != nil {
		return s.suite, nil
	}
	id, err := s.app.need(s.cmd, suiteID)
	if err != nil {
		return nil, err
	}
	secret, err := s.app.need(s.cmd, suiteSecret)
	if err != nil {
		return nil, err
	}
	cfg := suite.Config{ID: id, Secret: secret}
	if strings.HasPrefix(id, "dk") {
		s.suite, err = suite.NewTemplate(s.api, cfg)
	} else {
		s.suite, err = suite.New(s.api, cfg)
	}
	if err != nil {
		s.suite = nil
		return nil, misuse(lang.T("the settings of the app", "应用设置"), err)
	}
	return s.suite, nil
}

func (s *credentials) suiteWithTicket(ctx context.Context) (suiteClient, error) {
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	_, err = s.ticket(ctx)
	return client, err
}

// ticket returns a suite_ticket, and keeps it for the calls that follow: the one
// that was given, the one that is kept, or one of the simulator. None is no error
// here: while the suite_access_token lives none is needed.
func (s *credentials) ticket(ctx context.Context) (string, error) {
	if _, err := s.client(); err != nil {
		return "", err
	}
	ticket, err := s.app.value(s.cmd, suiteTicket)
	if err != nil {
		return "", err
	}
	kept, err := s.cache.Load(ctx, s.ticketKey())
	switch {
	case err != nil && !errors.Is(err, wecom.ErrNotCached):
		return "", unable(err, "the token file cannot be used", "凭证文件无法使用")
	case ticket != "" && ticket == kept.Value:
		s.given = true
		return ticket, nil
	case ticket != "":
		s.given = true
		return ticket, s.saveTicket(ctx, ticket)
	case err == nil:
		return kept.Value, nil
	}
	return s.simulatedTicket(ctx)
}

// simulatedTicket asks the simulator for a ticket; "" if the platform is none.
func (s *credentials) simulatedTicket(ctx context.Context) (string, error) {
	if s.base == "" || s.base == wecom.DefaultBaseURL {
		return "", nil
	}
	control, err := newControlClient(s.base)
	if err != nil {
		return "", nil //nolint:nilerr // Not a simulator: wecom.ErrNoTicket will say what to do.
	}
	ticket, err := control.ticket(ctx, s.suite.ID())
	if err != nil {
		return "", nil //nolint:nilerr // As above.
	}
	return ticket, s.saveTicket(ctx, ticket)
}

// ticketKey is where package suite keeps the ticket.
func (s *credentials) ticketKey() string { return "suite/" + s.suite.ID() + "/ticket" }

// saveTicket keeps a ticket in place of the one that is kept, also within the
// second in which that one came.
func (s *credentials) saveTicket(ctx context.Context, ticket string) error {
	at := time.Now()
	if kept, err := s.cache.Load(ctx, s.ticketKey()); err == nil {
		at = time.Unix(max(at.Unix(), kept.Version+1), 0)
	}
	if err := s.suite.SaveTicket(ctx, wecom.NewSecret(ticket), at); err != nil {
		return unable(err, "the suite_ticket cannot be kept", "suite_ticket 无法保存")
	}
	return nil
}

// renewTicket gets another ticket of the simulator after the kept one was refused,
// as it is when the simulator was started anew, and reports whether to try again.
func (s *credentials) renewTicket(ctx context.Context, err error) bool {
	if !errors.Is(err, wecom.ErrTicketRejected) || s.suite == nil || s.given {
		return false
	}
	ticket, err := s.simulatedTicket(ctx)
	return err == nil && ticket != ""
}

// saveGivenCode keeps a permanent code that the settings name.
func (s *credentials) saveGivenCode(ctx context.Context, suiteID, corpID string) error {
	code, err := s.app.value(s.cmd, permanentCode)
	if err != nil || code == "" {
		return err
	}
	codes := suite.NewCacheCodes(s.cache)
	if kept, err := codes.LoadCode(ctx, suiteID, corpID); err == nil && kept.Code.Reveal() == code {
		return nil
	}
	record := suite.PermanentCode{SuiteID: suiteID, CorpID: corpID, Code: wecom.NewSecret(code), At: time.Now()}
	if err := codes.SaveCode(ctx, record); err != nil {
		return unable(err, "the permanent code cannot be kept", "永久授权码无法保存")
	}
	return nil
}

// fill adds the required fields that the settings know.
func (s *credentials) fill(ctx context.Context, e *catalog.Endpoint, body map[string]any, query url.Values) error {
	for _, field := range e.Body {
		if _, there := body[field.Name]; there || !field.Required || field.Type != "string" {
			continue
		}
		value, err := s.known(ctx, e, field.Name)
		if err != nil {
			return err
		}
		if value != "" {
			body[field.Name] = value
		}
	}
	for _, field := range e.Query {
		if query.Has(field.Name) || !field.Required {
			continue
		}
		value, err := s.known(ctx, e, field.Name)
		if err != nil {
			return err
		}
		if value != "" {
			query.Set(field.Name, value)
		}
	}
	return nil
}

// known returns the value of a field that stands for a setting, "" for others.
func (s *credentials) known(ctx context.Context, e *catalog.Endpoint, name string) (string, error) {
	switch name {
	case "suite_id":
		return s.app.need(s.cmd, suiteID)
	case "suite_secret":
		return s.app.need(s.cmd, suiteSecret)
	case "suite_ticket":
		return s.ticket(ctx)
	case "provider_secret":
		return s.app.need(s.cmd, providerSecret)
	case "auth_corpid":
		return s.app.need(s.cmd, authCorp)
	case "permanent_code", "corpsecret":
		return s.code(ctx)
	case "corpid":
		switch e.Path {
		case "/cgi-bin/service/get_provider_token":
			return s.app.need(s.cmd, providerCorp)
		case "/cgi-bin/gettoken":
			return s.app.need(s.cmd, authCorp)
		}
	}
	return "", nil
}

// code returns the permanent code of the app in the corp of the settings.
func (s *credentials) code(ctx context.Context) (string, error) {
	client, err := s.client()
	if err != nil {
		return "", err
	}
	corpID, err := s.app.need(s.cmd, authCorp)
	if err != nil {
		return "", err
	}
	if err := s.saveGivenCode(ctx, client.ID(), corpID); err != nil {
		return "", err
	}
	kept, err := suite.NewCacheCodes(s.cache).LoadCode(ctx, client.ID(), corpID)
	if errors.Is(err, suite.ErrNoCode) {
		return "", noCode(corpID)
	}
	if err != nil {
		return "", unable(err, "the token file cannot be used", "凭证文件无法使用")
	}
	return kept.Code.Reveal(), nil
}

// noCode says what to do without a permanent code.
func noCode(corpID string) error {
	return badUsage(lang.T("no permanent code is kept for %s: set $%s, or get one with wecom call suite.get_permanent_code_v2",
		"没有保存 %s 的永久授权码：请设置 $%s，或用 wecom call suite.get_permanent_code_v2 换取").With(corpID, permanentCode.env))
}

// explained says what to do if a call failed for want of something that the
// settings may give.
func (s *credentials) explained(err error) error {
	switch {
	case errors.Is(err, suite.ErrNoCode):
		corpID, err := s.app.value(s.cmd, authCorp)
		if err != nil {
			return err
		}
		return noCode(corpID)
	case errors.Is(err, wecom.ErrNoTicket):
		return &lang.Error{Text: lang.T("no suite_ticket yet: set $%s to the newest one; WeCom pushes one every 10 minutes, and the console can push one at once",
			"还没有 suite_ticket：请将 $%s 设为最新的值；企业微信每 10 分钟推送一次，也可以在后台手动推送").With(suiteTicket.env)}
	}
	return err
}

// keep saves a permanent code out of a reply: it cannot be fetched twice.
func (s *credentials) keep(ctx context.Context, e *catalog.Endpoint, r reply) error {
	if !strings.HasSuffix(e.Path, "/get_permanent_code") {
		return nil
	}
	var got struct {
		Code wecom.Secret `json:"permanent_code"`
		Corp struct {
			ID string `json:"corpid"`
		} `json:"auth_corp_info"`
	}
	if err := json.Unmarshal(r.json, &got); err != nil || got.Code.IsZero() || got.Corp.ID == "" {
		return unable(errors.New(e.Path), "the reply has no permanent code", "应答中没有永久授权码")
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	record := suite.PermanentCode{SuiteID: client.ID(), CorpID: got.Corp.ID, Code: got.Code, At: time.Now()}
	if err := suite.NewCacheCodes(s.cache).SaveCode(ctx, record); err != nil {
		return unable(err, "the permanent code cannot be kept", "永久授权码无法保存")
	}
	s.app.notef(s.app.t("the permanent code of %s is kept in %s", "%s 的永久授权码已保存在 %s"), printable(got.Corp.ID), s.cache.Path())
	return nil
}
