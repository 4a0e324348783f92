package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

func TestFrameworks(t *testing.T) {
	t.Parallel()
	require.Len(t, frameworks(), 4)
	for _, f := range frameworks() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			require.NoError(t, play(t.Context(), &out, f))
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			require.Len(t, lines, 3)
			assert.Regexp(t, "^"+f.name+": suite_ticket for ww", lines[0])
			assert.Regexp(t, "^"+f.name+": a corp has installed ww", lines[1])
			assert.Regexp(t, "^"+f.name+": app:text from wo", lines[2])
		})
	}
}

// The path reaches the handler under every framework: a message of one corp under
// the path of another is refused.
func TestCorpInThePathIsChecked(t *testing.T) {
	t.Parallel()
	for _, f := range frameworks() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			p := wecomtest.NewPlatform(t)
			app := p.NewApp(wecomtest.AppConfig{DataURL: "https://vendor.example/callback/data/wpSomebodyElse"})
			h, err := newHandlers(settings{
				suiteID: app.ID, providerCorpID: p.Provider().CorpID, token: app.Token, aesKey: app.AESKey,
			}, func(string, ...any) { t.Error("the event was handled") })
			require.NoError(t, err)
			p.Handle("vendor.example", f.mount(h))
			corp := p.NewCorp("Acme")
			_, err = corp.Install(t.Context(), app)
			require.NoError(t, err)
			d, err := corp.SendMessage(t.Context(), corp.Admin(), app, "hello")
			require.ErrorIs(t, err, wecomtest.ErrNotDelivered)
			assert.Equal(t, 403, d.Tries[0].Status)
		})
	}
}
