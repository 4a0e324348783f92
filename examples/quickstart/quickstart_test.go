package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/wecomtest"
)

func noEnv(string) string { return "" }

func TestEveryStepPasses(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, noEnv), out.String())
	assert.Contains(t, out.String(), "All 13 steps passed.")
	assert.Equal(t, 13, strings.Count(out.String(), "✓"))
}

// lockedBuffer is written to by many goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestPain21_NothingSecretIsPrinted runs the whole life with a marker in every
// secret, ticket, token, code and key, and looks at all that is printed and
// logged at the lowest level.
func TestPain21_NothingSecretIsPrinted(t *testing.T) {
	t.Parallel()
	const marker = "CANARY"
	var out lockedBuffer
	kinds := make(map[string]bool)
	var mu sync.Mutex
	secrets := wecomtest.WithSecrets(func(kind string) string {
		mu.Lock()
		defer mu.Unlock()
		kinds[kind] = true
		return marker
	})
	for _, handler := range []slog.Handler{
		slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug - 4}),
		slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug - 4}),
	} {
		require.NoError(t, runSimulated(t.Context(), &printer{out: &out}, slog.New(handler), secrets), out.String())
	}
	assert.NotContains(t, out.String(), marker)
	assert.NotContains(t, out.String(), simulatedToken)
	assert.NotContains(t, out.String(), simulatedKey)
	assert.Contains(t, out.String(), "wecom: call", "the log is looked at")
	for _, kind := range []string{"suite_secret", "provider_secret", "suite_ticket", "suite_access_token", "provider_access_token", "access_token", "contact_token", "pre_auth_code", "auth_code", "permanent_code", "code", "login_auth_code", "register_code"} {
		assert.True(t, kinds[kind], "no %s was made", kind)
	}
}

// TestPain21_ClientsAndErrorsHideSecrets prints every client in every way, and the
// errors of calls that fail in every way.
func TestPain21_ClientsAndErrorsHideSecrets(t *testing.T) {
	t.Parallel()
	const marker = "CANARY"
	platform := wecomtest.NewPlatform(t, wecomtest.WithSecrets(func(string) string { return marker }))
	app := platform.NewApp(wecomtest.AppConfig{})
	var out lockedBuffer
	v, err := newVendor(t.Context(), config{
		CorpID: platform.Provider().CorpID, ProviderSecret: platform.Provider().Secret, SuiteID: app.ID, SuiteSecret: app.Secret,
		Token: app.Token, AESKey: app.AESKey, BaseURL: platform.URL(), Listen: "127.0.0.1:0", TemplateID: "tpl",
	}, &printer{out: &out}, slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	require.NoError(t, err)
	t.Cleanup(func() { v.close(context.WithoutCancel(t.Context())) })
	app.SetCallbackURL(v.cfg.PublicURL + "/callback/command")
	_, err = app.PushTicket(t.Context())
	require.NoError(t, err)
	_, err = platform.NewCorp("Acme").Install(t.Context(), app)
	require.NoError(t, err)
	auth, err := next(t.Context(), v, "create_auth", v.authorized)
	require.NoError(t, err)
	token, err := auth.Corp.Token(t.Context())
	require.NoError(t, err)

	for _, thing := range []any{
		v.app, v.provider, v.register, v.members, v.admins, v.states, &v.mux, v.pool, v.app.API(), v.app.API().Cache(),
		auth, *auth, auth.Corp, token, v.app.Auth(), v.register.Contacts(wecom.NewSecret(marker), time.Now()),
		wecom.AuthCode(marker), sso.LoginCode(marker), provider.LoginAuthCode(marker), wecom.NewSecret(marker),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			_, _ = fmt.Fprintf(&out, verb+"\n", thing)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("print", "thing", thing)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("print", "thing", thing)
	}

	for _, fault := range []wecomtest.Fault{
		{Code: 40001, Times: -1},
		{Code: 40014, Times: -1},
		{Code: 60020, Times: -1},
		{Status: 502, Times: -1},
		{CutJSON: true, Times: -1},
		{DropReply: true, Times: -1},
		{DropRequest: true, Times: -1},
	} {
		end := platform.Inject(fault)
		for _, call := range []func(context.Context) error{
			func(ctx context.Context) error { _, err := v.provider.Token(ctx); return err },
			func(ctx context.Context) error { _, err := v.app.GetPreAuthCode(ctx); return err },
			func(ctx context.Context) error {
				_, err := v.app.Authorize(ctx, wecom.AuthCode(marker+strings.Repeat("x", 64)))
				return err
			},
			func(ctx context.Context) error { _, err := v.members.SignIn(ctx, marker); return err },
			func(ctx context.Context) error { _, err := v.admins.SignIn(ctx, marker); return err },
			func(ctx context.Context) error {
				_, err := v.register.GetRegisterInfo(ctx, wecom.NewSecret(marker))
				return err
			},
			func(ctx context.Context) error { _, err := auth.Corp.GetAdminList(ctx); return err },
			func(ctx context.Context) error {
				return v.register.Contacts(wecom.NewSecret(marker), time.Now().Add(time.Hour)).ContactSyncSuccess(ctx)
			},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			err := call(ctx)
			cancel()
			if !assert.Error(t, err) {
				continue
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				_, _ = fmt.Fprintf(&out, "%v %+v %#v\n", e, e, e)
			}
			slog.New(slog.NewJSONHandler(&out, nil)).Error("failed", "err", err)
		}
		end()
	}
	for line := range strings.Lines(out.String()) {
		require.NotContains(t, line, marker)
	}
}

func TestFailedStepIsNamedAndEndsTheRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := run(ctx, io.Discard, noEnv)
	require.ErrorContains(t, err, "step 1")
}

// A reloaded page, or a stranger at the public address, does not end the run.
func TestRefusedStateDoesNotEndTheRun(t *testing.T) {
	t.Parallel()
	platform := wecomtest.NewPlatform(t)
	app := platform.NewApp(wecomtest.AppConfig{})
	v, err := newVendor(t.Context(), config{
		CorpID: platform.Provider().CorpID, ProviderSecret: platform.Provider().Secret, SuiteID: app.ID, SuiteSecret: app.Secret,
		Token: app.Token, AESKey: app.AESKey, BaseURL: platform.URL(), Listen: "127.0.0.1:0",
	}, &printer{out: io.Discard}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { v.close(context.WithoutCancel(t.Context())) })
	visitor, err := newSimulation(v.cfg.PublicURL, platform, app)
	require.NoError(t, err)
	for _, path := range []string{"/installed?auth_code=c&state=s", "/login/done?code=c&state=s", "/admin/done?auth_code=c&state=s"} {
		_, err := visitor.open(t.Context(), v.cfg.PublicURL+path)
		require.NoError(t, err)
	}
	assert.Empty(t, v.failed)

	_, err = visitor.open(t.Context(), v.cfg.PublicURL+"/login/done")
	require.NoError(t, err)
	assert.Len(t, v.failed, 1, "other errors do end it")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"WECOM_CORP_ID": "ww0123456789abcdef", "WECOM_PROVIDER_SECRET": "provider-secret-0123456789",
		"WECOM_SUITE_ID": "ww9876543210abcdef", "WECOM_SUITE_SECRET": "suite-secret-0123456789",
		"WECOM_TOKEN": "token0123", "WECOM_ENCODING_AES_KEY": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
		"WECOM_PUBLIC_URL": "https://app.example.com/", "WECOM_REGISTER_TEMPLATE_ID": "tpl0123",
	}
	cfg, online, err := configFromEnv(func(name string) string { return good[name] })
	require.NoError(t, err)
	assert.True(t, online)
	assert.Equal(t, "https://app.example.com", cfg.PublicURL)
	assert.Equal(t, ":8080", cfg.Listen)

	_, online, err = configFromEnv(noEnv)
	require.NoError(t, err)
	assert.False(t, online)

	for name, bad := range map[string]string{
		"WECOM_CORP_ID": "s3cret corp", "WECOM_PROVIDER_SECRET": "s3cret", "WECOM_SUITE_ID": "dk-s3cret-template",
		"WECOM_SUITE_SECRET": "s3cret", "WECOM_TOKEN": "s3cret-token", "WECOM_ENCODING_AES_KEY": "s3cret",
		"WECOM_PUBLIC_URL": "s3cret", "WECOM_BASE_URL": "https://u:s3cret@h", "WECOM_LISTEN": "s3cret", "WECOM_REGISTER_TEMPLATE_ID": "s3 cret",
	} {
		_, _, err := configFromEnv(func(n string) string {
			if n == name {
				return bad
			}
			return good[n]
		})
		require.ErrorContains(t, err, name)
		assert.NotContains(t, err.Error(), "s3cret", name)
		assert.Equal(t, 1, strings.Count(err.Error(), "malformed"), name)
	}

	// One setting alone: all that is missing is listed, each with how to get it.
	err = run(t.Context(), io.Discard, func(name string) string {
		if name == "WECOM_SUITE_ID" {
			return good[name]
		}
		return ""
	})
	for name := range good {
		if name != "WECOM_SUITE_ID" {
			require.ErrorContains(t, err, name+" is not set")
		}
	}
	require.ErrorContains(t, err, "服务商管理后台")
}

// person reads what the terminal asks for, and does it.
type person struct {
	lockedBuffer
	asked chan string
}

func (p *person) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, "…") {
			p.asked <- line
		}
	}
	return p.lockedBuffer.Write(b)
}

// TestRealPlatform runs the program as it runs against the real platform: with
// settings, an address of its own, and a person who is asked to act.
func TestRealPlatform(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())

	const token, key = "realToken", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	platform := wecomtest.NewPlatform(t, wecomtest.WithProvider(wecomtest.ProviderConfig{Token: token, AESKey: key, CallbackURL: "http://" + address + "/callback/system"}))
	app := platform.NewApp(wecomtest.AppConfig{Token: token, AESKey: key, CallbackURL: "http://" + address + "/callback/command", Unpublished: true})
	pack := platform.NewPackage(wecomtest.PackageConfig{Apps: []*wecomtest.App{app}, ContactMigration: true})
	env := map[string]string{
		"WECOM_CORP_ID": platform.Provider().CorpID, "WECOM_PROVIDER_SECRET": platform.Provider().Secret,
		"WECOM_SUITE_ID": app.ID, "WECOM_SUITE_SECRET": app.Secret, "WECOM_TOKEN": token, "WECOM_ENCODING_AES_KEY": key,
		"WECOM_PUBLIC_URL": "http://" + address, "WECOM_LISTEN": address, "WECOM_BASE_URL": platform.URL(),
		"WECOM_REGISTER_TEMPLATE_ID": pack.TemplateID,
	}
	sim, err := newSimulation("http://"+address, platform, app)
	require.NoError(t, err)

	out := &person{asked: make(chan string, 16)}
	ended := make(chan error, 1)
	go func() { ended <- run(t.Context(), out, func(name string) string { return env[name] }) }()
	for {
		select {
		case err := <-ended:
			require.NoError(t, err, out.String())
			assert.Contains(t, out.String(), "All 13 steps passed.")
			return
		case line := <-out.asked:
			switch {
			case strings.Contains(line, "pushes a ticket"):
				require.NoError(t, sim.pushTicket(t.Context()))
			case strings.Contains(line, "remove the app"):
				require.NoError(t, sim.cancel(t.Context(), ""))
			default:
				_, rest, _ := strings.Cut(line, "please open http://"+address)
				path, _, _ := strings.Cut(rest, " ")
				require.NoError(t, sim.visit(t.Context(), path))
				require.NoError(t, sim.agree(t.Context()))
			}
		}
	}
}
