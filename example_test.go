package wecom_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// An app calls in a corp that has installed it. The platform is simulated; without
// the two options it is the real one.
func Example() {
	ctx := context.Background()
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		panic(err)
	}
	defer platform.Close()
	console := platform.NewApp(wecomtest.AppConfig{})

	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))
	if err != nil {
		panic(err)
	}
	app, err := suite.New(api, suite.Config{ID: console.ID, Secret: console.Secret})
	if err != nil {
		panic(err)
	}
	// In a server app.Handle saves the tickets and takes the installations.
	if err := app.SaveTicket(ctx, wecom.NewSecret(console.IssueTicket()), time.Now()); err != nil {
		panic(err)
	}
	installation, err := platform.NewCorp("Acme").Install(ctx, console)
	if err != nil {
		panic(err)
	}
	auth, err := app.Authorize(ctx, wecom.AuthCode(installation.AuthCode))
	if err != nil {
		panic(err)
	}

	var apps struct {
		List []struct {
			AgentID int64 `json:"agentid"`
		} `json:"agentlist"`
	}
	if err := auth.Corp.Do(ctx, wecom.Call{Path: "/cgi-bin/agent/list", Safe: true}, &apps); err != nil {
		panic(err)
	}
	fmt.Println(auth.CorpInfo.CorpName, "has the app as agent", apps.List[0].AgentID == installation.AgentID)
	// Output: Acme has the app as agent true
}

// What to do about a refusal follows from its class; the code tells the rest.
func ExampleCode() {
	refused := fmt.Errorf("welcome: %w", &wecom.Error{Op: "/cgi-bin/message/send", Code: 45009, Message: "api freq out of limit"})
	switch {
	case errors.Is(refused, wecom.ErrRateLimited):
		fmt.Println("later")
	case errors.Is(refused, wecom.ErrNotAuthorized):
		fmt.Println("the corp has removed the app")
	}
	if e, ok := errors.AsType[*wecom.Error](refused); ok {
		fmt.Println(int(e.Code), e.Code.Class(), e.Code.Advice())
	}
	fmt.Println(errors.Is(refused, wecom.Code(45009)))
	// Output:
	// later
	// 45009 rate_limit backoff
	// true
}

// An endpoint that this module lacks, with the token of a self-built app that a
// central service hands out.
func ExampleInvokeAs() {
	central := wecom.TokenFunc(func(context.Context) (wecom.Token, error) {
		return wecom.Token{Value: "from the token service"}, nil
	})
	api, err := wecom.New(wecom.WithTransport(answer(`{"errcode":0,"errmsg":"ok","room":"3F"}`)))
	if err != nil {
		panic(err)
	}
	corp, err := wecom.NewAccessToken(api, central)
	if err != nil {
		panic(err)
	}

	type reply struct {
		Room string `json:"room"`
	}
	r, err := wecom.InvokeAs[reply](context.Background(), corp, wecom.Call{
		Path: "/cgi-bin/oa/meetingroom/of",
		Body: map[string]string{"userid": "zhangsan"},
		Safe: true, // it reads only
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Room)
	// Output: 3F
}

// A credential of one's own, beside those of this module: fetched once however many
// ask, kept in the cache that all processes share, renewed before it ends.
func ExampleClient_TokenSource() {
	api, err := wecom.New()
	if err != nil {
		panic(err)
	}
	source := api.TokenSource("billing/token", func(context.Context) (wecom.Token, error) {
		fmt.Println("fetched")
		return wecom.NewToken("a token", 7200)
	})
	for range 3 {
		token, err := source.Token(context.Background())
		if err != nil {
			panic(err)
		}
		fmt.Println("live:", token.Live())
	}
	// Output:
	// fetched
	// live: true
	// live: true
	// live: true
}

// Tokens in a cache that others can read.
func ExampleSealCache() {
	ctx := context.Background()
	shared := wecom.NewMemoryCache() // in earnest: a redisstore.Store or sqlstore.Store
	newest := wecom.SealKey{ID: "2026-08", Key: wecom.NewSecret("bmV3ZXN0LCBmcm9tIHZhdWx0OiAzMiByYW5kLiBieXQ=")}
	before := wecom.SealKey{ID: "2026-01", Key: wecom.NewSecret("YmVmb3JlLCBmcm9tIHZhdWx0OiAzMiByYW5kLiBieXQ=")}
	sealed, err := wecom.SealCache(shared, newest, before) // the first seals, both open
	if err != nil {
		panic(err)
	}
	if _, err := sealed.Save(ctx, "suite/ww1/token", wecom.Token{Value: "plain", Version: 1}); err != nil {
		panic(err)
	}

	stored, err := shared.Load(ctx, "suite/ww1/token")
	if err != nil {
		panic(err)
	}
	opened, err := sealed.Load(ctx, "suite/ww1/token")
	if err != nil {
		panic(err)
	}
	fmt.Println(stored.Value[:len("sealed.1.2026-08.")], opened.Value)
	// Output: sealed.1.2026-08. plain
}

// What the client does, for metrics. Package otelwecom does this for
// OpenTelemetry.
func ExampleWithObserver() {
	api, err := wecom.New(
		wecom.WithTransport(answer(`{"errcode":60111,"errmsg":"userid not found"}`)),
		wecom.WithLogger(slog.New(slog.DiscardHandler)), // slog.Default(), say
		wecom.WithObserver(func(_ context.Context, call wecom.CallInfo) {
			fmt.Println("call ", call.Op, "try", call.Attempt, "code", int(call.Code))
		}),
		wecom.WithTokenObserver(func(_ context.Context, step wecom.TokenInfo) {
			fmt.Println("token", step.Kind, step.Event)
		}),
	)
	if err != nil {
		panic(err)
	}
	source := api.TokenSource("suite/ww1/corp/wpA/token", func(context.Context) (wecom.Token, error) {
		return wecom.NewToken("a token", 7200)
	})
	corp, err := wecom.NewAccessToken(api, source)
	if err != nil {
		panic(err)
	}
	err = corp.Do(context.Background(), wecom.Call{Path: "/cgi-bin/user/get"}, nil)
	fmt.Println(errors.Is(err, wecom.ErrNotFound))
	// Output:
	// token suite/corp/token miss
	// token suite/corp/token lock
	// token suite/corp/token miss
	// token suite/corp/token fetch
	// token suite/corp/token save
	// token suite/corp/token wait
	// call  /cgi-bin/user/get try 1 code 60111
	// true
}

// A Secret reaches no log; Reveal is the only way to it.
func ExampleSecret() {
	settings := struct{ AppSecret wecom.Secret }{wecom.NewSecret("s3cret")}
	fmt.Printf("%v %+v\n", settings, settings)
	fmt.Println(len(settings.AppSecret.Reveal()))
	// Output:
	// {[secret]} {AppSecret:[secret]}
	// 6
}

// answer is a platform that gives every call one reply.
type answer string

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}
