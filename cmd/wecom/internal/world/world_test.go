package world_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/world"
	"github.com/wecom-isv/wecom/wecomtest"
)

const description = `
provider: {corp_id: wwprovider00000001, token: providerToken, aes_key: jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C}
apps:
  - {id: wwsuite0000000001, name: 示例, secret: 0123456789012345678901234567890123456789012, data_url: "https://a.example.com/data/$CORPID$"}
  - {kind: template, name: 模板}
  - {kind: login}
corps:
  - {name: Acme, users: [{id: zhangsan, name: 张三, mobile: "13800000000"}]}
`

func TestDescription(t *testing.T) {
	t.Parallel()
	cfg, err := world.Read(strings.NewReader(description))
	require.NoError(t, err)
	require.NoError(t, cfg.Fill("http://127.0.0.1:8080/"))
	w, err := world.Start(cfg, "http://127.0.0.1:8080", "127.0.0.1:8080", wecomtest.WithoutServer())
	require.NoError(t, err)
	t.Cleanup(w.Close)

	require.Len(t, w.Apps, 3)
	app := w.Apps[0]
	assert.Equal(t, "wwsuite0000000001", app.ID)
	assert.Equal(t, "providerToken", app.Token, "one pair of keys for all URLs")
	assert.Equal(t, "http://127.0.0.1:8080/callback/command", app.CommandTarget().URL)
	assert.Equal(t, "https://a.example.com/data/wwprovider00000001", app.DataTarget().URL, "what the file says wins")
	assert.Equal(t, wecomtest.Template, w.Apps[1].Kind)
	assert.Equal(t, wecomtest.LoginSuite, w.Apps[2].Kind)
	assert.Equal(t, "http://127.0.0.1:8080/callback/system", w.Platform.Provider().Target().URL)
	corps := w.Platform.Corps()
	require.Len(t, corps, 1)
	_, found := corps[0].User("zhangsan")
	assert.True(t, found)

	env := map[string]string{}
	for _, v := range w.Environment() {
		env[v.Name] = v.Value
		assert.Equal(t, strings.Contains(v.Name, "SECRET") || v.Name == "WECOM_TOKEN" || v.Name == "WECOM_ENCODING_AES_KEY", v.Secret, v.Name)
	}
	assert.Equal(t, app.Secret, env["WECOM_SUITE_SECRET"])
	assert.Equal(t, "127.0.0.1:8080", env["WECOM_LISTEN"])
	assert.Equal(t, corps[0].ID, env["WECOM_AUTH_CORP_ID"])
	assert.Equal(t, w.Apps[2].ID, env["WECOM_LOGIN_SUITE_ID"])
}

func TestEmptyDescription(t *testing.T) {
	t.Parallel()
	var cfg world.Config
	require.NoError(t, cfg.Fill(""))
	w, err := world.Start(cfg, "", "", wecomtest.WithoutServer())
	require.NoError(t, err)
	t.Cleanup(w.Close)
	assert.Len(t, w.Apps, 2)
	assert.Len(t, w.Platform.Corps(), 2)
	assert.Empty(t, w.Apps[0].CommandTarget().URL)
}

func TestBadDescriptions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "the file is empty",
		"aps: []":                    "aps not found",
		"provider: {secret: [CANARY": "did not find expected",
		"provider: CANARY":           "cannot unmarshal",
	} {
		_, err := world.Read(strings.NewReader(text))
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "CANARY")
	}
	_, err := world.Start(world.Config{Apps: []world.AppConfig{{Kind: "odd"}}}, "", "", wecomtest.WithoutServer())
	require.ErrorContains(t, err, "apps[0].kind is third_party, template or login")
	_, err = world.Start(world.Config{Provider: world.ProviderConfig{AESKey: "CANARY"}}, "", "", wecomtest.WithoutServer())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "CANARY")
	cfg := new(world.Config)
	require.Error(t, cfg.Fill("nonsense"))
}

// A backend that starts after the platform gets its ticket soon, and the next one
// after the interval.
func TestTicketsArePushedUntilTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var cfg world.Config
		require.NoError(t, cfg.Fill("http://vendor.test"))
		cfg.Apps = cfg.Apps[:1]
		w, err := world.Start(cfg, "", "", wecomtest.WithoutServer())
		require.NoError(t, err)
		defer w.Close()
		var up atomic.Bool
		w.Platform.Handle("vendor.test", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			if !up.Load() {
				rw.WriteHeader(http.StatusBadGateway)
				return
			}
			_, _ = rw.Write([]byte("success"))
		}))
		ctx, stop := context.WithCancel(t.Context())
		var failed, taken atomic.Int64
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.PushTickets(ctx, 10*time.Minute, func(_ *wecomtest.App, err error) {
				if errors.Is(err, wecomtest.ErrNotDelivered) {
					failed.Add(1)
					return
				}
				taken.Add(1)
			})
		}()
		time.Sleep(50 * time.Second)
		synctest.Wait()
		assert.Equal(t, int64(5), failed.Load(), "at 0, 2, 6, 14 and 30 s")
		up.Store(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, int64(1), taken.Load())
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		assert.Equal(t, int64(2), taken.Load())
		stop()
		<-done
	})
}

// An app whose backend is not there does not keep the others from their rhythm.
func TestEachAppHasItsOwnRhythm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := world.Config{Apps: []world.AppConfig{{Name: "up", CallbackURL: "http://up.test/"}, {Name: "down", CallbackURL: "http://down.test/"}, {Name: "none"}}}
		w, err := world.Start(cfg, "", "", wecomtest.WithoutServer())
		require.NoError(t, err)
		defer w.Close()
		w.Platform.Handle("up.test", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("success")) }))
		w.Platform.Handle("down.test", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) }))
		pushes := map[string]int{}
		ctx, stop := context.WithTimeout(t.Context(), 25*time.Minute)
		defer stop()
		w.PushTickets(ctx, 10*time.Minute, func(app *wecomtest.App, _ error) { pushes[app.Name]++ })
		assert.Equal(t, 3, pushes["up"], "at 0, 10 and 20 minutes")
		assert.Greater(t, pushes["down"], 40)
		assert.Zero(t, pushes["none"])
	})
}
