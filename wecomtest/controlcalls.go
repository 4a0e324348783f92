package wecomtest

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// controlRoutes are the calls of the control API, below its prefix.
func (p *Platform) controlRoutes() []controlRoute {
	return []controlRoute{
		{"POST apps", "make an app: kind third_party (default), template or login; id, name, secret, token, aes_key, callback_url, data_url, ...", p.controlNewApp},
		{"PUT apps/{app}/urls", "set callback_url and data_url of an app", p.controlAppURLs},
		{"PUT provider/url", "set callback_url, the system-event URL", p.controlProviderURL},
		{"POST apps/{app}/ticket", "push a suite_ticket; push false: only make one", p.controlTicket},
		{"POST apps/{app}/verify", "verify the callback URL, or with url data the data URL", p.controlVerify},
		{"POST packages", "make a promotion package: template_id, apps, contact_migration", p.controlNewPackage},
		{"POST corps", "make a corp: name", p.controlNewCorp},
		{"POST corps/{corp}/users", "add a member: userid, name, mobile, email, role, departments", p.controlNewUser},
		{"POST corps/{corp}/install", "install an app: suite_id, state, userid (a member instead of the administrator)", p.controlInstall},
		{"POST corps/{corp}/cancel", "remove an app: suite_id", p.controlCancel},
		{"POST corps/{corp}/change", "change an authorisation: suite_id, users, departments, tags, disabled", p.controlChange},
		{"POST corps/{corp}/reset_permanent_code", "reset the secret of a customised app: suite_id", p.controlResetCode},
		{"POST corps/{corp}/message", "a member writes to an app: suite_id, userid, text", p.controlMessage},
		{"GET events", "the events that can be pushed", p.controlEvents},
		{"POST events", "push an event: id, fields, suite_id, corp, or url with token, aes_key, receiver", p.controlPush},
		{"POST tokens/expire", "let tokens expire: value, or kinds (none: all)", p.controlExpire},
		{"POST tokens/revoke", "end tokens before their time: value, or kinds (none: all)", p.controlRevoke},
		{"POST clock", "move the clock forward: advance, such as 2h", p.controlClock},
		{"POST faults", "let calls fail: path, times, skip, code, message, status, drop_request, drop_reply, cut_json, latency", p.controlFault},
		{"DELETE faults", "end all faults", p.controlNoFaults},
		{"PUT ips", "set the source addresses that may call the API: allow (none: all)", p.controlIPs},
		{"PUT limits", "set rate limits: documented true, or limits of per_minute, per_hour, ip_per_minute, ip_per_hour, concurrent, paths, except (none: no limit)", p.controlLimits},
		{"GET calls", "recorded requests; ?path= and ?limit= (newest)", p.controlCalls},
		{"GET deliveries", "pushes; ?kind= and ?limit= (newest)", p.controlDeliveries},
		{"GET messages", "messages that apps have sent; ?limit= (newest)", p.controlMessages},
		{"POST reset", "forget requests, pushes, messages and faults", p.controlReset},
	}
}

// done is the result of a call that has none.
type done struct {
	OK bool `json:"ok"`
}

func (p *Platform) controlEvents(*http.Request) (any, error) {
	return map[string]any{"events": docsOf(Events(), EventInfo.doc)}, nil
}

func (p *Platform) controlPush(r *http.Request) (any, error) {
	var in struct {
		appRequest
		ID       string `json:"id"`
		Corp     string `json:"corp"`
		Fields   Fields `json:"fields"`
		URL      string `json:"url"`
		Token    string `json:"token"`
		AESKey   string `json:"aes_key"`
		Receiver string `json:"receiver"`
		AgentID  string `json:"agentid"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	if in.URL != "" {
		target := Target{URL: in.URL, Token: in.Token, AESKey: in.AESKey, Receiver: in.Receiver, ToUserName: in.Receiver, AgentID: in.AgentID}
		d, err := p.PushEvent(r.Context(), target, in.ID, in.Fields)
		return d.doc(), err
	}
	push, err := p.eventPusher(in.SuiteID, in.Corp)
	if err != nil {
		return nil, err
	}
	d, err := push(r, in.ID, in.Fields)
	return d.doc(), err
}

// eventPusher chooses whose event it is: of a corp, of an app, or the provider's.
func (p *Platform) eventPusher(suiteID, corpName string) (func(*http.Request, string, Fields) (Delivery, error), error) {
	var app *App
	if suiteID != "" {
		var err error
		if app, err = p.controlApp(suiteID); err != nil {
			return nil, err
		}
	}
	if corpName != "" {
		corp, err := p.controlCorp(corpName)
		return func(r *http.Request, id string, fields Fields) (Delivery, error) {
			return corp.PushEvent(r.Context(), app, id, fields)
		}, err
	}
	return func(r *http.Request, id string, fields Fields) (Delivery, error) {
		if app != nil {
			return app.PushEvent(r.Context(), id, fields)
		}
		return p.provider.PushEvent(r.Context(), id, fields)
	}, nil
}

// tokenRequest names one token or kinds of tokens.
type tokenRequest struct {
	Value string   `json:"value"`
	Kinds []string `json:"kinds"`
}

func endTokens(r *http.Request, one func(string), all func(...TokenKind)) (any, error) {
	var in tokenRequest
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	kinds, err := tokenKinds(in.Kinds)
	switch {
	case err != nil:
		return nil, err
	case in.Value != "" && len(kinds) > 0:
		return nil, badRequest("value and kinds exclude each other")
	case in.Value != "":
		one(in.Value)
	default:
		all(kinds...)
	}
	return done{OK: true}, nil
}

func (p *Platform) controlExpire(r *http.Request) (any, error) {
	return endTokens(r, p.Expire, p.ExpireAll)
}

func (p *Platform) controlRevoke(r *http.Request) (any, error) {
	return endTokens(r, p.Revoke, p.RevokeAll)
}

func (p *Platform) controlClock(r *http.Request) (any, error) {
	var in struct {
		Advance string `json:"advance"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(in.Advance)
	if err != nil || d < 0 {
		return nil, badRequest("advance: want a duration such as 2h; the clock goes forward only")
	}
	p.Advance(d)
	return map[string]time.Time{"now": p.Now()}, nil
}

func (p *Platform) controlFault(r *http.Request) (any, error) {
	var in faultDoc
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	f, err := in.fault()
	if err != nil {
		return nil, err
	}
	p.Inject(f)
	return map[string]any{"faults": docsOf(p.Faults(), faultDocOf)}, nil
}

func (p *Platform) controlNoFaults(*http.Request) (any, error) {
	p.EndFaults()
	return done{OK: true}, nil
}

func (p *Platform) controlIPs(r *http.Request) (any, error) {
	var in struct {
		Allow []string `json:"allow"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	p.AllowIPs(in.Allow...)
	return done{OK: true}, nil
}

func (p *Platform) controlLimits(r *http.Request) (any, error) {
	var in struct {
		Documented bool       `json:"documented"`
		Limits     []limitDoc `json:"limits"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	limits := docsOf(in.Limits, func(d limitDoc) RateLimit { return RateLimit(d) })
	if in.Documented {
		limits = append(limits, DocumentedRateLimits())
	}
	return done{OK: true}, p.SetRateLimits(limits...)
}

func (p *Platform) controlCalls(r *http.Request) (any, error) {
	var paths []string
	if path := r.URL.Query().Get("path"); path != "" {
		paths = []string{path}
	}
	calls, err := newest(r, p.Calls(paths...))
	return map[string]any{"calls": docsOf(calls, RecordedCall.doc)}, err
}

func (p *Platform) controlDeliveries(r *http.Request) (any, error) {
	kind := r.URL.Query().Get("kind")
	all := slices.DeleteFunc(p.Deliveries(), func(d Delivery) bool { return kind != "" && d.Kind != kind })
	all, err := newest(r, all)
	return map[string]any{"deliveries": docsOf(all, Delivery.doc)}, err
}

func (p *Platform) controlMessages(r *http.Request) (any, error) {
	all, err := newest(r, p.Messages())
	return map[string]any{"messages": docsOf(all, Message.doc)}, err
}

// newest keeps the newest ?limit= entries.
func newest[T any](r *http.Request, all []T) ([]T, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return all, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 {
		return nil, badRequest("limit: want a positive number")
	}
	return all[max(0, len(all)-limit):], nil
}

func (p *Platform) controlReset(*http.Request) (any, error) {
	p.Reset()
	return done{OK: true}, nil
}
