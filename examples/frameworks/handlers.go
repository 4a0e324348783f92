package main

import (
	"context"
	"net/http"

	"github.com/wecom-isv/wecom/callback"
)

// settings are what the console of WeCom shows for the app.
type settings struct {
	suiteID, providerCorpID, token, aesKey string
}

// handlers are the callback URLs of a vendor. They know nothing of the framework.
type handlers struct {
	command http.Handler // command URL (指令回调URL)
	data    http.Handler // data URL (数据回调URL), with the corp id in the path
}

// corpPath is the name of the path value that holds the corp id.
const corpPath = "corpid"

func newHandlers(s settings, printf func(format string, args ...any)) (handlers, error) {
	var mux callback.Mux
	callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev callback.SuiteTicket) error {
		printf("suite_ticket for %s", ev.SuiteID)
		return nil
	})
	callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev callback.CreateAuth) error {
		printf("a corp has installed %s", ev.SuiteID)
		return nil
	})
	mux.Fallback(func(_ context.Context, env callback.Envelope) error {
		printf("%s from %s", env.Kind, env.UserID)
		return nil
	})

	command, err := callback.NewHandler(callback.Config{
		Token: s.token, AESKey: s.aesKey,
		Receivers: []string{s.suiteID}, VerifyReceivers: []string{s.providerCorpID},
	}, &mux)
	if err != nil {
		return handlers{}, err
	}
	data, err := callback.NewHandler(callback.Config{
		Token: s.token, AESKey: s.aesKey,
		CorpPath: corpPath, VerifyReceivers: []string{s.providerCorpID},
	}, &mux)
	return handlers{command: command, data: data}, err
}
