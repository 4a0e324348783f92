package contact_test

import (
	"testing"

	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/internal/apitest"
)

func newClient(t *testing.T, replies ...string) (*contact.Client, *apitest.Upstream) {
	t.Helper()
	token, u := apitest.NewUpstream(t, replies...)
	return contact.New(token), u
}
