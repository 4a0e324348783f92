package suite_test

import (
	"context"
	"testing"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/apitest"
	"github.com/wecom-isv/wecom/suite"
)

// onSelfBuilt is a call of a self-built app, whose token does not come from an app
// of the provider.
func onSelfBuilt[T any](call func(ctx context.Context, own *suite.SelfBuiltApp) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return func(ctx context.Context, api *wecom.Client) (any, error) {
		own, err := suite.NewSelfBuiltApp(api, apitest.Tokens(apitest.SelfBuilt))
		if err != nil {
			return nil, err
		}
		return call(ctx, own)
	}
}

func TestIDConvertEndpoints(t *testing.T) {
	t.Parallel()
	apitest.Run(t, []apitest.Case{{
		ID: "idconvert.userid_to_openuserid", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.UserIDToOpenUserIDResponse, error) {
			return corp.UserIDToOpenUserID(ctx, []string{"aaa", "bbb"})
		}),
	}, {
		ID: "idconvert.openuserid_to_userid", Safe: true, Token: apitest.SelfBuilt,
		Call: onSelfBuilt(func(ctx context.Context, own *suite.SelfBuiltApp) (*suite.OpenUserIDToUserIDResponse, error) {
			return own.OpenUserIDToUserID(ctx, []string{"xxx", "yyy"}, 100001)
		}),
	}, {
		ID: "idconvert.from_service_external_userid", Safe: true, Token: apitest.SelfBuilt,
		Call: onSelfBuilt(func(ctx context.Context, own *suite.SelfBuiltApp) (*suite.ExternalUserIDResponse, error) {
			return own.FromServiceExternalUserID(ctx, "xxxxx", 100001)
		}),
	}, {
		ID: "idconvert.get_new_external_userid", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.GetNewExternalUserIDResponse, error) {
			return corp.GetNewExternalUserID(ctx, []string{"xxxxx", "yyyyyy"})
		}),
	}, {
		ID: "idconvert.groupchat_get_new_external_userid", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.GetNewExternalUserIDResponse, error) {
			return corp.GroupChatGetNewExternalUserID(ctx, "wrOgQhDgAAMYQiS5ol9G7gK9JVAAAA", []string{"xxxxx", "yyyyyy"})
		}),
	}, {
		ID: "idconvert.get_openid_migration", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.GetOpenIDMigrationResponse, error) {
			return corp.GetOpenIDMigration(ctx)
		}),
	}, {
		ID: "idconvert.unionid_to_external_userid",
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.UnionIDToExternalUserIDResponse, error) {
			return corp.UnionIDToExternalUserID(ctx, suite.UnionIDToExternalUserIDRequest{
				UnionID: "oAAAAAAA", OpenID: "oBBBB", SubjectType: suite.UnionIDOfProvider,
			})
		}),
	}, {
		ID: "idconvert.batch_external_userid_to_pending_id", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.ExternalUserIDToPendingIDResponse, error) {
			return corp.ExternalUserIDToPendingID(ctx, "xxxxxx", []string{"oAAAAAAA", "oBBBBB"})
		}),
	}, {
		ID: "idconvert.external_tagid", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.ExternalTagIDResponse, error) {
			return corp.ExternalTagID(ctx, []string{"TAG_ID1", "TAG_ID2", "TAG_ID3", "TAG_ID4"})
		}),
	}, {
		ID: "idconvert.open_kfid", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.OpenKFIDResponse, error) {
			return corp.OpenKFID(ctx, []string{"KFID1", "KFID2", "KFID3", "KFID4"})
		}),
	}, {
		ID: "idconvert.convert_tmp_external_userid", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.ConvertTmpExternalUserIDResponse, error) {
			return corp.ConvertTmpExternalUserID(ctx, suite.ConvertTmpExternalUserIDRequest{
				BusinessType:       suite.TmpFromMeeting,
				UserType:           suite.TmpCustomer,
				TmpExternalUserIDs: []string{"ouXXX1", "ouXXX2", "ouXXX3"},
			})
		}),
	}, {
		ID: "idconvert.apply_to_upgrade_chatid",
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (any, error) {
			return nil, corp.ApplyToUpgradeChatID(ctx, 1234567)
		}),
	}, {
		ID: "idconvert.chatid", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.ChatIDResponse, error) {
			return corp.ChatID(ctx, []string{"xxxxxx", "yyyyyy", "zzzzzzz"})
		}),
	}, {
		ID: "idconvert.upgrade_chatid_for_new_corp",
		Call: onTemplate(func(ctx context.Context, template *suite.Template) (any, error) {
			return nil, template.UpgradeChatIDForNewCorp(ctx)
		}),
	}, {
		ID: "idconvert.unionid_to_external_userid_3rd", Safe: true,
		Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.UnionIDToExternalUserID3rdResponse, error) {
			return app.UnionIDToExternalUserID3rd(ctx, suite.UnionIDToExternalUserID3rdRequest{
				UnionID: "xxxxx", OpenID: "xxxxx", CorpID: "xxxxx",
			})
		}),
	}, {
		ID: "idconvert.externalcontact_unionid_to_external_userid", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.ExternalUserIDResponse, error) {
			return corp.ExternalContactUnionIDToExternalUserID(ctx, "oAAAAAAA", "oBBBB")
		}),
	}, {
		ID: "idconvert.to_service_external_userid", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.ExternalUserIDResponse, error) {
			return corp.ToServiceExternalUserID(ctx, "wmAAAAAAA")
		}),
	}, {
		ID: "idconvert.apply_mass_call_ticket",
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.ApplyMassCallTicketResponse, error) {
			return corp.ApplyMassCallTicket(ctx)
		}),
	}, {
		ID: "ticket.get_api_domain_ip", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.IPList, error) {
			return corp.GetAPIDomainIP(ctx)
		}),
	}, {
		ID: "ticket.get_callback_ip", Safe: true,
		Call: onCorp(func(ctx context.Context, corp *suite.Corp) (*suite.IPList, error) {
			return corp.GetCallbackIP(ctx)
		}),
	}})
}
