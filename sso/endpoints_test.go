package sso_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/apitest"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
)

// onApp is a call of a third-party app that has its ticket.
func onApp[T any](call func(ctx context.Context, app *sso.App) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return func(ctx context.Context, api *wecom.Client) (any, error) {
		app, err := suite.New(api, suite.Config{ID: "wwApp", Secret: "secret"})
		if err != nil {
			return nil, err
		}
		if err := app.SaveTicket(ctx, wecom.NewSecret("ticket"), time.Now()); err != nil {
			return nil, err
		}
		return call(ctx, sso.NewApp(app))
	}
}

// onCorpApp is a call of a customised app in a corp that has authorised it.
func onCorpApp[T any](call func(ctx context.Context, app *sso.CorpApp) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return func(ctx context.Context, api *wecom.Client) (any, error) {
		template, err := suite.NewTemplate(api, suite.Config{ID: "dkTemplate", Secret: "secret"})
		if err != nil {
			return nil, err
		}
		record := suite.PermanentCode{SuiteID: template.ID(), CorpID: "wpCorp", Code: wecom.NewSecret("permanent"), At: time.Now()}
		if err := suite.NewCacheCodes(api.Cache()).SaveCode(ctx, record); err != nil {
			return nil, err
		}
		return call(ctx, sso.NewCorpApp(template.Corp("wpCorp")))
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	// The codes are sent as they are, whatever they hold.
	code := url.Values{"code": {"CODE&+/="}}
	jsCode := url.Values{"js_code": {"JS&+/="}, "grant_type": {"authorization_code"}}
	ticket := wecom.NewSecret("USER_TICKET")
	apitest.Run(t, []apitest.Case{{
		ID: "identity.getuserinfo3rd", Query: code,
		Call: onApp(func(ctx context.Context, app *sso.App) (*sso.GetUserInfo3rdResponse, error) {
			return app.GetUserInfo3rd(ctx, "CODE&+/=")
		}),
	}, {
		ID: "identity.getuserdetail3rd", Safe: true,
		Call: onApp(func(ctx context.Context, app *sso.App) (*sso.UserDetail3rd, error) {
			return app.GetUserDetail3rd(ctx, ticket)
		}),
	}, {
		ID: "identity.getuserinfo3rd_legacy", Query: code,
		Call: onApp(func(ctx context.Context, app *sso.App) (*sso.GetUserInfo3rdLegacyResponse, error) {
			return app.GetUserInfo3rdLegacy(ctx, "CODE&+/=")
		}),
	}, {
		ID: "identity.getuserdetail3rd_legacy", Safe: true,
		Call: onApp(func(ctx context.Context, app *sso.App) (*sso.UserDetail3rd, error) {
			return app.GetUserDetail3rdLegacy(ctx, ticket)
		}),
	}, {
		ID: "identity.getuserinfo", Query: code,
		Call: onCorpApp(func(ctx context.Context, app *sso.CorpApp) (*sso.GetUserInfoResponse, error) {
			return app.GetUserInfo(ctx, "CODE&+/=")
		}),
	}, {
		ID: "identity.getuserdetail", Safe: true,
		Call: onCorpApp(func(ctx context.Context, app *sso.CorpApp) (*sso.GetUserDetailResponse, error) {
			return app.GetUserDetail(ctx, ticket)
		}),
	}, {
		ID: "identity.jscode2session3rd", Query: jsCode,
		Call: onApp(func(ctx context.Context, app *sso.App) (*sso.JSSession, error) {
			return app.JSCode2Session(ctx, "JS&+/=")
		}),
	}, {
		ID: "identity.jscode2session", Query: jsCode,
		Call: onCorpApp(func(ctx context.Context, app *sso.CorpApp) (*sso.JSSession, error) {
			return app.JSCode2Session(ctx, "JS&+/=")
		}),
	}})
}
