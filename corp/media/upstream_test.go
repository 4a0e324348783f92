package media_test

import (
	"testing"

	"github.com/wecom-isv/wecom/corp/media"
	"github.com/wecom-isv/wecom/internal/apitest"
)

func newClient(t *testing.T, replies ...string) (*media.Client, *apitest.Upstream) {
	t.Helper()
	token, u := apitest.NewUpstream(t, replies...)
	return media.New(token), u
}
