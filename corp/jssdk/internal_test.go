package jssdk

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

type credential struct {
	api *wecom.Client
	id  string
}

func (c credential) API() *wecom.Client     { return c.api }
func (c credential) Auth() wecom.Auth       { return wecom.Auth{} }
func (c credential) ID() string             { return c.id }
func (c credential) Key(name string) string { return "suite/ww1/corp/" + c.id + "/" + name }

// Clients that nobody uses do not pile up; one with a live ticket stays.
func TestIdleClientsGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, err := wecom.New()
		require.NoError(t, err)
		clients := NewClients()
		used := credential{api, "wpUsed"}
		_, err = api.Cache().Save(t.Context(), used.Key("jsapi_agent"), wecom.Token{Value: "ticket", Version: 1, ExpiresAt: time.Now().Add(time.Hour)})
		require.NoError(t, err)
		kept, err := clients.Client(used)
		require.NoError(t, err)
		_, err = kept.AgentConfigSignature(context.WithoutCancel(t.Context()), "https://a.example/")
		require.NoError(t, err)

		open := func(prefix string) {
			for n := range 5000 { // each looks at a few others
				_, err := clients.Client(credential{api, prefix + strconv.Itoa(n)})
				require.NoError(t, err)
			}
		}
		open("wp")
		time.Sleep(2 * time.Minute)
		open("wq")
		assert.Less(t, clients.clients.Len(), 8000)
		again, err := clients.Client(used)
		require.NoError(t, err)
		assert.Same(t, kept, again)
	})
}

func BenchmarkConfigSignature(b *testing.B) {
	api, err := wecom.New()
	require.NoError(b, err)
	cred := credential{api, "wpA"}
	_, err = api.Cache().Save(b.Context(), cred.Key("jsapi"), wecom.Token{Value: "ticket", Version: 1, ExpiresAt: time.Now().Add(time.Hour)})
	require.NoError(b, err)
	clients := NewClients()
	b.ReportAllocs()
	for b.Loop() {
		js, err := clients.Client(cred)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := js.ConfigSignature(b.Context(), "https://app.example.com/page?week=7"); err != nil {
			b.Fatal(err)
		}
	}
}
