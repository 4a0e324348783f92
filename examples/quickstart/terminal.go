package main

import (
	"context"
	"errors"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

// terminal asks the person in front of it to do what a customer does.
type terminal struct{ *vendor }

func (t *terminal) patience() time.Duration { return 30 * time.Minute }

func (t *terminal) pushTicket(context.Context) error {
	t.to.line("    … waiting for WeCom, which pushes a ticket every 10 minutes; the console of the app has a button that pushes one now (刷新 Ticket)")
	return nil
}

func (t *terminal) visit(_ context.Context, path string) error {
	where := map[string]string{
		"/install":  "as the administrator of a corp for tests",
		"/login":    "inside the WeCom client, as a member of that corp",
		"/admin":    "as an administrator of that corp, in any browser",
		"/register": "as somebody who has no WeCom corp yet",
	}
	t.to.line("    … please open %s%s %s", t.cfg.PublicURL, path, where[path])
	return nil
}

// agree leaves it to the person, who has been asked by visit.
func (t *terminal) agree(context.Context) error { return nil }

// spoil cannot make WeCom revoke a token: it gives a second client one that WeCom
// never issued.
func (t *terminal) spoil(ctx context.Context, corp *suite.Corp) (*suite.Corp, error) {
	shared := t.app.API().Cache()
	cache := wecom.NewMemoryCache()
	for _, key := range []string{"suite/" + t.app.ID() + "/ticket", "suite/" + t.app.ID() + "/token", "suite/" + t.app.ID() + "/corp/" + corp.ID() + "/code"} {
		token, err := shared.Load(ctx, key)
		if err != nil {
			return nil, err
		}
		if _, err := cache.Save(ctx, key, token); err != nil {
			return nil, err
		}
	}
	bad, err := wecom.NewToken("this-is-not-a-token", 7200)
	if err != nil {
		return nil, err
	}
	if saved, err := cache.Save(ctx, "suite/"+t.app.ID()+"/corp/"+corp.ID()+"/token", bad); err != nil || !saved {
		return nil, errors.Join(errors.New("the cache does not take the token"), err)
	}
	api, err := t.newAPI(wecom.WithTokenCache(cache))
	if err != nil {
		return nil, err
	}
	app, err := suite.New(api, suite.Config{ID: t.cfg.SuiteID, Secret: t.cfg.SuiteSecret})
	if err != nil {
		return nil, err
	}
	return app.Corp(corp.ID()), nil
}

func (t *terminal) cancel(context.Context, string) error {
	t.to.line("    … please remove the app in the admin console of that corp (企业微信管理后台 > 应用管理 > 应用 > 删除)")
	return nil
}
