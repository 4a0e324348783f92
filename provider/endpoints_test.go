package provider_test

import (
	"context"
	"testing"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/apitest"
	"github.com/wecom-isv/wecom/provider"
)

// onProvider is a call of the provider whose credentials the examples show.
func onProvider[T any](call func(ctx context.Context, p *provider.Client) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return func(ctx context.Context, api *wecom.Client) (any, error) {
		p, err := provider.New(api, provider.Config{CorpID: "xxxxx", Secret: "xxx"})
		if err != nil {
			return nil, err
		}
		return call(ctx, p)
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	apitest.Run(t, []apitest.Case{{
		ID: "provider.get_provider_token", Safe: true,
		Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.GetProviderTokenResponse, error) {
			return p.GetProviderToken(ctx)
		}),
	}, {
		ID: "provider.get_customized_auth_url",
		Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.GetCustomizedAuthURLResponse, error) {
			return p.GetCustomizedAuthURL(ctx, provider.GetCustomizedAuthURLRequest{State: "test", TemplateIDs: []string{"dk1", "dk2"}})
		}),
	}, {
		ID: "provider.get_login_info",
		Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.GetLoginInfoResponse, error) {
			return p.GetLoginInfo(ctx, "xxxxx")
		}),
	}})
}
