package agent_test

import (
	"testing"

	"github.com/wecom-isv/wecom/corp/agent"
	"github.com/wecom-isv/wecom/internal/apitest"
)

func newClient(t *testing.T, replies ...string) (*agent.Client, *apitest.Upstream) {
	t.Helper()
	token, u := apitest.NewUpstream(t, replies...)
	return agent.New(token), u
}
