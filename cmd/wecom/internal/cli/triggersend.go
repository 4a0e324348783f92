package cli

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/wecomtest"
)

// sender returns how events are sent: by a platform in this process, or by a
// simulator that runs elsewhere.
func (a *app) sender(c *cobra.Command, t triggering) (send sender, stop func(), err error) {
	stop = func() {}
	switch {
	case t.via != "" && len(t.to) > 0:
		return nil, stop, badUsage(lang.T("--via and --to exclude each other: the simulator knows the URLs", "--via 和 --to 不能同时使用：模拟器知道回调 URL"))
	case t.via != "":
		send, err = a.viaSimulator(c, t)
		return send, stop, err
	case len(t.to) == 0:
		return nil, stop, badUsage(lang.T("--to is needed: the callback URL", "需要 --to：回调 URL"))
	case t.form != "xml" && t.form != "json":
		return nil, stop, badUsage(lang.T("--form is xml or json", "--form 只能是 xml 或 json"))
	case t.tries < 1:
		return nil, stop, badUsage(lang.T("--tries is 1 or more", "--tries 至少为 1"))
	}
	targets, err := a.targets(c, t)
	if err != nil {
		return nil, stop, err
	}
	platform, err := wecomtest.Start(wecomtest.WithoutServer(), wecomtest.WithTries(t.tries))
	if err != nil {
		return nil, stop, err
	}
	return targets.sender(platform), platform.Close, nil
}

// noURLError says that nothing is known of where an event goes. Of a single event
// it is a mistake; among all events it is one to skip.
type noURLError struct{ error }

// Unwrap returns the mistake.
func (e noURLError) Unwrap() error { return e.error }

// targets are the callback URLs with what their events are made of.
type targets struct {
	urls                  map[wecomtest.EventReceiver]string
	token, key            string
	suite, corp, provider string
	receiver, agent       string
	json                  bool
}

func (a *app) targets(c *cobra.Command, f triggering) (*targets, error) {
	t := targets{urls: map[wecomtest.EventReceiver]string{}, receiver: f.receiver, agent: f.agent, json: f.form == "json"}
	for _, to := range f.to {
		kind, address, named := strings.Cut(to, "=")
		switch receiver := map[string]wecomtest.EventReceiver{
			"command": wecomtest.CommandURL, "data": wecomtest.DataURL, "system": wecomtest.SystemEventURL,
		}[kind]; {
		case named && receiver != "":
			t.urls[receiver] = address
		case named && !strings.ContainsAny(kind, ":/"):
			return nil, badUsage(lang.T("--to is a URL, or command=URL, data=URL or system=URL", "--to 应为 URL，或 command=URL、data=URL、system=URL"))
		default:
			for _, receiver := range []wecomtest.EventReceiver{wecomtest.CommandURL, wecomtest.DataURL, wecomtest.SystemEventURL} {
				if t.urls[receiver] == "" {
					t.urls[receiver] = to
				}
			}
		}
	}
	var err error
	if t.token, t.key, err = a.keys(c); err != nil {
		return nil, err
	}
	for _, known := range []struct {
		setting setting
		field   *string
	}{{suiteID, &t.suite}, {authCorp, &t.corp}, {providerCorp, &t.provider}} {
		var err error
		if *known.field, err = a.value(c, known.setting); err != nil {
			return nil, err
		}
	}
	return &t, nil
}

// target returns where e goes. The error says what is missing.
func (t *targets) target(e wecomtest.EventInfo) (wecomtest.Target, error) {
	receiver, missing := t.suite, suiteID
	switch e.Receiver {
	case wecomtest.DataURL:
		receiver, missing = t.corp, authCorp
	case wecomtest.SystemEventURL:
		receiver, missing = t.provider, providerCorp
	case wecomtest.CommandURL:
	}
	if t.receiver != "" {
		receiver = t.receiver
	}
	switch {
	case t.urls[e.Receiver] == "":
		return wecomtest.Target{}, noURLError{badUsage(lang.T("%s goes to a %s: give it with --to", "%s 发往 %s：请用 --to 给出").With(e.ID, string(e.Receiver)))}
	case receiver == "":
		return wecomtest.Target{}, badUsage(lang.T("%s is sealed for an id: set $%s or --%s: %s", "%s 需要接收方 ID：请设置 $%s 或 --%s：%s").With(e.ID, missing.env, missing.flag, missing.what))
	}
	return wecomtest.Target{
		URL:   strings.ReplaceAll(t.urls[e.Receiver], "$CORPID$", receiver),
		Token: t.token, AESKey: t.key, Receiver: receiver, ToUserName: receiver, AgentID: t.agent, JSON: t.json,
	}, nil
}

// known adds the ids of the settings to the fields that were chosen.
func (t *targets) known(e wecomtest.EventInfo, chosen wecomtest.Fields) wecomtest.Fields {
	fields := wecomtest.Fields{}
	for name, value := range map[string]string{"SuiteId": t.suite, "ServiceCorpId": t.provider, "AuthCorpId": t.corp, "ToUserName": t.corp} {
		if value != "" && slices.ContainsFunc(e.Fields, func(f wecomtest.EventField) bool { return f.Path == name && !f.Optional }) {
			fields[name] = value
		}
	}
	maps.Copy(fields, chosen)
	return fields
}

func (t *targets) sender(platform *wecomtest.Platform) sender {
	return func(ctx context.Context, e wecomtest.EventInfo, chosen wecomtest.Fields) (pushed, error) {
		target, err := t.target(e)
		if err != nil {
			return pushed{}, err
		}
		d, err := platform.PushEvent(ctx, target, e.ID, t.known(e, chosen))
		if len(d.Tries) == 0 && err != nil {
			return pushed{}, fieldError(err)
		}
		p := pushed{ID: e.ID, URL: maskAddress(d.URL), Delivered: d.Delivered, DeadlineMS: e.Deadline.Milliseconds()}
		for _, try := range d.Tries {
			doc := tryDoc{Status: try.Status, Body: string(try.Body), Millis: float64(try.Duration) / float64(time.Millisecond)}
			if try.Err != nil {
				doc.Error = try.Err.Error()
			}
			p.Tries = append(p.Tries, doc)
		}
		return p, nil
	}
}

// fieldError turns the complaints about --set and --to into usage errors.
func fieldError(err error) error {
	if e, ok := errors.AsType[*wecomtest.UnknownFieldError](err); ok {
		return didYouMean(lang.T("%s has no field %s", "%s 没有字段 %s").With(e.Event, e.Field), e.Nearest)
	}
	return misuse(lang.T("the event cannot be made", "无法生成事件"), err)
}
