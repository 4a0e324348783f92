package message_test

import (
	"testing"

	"github.com/wecom-isv/wecom/corp/message"
	"github.com/wecom-isv/wecom/internal/apitest"
)

func newClient(t *testing.T, replies ...string) (*message.Client, *apitest.Upstream) {
	t.Helper()
	token, u := apitest.NewUpstream(t, replies...)
	return message.New(token), u
}
