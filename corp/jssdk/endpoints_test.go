package jssdk_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/jssdk"
	"github.com/wecom-isv/wecom/internal/apitest"
)

// contractCorp is an app in a corp with the tokens of the harness.
type contractCorp struct {
	corp
	token wecom.TokenSource
}

func (c contractCorp) Auth() wecom.Auth {
	return wecom.Auth{Source: c.token, Param: wecom.ParamAccessToken}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	on := func(call func(*jssdk.Client, context.Context) (*jssdk.TicketResponse, error)) func(context.Context, *wecom.Client) (any, error) {
		return func(ctx context.Context, api *wecom.Client) (any, error) {
			js, err := jssdk.New(contractCorp{corp{api, "wpA"}, apitest.Tokens(apitest.Corp)})
			if err != nil {
				return nil, err
			}
			return call(js, ctx)
		}
	}
	apitest.Run(t, []apitest.Case{{
		ID: "ticket.get_jsapi_ticket", Safe: true,
		Call: on((*jssdk.Client).GetJSAPITicket),
	}, {
		ID: "ticket.get_agent_ticket", Safe: true,
		Query: url.Values{"type": {"agent_config"}},
		Call:  on((*jssdk.Client).GetAgentTicket),
	}})
}
