package register_test

import (
	"context"
	"testing"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/apitest"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
)

// onClient is a call of the provider.
func onClient[T any](call func(ctx context.Context, c *register.Client) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return func(ctx context.Context, api *wecom.Client) (any, error) {
		p, err := provider.New(api, provider.Config{CorpID: "wwProvider", Secret: "secret"})
		if err != nil {
			return nil, err
		}
		return call(ctx, register.New(p))
	}
}

// onContacts is a call with the contact token of a registration.
func onContacts[T any](call func(ctx context.Context, contacts *register.Contacts) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return onClient(func(ctx context.Context, c *register.Client) (T, error) {
		token := wecom.NewSecret(apitest.Value(apitest.Contact, 1))
		return call(ctx, c.Contacts(token, time.Now().Add(30*time.Minute)))
	})
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	apitest.Run(t, []apitest.Case{{
		ID: "register.get_register_code",
		Call: onClient(func(ctx context.Context, c *register.Client) (*register.GetRegisterCodeResponse, error) {
			return c.GetRegisterCode(ctx, register.GetRegisterCodeRequest{
				TemplateID: "TEMPLATEID", CorpName: "腾讯科技", AdminName: "张三", AdminMobile: "12345678901",
				State: "TestState123", FollowUser: "lisi",
			})
		}),
	}, {
		ID: "register.get_register_info", Safe: true,
		Call: onClient(func(ctx context.Context, c *register.Client) (*register.GetRegisterInfoResponse, error) {
			return c.GetRegisterInfo(ctx, wecom.NewSecret("pIKi3wRPNWCGF-pyP-YU5KWjDDD"))
		}),
	}, {
		ID: "register.set_scope", Token: apitest.Contact, Safe: true, // doing it twice is doing it once
		Call: onContacts(func(ctx context.Context, contacts *register.Contacts) (*register.SetScopeResponse, error) {
			return contacts.SetScope(ctx, register.SetScopeRequest{
				AgentID: 1, AllowUser: []string{"zhansan", "lisi"}, AllowParty: []int64{1, 2, 3}, AllowTag: []int64{1, 2, 3},
			})
		}),
	}, {
		ID: "register.contact_sync_success", Token: apitest.Contact,
		Call: onContacts(func(ctx context.Context, contacts *register.Contacts) (any, error) {
			return nil, contacts.ContactSyncSuccess(ctx)
		}),
	}})
}
