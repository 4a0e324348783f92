package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

// members is a reply of 2 KB: a page of members.
type members struct {
	UserList []member `json:"userlist"`
}

type member struct {
	UserID     string  `json:"userid"`
	Name       string  `json:"name"`
	OpenUserID string  `json:"open_userid"`
	Department []int64 `json:"department"`
}

type outcome struct {
	ErrCode int    `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
}

type question struct {
	DepartmentID int64 `json:"department_id"`
	FetchChild   int   `json:"fetch_child"`
}

const memberCount = 16

func newMemberServer(b *testing.B) *httptest.Server {
	b.Helper()
	users := make([]member, memberCount)
	for i := range users {
		users[i] = member{
			UserID: fmt.Sprintf("woAJ2GCAAAXtWyujaWJHDDGi0mAC%04d", i), Name: "张三丰",
			OpenUserID: fmt.Sprintf("woBJ2GCAAAXtWyuj%04d", i), Department: []int64{1, 2, 3},
		}
	}
	reply, err := json.Marshal(struct {
		outcome
		members
	}{outcome{0, "ok"}, members{users}})
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

// BenchmarkCall is one POST with a token and a reply of 2 KB over loopback. The
// floor is what one would write by hand with net/http and encoding/json.
func BenchmarkCall(b *testing.B) {
	srv := newMemberServer(b)
	token := strings.Repeat("t", 128)
	b.Run("floor", func(b *testing.B) { measure(b, byHand(srv.URL, token)) })
	b.Run("resty", func(b *testing.B) { measure(b, byResty(srv.URL, token)) })
	b.Run("wecom", func(b *testing.B) { measure(b, byWecom(b, srv.URL, token)) })
}

func measure(b *testing.B, call func(context.Context) (*members, error)) {
	b.Helper()
	b.ReportAllocs()
	ctx := b.Context()
	for b.Loop() {
		if reply, err := call(ctx); err != nil || len(reply.UserList) != memberCount {
			b.Fatal(err)
		}
	}
}

func byHand(base, token string) func(context.Context) (*members, error) {
	hc := &http.Client{Timeout: 10 * time.Second, Transport: new(http.Transport)}
	return func(ctx context.Context) (*members, error) {
		body, err := json.Marshal(question{1, 1})
		if err != nil {
			return nil, err
		}
		address := base + "/cgi-bin/user/list?access_token=" + url.QueryEscape(token)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := hc.Do(req)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			return nil, err
		}
		var reply struct {
			outcome
			members
		}
		if err := json.Unmarshal(data, &reply); err != nil {
			return nil, err
		}
		if reply.ErrCode != 0 {
			return nil, fmt.Errorf("errcode %d", reply.ErrCode)
		}
		return &reply.members, nil
	}
}

func byResty(base, token string) func(context.Context) (*members, error) {
	rc := resty.New().SetBaseURL(base).SetTimeout(10 * time.Second)
	return func(ctx context.Context) (*members, error) {
		var reply struct {
			outcome
			members
		}
		_, err := rc.R().SetContext(ctx).SetQueryParam("access_token", token).SetBody(question{1, 1}).SetResult(&reply).Post("/cgi-bin/user/list")
		if err == nil && reply.ErrCode != 0 {
			err = fmt.Errorf("errcode %d", reply.ErrCode)
		}
		return &reply.members, err
	}
}

func byWecom(b *testing.B, base, token string) func(context.Context) (*members, error) {
	b.Helper()
	api, err := wecom.New(wecom.WithBaseURL(base))
	require.NoError(b, err)
	source := api.TokenSource("bench", func(context.Context) (wecom.Token, error) { return wecom.NewToken(token, 7200) })
	return func(ctx context.Context) (*members, error) {
		return wecom.Invoke[members](ctx, api, wecom.Call{
			Path: "/cgi-bin/user/list", Body: question{1, 1},
			Auth: wecom.Auth{Source: source, Param: wecom.ParamAccessToken}, Safe: true,
		})
	}
}
