package wecom_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

// floorToken is what a token hit costs at least: an atomic pointer and a look
// at the clock.
type floorToken struct {
	p atomic.Pointer[wecom.Token]
}

func (f *floorToken) Token(context.Context) (wecom.Token, error) {
	if t := f.p.Load(); t != nil && time.Now().Before(t.ExpiresAt) {
		return *t, nil
	}
	return wecom.Token{}, wecom.ErrNotCached
}

func BenchmarkTokenHit(b *testing.B) {
	api, err := wecom.New()
	require.NoError(b, err)
	source := api.TokenSource("bench", func(context.Context) (wecom.Token, error) {
		return wecom.NewToken("token", 7200)
	})
	t, err := source.Token(b.Context())
	require.NoError(b, err)
	floor := new(floorToken)
	floor.p.Store(&t)

	for _, bc := range []struct {
		name   string
		source wecom.TokenSource
	}{{"floor", wecom.TokenSource(tokenOnly{floor})}, {"wecom", source}} {
		b.Run("serial/"+bc.name, func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			for b.Loop() {
				if _, err := bc.source.Token(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("parallel/"+bc.name, func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := bc.source.Token(ctx); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

type tokenOnly struct{ *floorToken }

func (tokenOnly) Reject(context.Context, wecom.Token) error { return nil }

// benchReply is a reply of 2 KB, such as a page of members.
type benchReply struct {
	UserList []benchUser `json:"userlist"`
}

type benchUser struct {
	UserID     string  `json:"userid"`
	Name       string  `json:"name"`
	OpenUserID string  `json:"open_userid"`
	Department []int64 `json:"department"`
}

type benchBody struct {
	DepartmentID int64 `json:"department_id"`
	FetchChild   int   `json:"fetch_child"`
}

func newBenchServer(b *testing.B) *httptest.Server {
	users := make([]benchUser, 16)
	for i := range users {
		users[i] = benchUser{
			UserID: fmt.Sprintf("woAJ2GCAAAXtWyujaWJHDDGi0mAC%04d", i), Name: "张三丰", OpenUserID: fmt.Sprintf("woBJ2GCAAAXtWyuj%04d", i), Department: []int64{1, 2, 3},
		}
	}
	reply, err := json.Marshal(struct {
		ErrCode int    `json:"errcode"`
		ErrMsg  string `json:"errmsg"`
		benchReply
	}{0, "ok", benchReply{users}})
	require.NoError(b, err)
	require.InDelta(b, 2048, len(reply), 200)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_, _ = w.Write(reply)
	}))
	b.Cleanup(srv.Close)
	return srv
}

// BenchmarkCall is one POST with a token and a reply of 2 KB over loopback.
// The floor is what one would write by hand with net/http and encoding/json.
func BenchmarkCall(b *testing.B) {
	srv := newBenchServer(b)
	token := strings.Repeat("t", 128)

	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		ctx := b.Context()
		hc := &http.Client{Timeout: 10 * time.Second, Transport: new(http.Transport)}
		for b.Loop() {
			body, err := json.Marshal(benchBody{1, 1})
			if err != nil {
				b.Fatal(err)
			}
			address := srv.URL + "/cgi-bin/user/list?access_token=" + url.QueryEscape(token)
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
			if err != nil {
				b.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			res, err := hc.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			data, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if err != nil {
				b.Fatal(err)
			}
			var reply struct {
				ErrCode int    `json:"errcode"`
				ErrMsg  string `json:"errmsg"`
				benchReply
			}
			if err := json.Unmarshal(data, &reply); err != nil || reply.ErrCode != 0 || len(reply.UserList) != 16 {
				b.Fatal(err, reply.ErrCode)
			}
		}
	})
	b.Run("wecom", func(b *testing.B) {
		b.ReportAllocs()
		api, err := wecom.New(wecom.WithBaseURL(srv.URL))
		require.NoError(b, err)
		source := api.TokenSource("bench", func(context.Context) (wecom.Token, error) { return wecom.NewToken(token, 7200) })
		ctx := b.Context()
		for b.Loop() {
			reply, err := wecom.Invoke[benchReply](ctx, api, wecom.Call{
				Path: "/cgi-bin/user/list", Body: benchBody{1, 1}, Auth: wecom.Auth{Source: source, Param: "access_token"}, Safe: true,
			})
			if err != nil || len(reply.UserList) != 16 {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkColdKey lets 200 callers ask at once for a token that nobody has,
// from an endpoint that takes 50 ms. The floor is one caller of that endpoint.
func BenchmarkColdKey(b *testing.B) {
	const latency = 50 * time.Millisecond
	var upstream atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		upstream.Add(1)
		time.Sleep(latency)
		_, _ = io.WriteString(w, `{"access_token":"token","expires_in":7200}`)
	}))
	b.Cleanup(srv.Close)
	api := newClient(b, wecom.WithBaseURL(srv.URL))
	fetch := func(ctx context.Context) (wecom.Token, error) {
		var reply struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   int64  `json:"expires_in"`
		}
		if err := api.Do(ctx, wecom.Call{Path: "/cgi-bin/gettoken"}, &reply); err != nil {
			return wecom.Token{}, err
		}
		return wecom.NewToken(reply.AccessToken, reply.ExpiresIn)
	}
	for name, n := range map[string]int{"floor": 1, "wecom": callers} {
		b.Run(name, func(b *testing.B) {
			upstream.Store(0)
			var waits []time.Duration
			var mu sync.Mutex
			rounds := 0
			for b.Loop() {
				rounds++
				source := api.TokenSource(fmt.Sprint("cold", n, rand.Int()), fetch)
				var wg sync.WaitGroup
				for range n {
					wg.Go(func() {
						start := time.Now()
						_, err := source.Token(b.Context())
						waited := time.Since(start)
						mu.Lock()
						defer mu.Unlock()
						waits = append(waits, waited)
						if err != nil {
							b.Error(err)
						}
					})
				}
				wg.Wait()
			}
			slices.Sort(waits)
			b.ReportMetric(float64(upstream.Load())/float64(rounds), "calls/round")
			b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
