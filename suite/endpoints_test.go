package suite_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/apitest"
	"github.com/wecom-isv/wecom/suite"
)

// The credentials that the examples of the table show.
const (
	exampleSuiteID = "wwddddccc7775555aaa"
	exampleSecret  = "ldAE_H9anCRN21GKXVfdAAAAAAAAAAAAAAAAAA"
	exampleTicket  = "Cfp0_givEagXcYJIztF6sfbdmIZCmpaR8ZBsvJEFFNBrWmnD5-CGYJ3_NhYexMyw"
)

// onApp is a call of a third-party app that has its ticket.
func onApp[T any](call func(ctx context.Context, app *suite.Client) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return func(ctx context.Context, api *wecom.Client) (any, error) {
		return onSuite(ctx, api, exampleSuiteID, call)
	}
}

func onSuite[T any](ctx context.Context, api *wecom.Client, id string, call func(ctx context.Context, app *suite.Client) (T, error)) (any, error) {
	app, err := suite.New(api, suite.Config{ID: id, Secret: exampleSecret})
	if err != nil {
		return nil, err
	}
	if err := app.SaveTicket(ctx, wecom.NewSecret(exampleTicket), time.Now()); err != nil {
		return nil, err
	}
	return call(ctx, app)
}

// onCorp is a call in a corp that has authorised a third-party app.
func onCorp[T any](call func(ctx context.Context, corp *suite.Corp) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return onApp(func(ctx context.Context, app *suite.Client) (T, error) {
		const corpID = "wpCorp"
		record := suite.PermanentCode{SuiteID: app.ID(), CorpID: corpID, Code: wecom.NewSecret("permanent"), At: time.Now()}
		if err := suite.NewCacheCodes(app.API().Cache()).SaveCode(ctx, record); err != nil {
			var none T
			return none, err
		}
		return call(ctx, app.Corp(corpID))
	})
}

// onTemplate is a call of a template of customised apps that has its ticket.
func onTemplate[T any](call func(ctx context.Context, template *suite.Template) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return func(ctx context.Context, api *wecom.Client) (any, error) {
		template, err := suite.NewTemplate(api, suite.Config{ID: "dk1", Secret: exampleSecret})
		if err != nil {
			return nil, err
		}
		if err := template.SaveTicket(ctx, wecom.NewSecret(exampleTicket), time.Now()); err != nil {
			return nil, err
		}
		return call(ctx, template)
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	apitest.Run(t, []apitest.Case{{
		ID: "suite.get_suite_token", Safe: true,
		Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.GetSuiteTokenResponse, error) {
			return app.GetSuiteToken(ctx)
		}),
	}, {
		ID: "suite.get_pre_auth_code", Safe: true,
		Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.GetPreAuthCodeResponse, error) {
			return app.GetPreAuthCode(ctx)
		}),
	}, {
		ID: "suite.set_session_info",
		Call: onApp(func(ctx context.Context, app *suite.Client) (any, error) {
			return nil, app.SetSessionInfo(ctx, wecom.NewSecret("xxxxx"), suite.SessionInfo{AppIDs: []int64{1, 2, 3}, AuthType: suite.AuthTypeTest})
		}),
	}, {
		ID: "suite.get_permanent_code_v2",
		Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.GetPermanentCodeV2Response, error) {
			return app.GetPermanentCodeV2(ctx, "auth_code_value")
		}),
	}, {
		ID: "suite.get_permanent_code",
		Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.GetPermanentCodeResponse, error) {
			return app.GetPermanentCode(ctx, "auth_code_value")
		}),
	}, {
		ID: "suite.get_auth_info_v2", Safe: true,
		Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.AuthInfo, error) {
			return app.GetAuthInfoV2(ctx, "auth_corpid_value", wecom.NewSecret("code_value"))
		}),
	}, {
		ID: "suite.get_auth_info", Safe: true,
		Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.AuthInfo, error) {
			return app.GetAuthInfo(ctx, "auth_corpid_value", wecom.NewSecret("code_value"))
		}),
	}, {
		ID: "suite.get_corp_token", Safe: true,
		Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.CorpToken, error) {
			return app.GetCorpToken(ctx, "auth_corpid_value", wecom.NewSecret("code_value"))
		}),
	}, {
		ID: "corp.gettoken", Safe: true,
		Query: url.Values{"corpid": {"wpCorp"}, "corpsecret": {"code&value"}},
		Call: onTemplate(func(ctx context.Context, template *suite.Template) (*suite.CorpToken, error) {
			return template.GetToken(ctx, "wpCorp", wecom.NewSecret("code&value"))
		}),
	}, {
		ID: "agent.get_admin_list", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.AdminList, error) {
			return corp.GetAdminList(ctx)
		}),
	}, {
		ID: "suite.get_admin_list", Safe: true,
		Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.AdminList, error) {
			return app.GetAdminList(ctx, "auth_corpid_value", 1000046)
		}),
	}, {
		ID: "agent.get_permissions", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.GetPermissionsResponse, error) {
			return corp.GetPermissions(ctx)
		}),
	}, {
		ID: "suite.get_app_qrcode", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return onSuite(ctx, api, "xxx", func(ctx context.Context, app *suite.Client) (*suite.GetAppQRCodeResponse, error) {
				return app.GetAppQRCode(ctx, suite.GetAppQRCodeRequest{
					AppID: 1, State: "test", Style: new(suite.QRCodeFramedPrint), ResultType: suite.QRCodeImage,
				})
			})
		},
	}, {
		ID: "agent.claim_customized_app", Token: apitest.SelfBuilt,
		Call: onTemplate(func(ctx context.Context, template *suite.Template) (any, error) {
			return nil, template.ClaimCustomizedApp(ctx, apitest.Tokens(apitest.SelfBuilt))
		}),
	}, {
		ID: "agent.migrate_to_customized_app", Token: apitest.SelfBuilt,
		Call: onTemplate(func(ctx context.Context, template *suite.Template) (any, error) {
			return nil, template.MigrateToCustomizedApp(ctx, apitest.Tokens(apitest.SelfBuilt))
		}),
	}})
}
