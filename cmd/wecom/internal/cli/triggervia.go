package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/wecomtest"
)

// loginKind is how the control API calls a login authorisation (登录授权).
const loginKind = "login"

// viaSimulator lets a running simulator send the events.
type viaSimulator struct {
	control     *controlClient
	suite, corp string // "": not chosen
	all         bool
	state       *simulatedState // nil: not asked yet
}

func (a *app) viaSimulator(c *cobra.Command, t triggering) (sender, error) {
	control, err := newControlClient(t.via)
	if err != nil {
		return nil, misuse(lang.Both("--via"), err)
	}
	v := viaSimulator{control: control, all: t.all}
	if v.suite, err = a.value(c, suiteID); err != nil {
		return nil, err
	}
	if v.corp, err = a.value(c, authCorp); err != nil {
		return nil, err
	}
	return v.send, nil
}

func (v *viaSimulator) send(ctx context.Context, e wecomtest.EventInfo, fields wecomtest.Fields) (pushed, error) {
	suite, err := v.owner(ctx, e)
	if err != nil {
		return pushed{}, err
	}
	request := map[string]any{"id": e.ID, "suite_id": suite, "corp": v.corp, "fields": fields}
	if e.ID == "suite:suite_ticket" {
		delete(request, "corp") // it concerns none; so the simulator makes one that works
	}
	var d deliveryDoc
	failure, err := v.control.post(ctx, "events", request, &d)
	if err != nil && (failure == nil || failure.Delivery == nil) {
		return pushed{}, unable(err, "the simulator did not send "+e.ID, "模拟器没有发送 "+e.ID)
	}
	if failure != nil {
		d = *failure.Delivery
	}
	return pushed{ID: e.ID, URL: maskAddress(d.URL), Delivered: d.Delivered, DeadlineMS: e.Deadline.Milliseconds(), Tries: d.Tries}, nil
}

// owner is the id of the app that e is sent for: the chosen one, else the only one
// that fits. The provider's own events need none.
func (v *viaSimulator) owner(ctx context.Context, e wecomtest.EventInfo) (string, error) {
	ofProvider := e.Receiver == wecomtest.SystemEventURL
	if !v.all && (v.suite != "" || ofProvider) {
		return v.suite, nil // the simulator says what is wrong with it
	}
	if v.state == nil {
		state, err := v.control.state(ctx)
		if err != nil {
			return "", unable(err, "the simulator does not say which apps it has", "无法从模拟器读取应用列表")
		}
		v.state = state
	}
	switch {
	case ofProvider && v.state.Provider.CallbackURL == "":
		return "", noURLOf(e)
	case ofProvider:
		return v.suite, nil
	case v.suite != "":
		chosen := slices.IndexFunc(v.state.Apps, func(app simulatedApp) bool { return app.ID == v.suite })
		if chosen >= 0 && v.state.Apps[chosen].url(e.Receiver) == "" {
			return "", noURLOf(e)
		}
		return v.suite, nil
	}
	return v.state.onlyApp(e)
}

// onlyApp is the id of the one app that has the URL which e goes to. A login
// authorisation beside an app is passed over.
func (s *simulatedState) onlyApp(e wecomtest.EventInfo) (string, error) {
	var apps, logins []string
	for _, app := range s.Apps {
		switch {
		case app.url(e.Receiver) == "":
		case app.Kind == loginKind:
			logins = append(logins, app.ID)
		default:
			apps = append(apps, app.ID)
		}
	}
	if len(apps) == 0 {
		apps = logins
	}
	switch len(apps) {
	case 0:
		return "", noURLOf(e)
	case 1:
		return apps[0], nil
	}
	return "", badUsage(lang.T("set $%s or --%s: the event goes to one app, and these fit: %s", "请设置 $%s 或 --%s：该事件发给某个应用，可选：%s").
		With(suiteID.env, suiteID.flag, strings.Join(apps, " ")))
}

func (a simulatedApp) url(receiver wecomtest.EventReceiver) string {
	if receiver == wecomtest.DataURL {
		return a.DataURL
	}
	return a.CallbackURL
}

func noURLOf(e wecomtest.EventInfo) error {
	return noURLError{badUsage(lang.T("%s goes to a %s, and the simulator knows none: set it there", "%s 发往 %s，而模拟器中没有设置：请先设置").
		With(e.ID, string(e.Receiver)))}
}
