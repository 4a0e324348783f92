package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
)

// controlClient asks the control API of a running simulator.
type controlClient struct {
	base string // of the platform
	http *http.Client
}

func newControlClient(base string) (*controlClient, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &lang.Error{Text: lang.T("the address of the simulator is not an absolute http address", "模拟器地址不是完整的 http 地址")}
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // what is sent may hold secrets
	return &controlClient{base: strings.TrimRight(base, "/"), http: &http.Client{Timeout: time.Minute, CheckRedirect: stay}}, nil
}

// errNoControl says that what answers is no simulator with a control API.
var errNoControl error = &lang.Error{Text: lang.T("no simulator with a control API answers there", "该地址没有带控制接口的模拟器应答")}

// controlFailure is what the control API says when it refuses.
type controlFailure struct {
	Error    string       `json:"error"`
	Delivery *deliveryDoc `json:"delivery"`
}

// deliveryDoc is a push as the control API shows it.
type deliveryDoc struct {
	URL       string   `json:"url"`
	Kind      string   `json:"kind"`
	Delivered bool     `json:"delivered"`
	Tries     []tryDoc `json:"tries"`
}

type tryDoc struct {
	Status int     `json:"status"`
	Body   any     `json:"body"`
	Millis float64 `json:"ms"`
	Error  string  `json:"error"`
}

// simulatedState is what the control API shows of the platform, as far as it is
// needed to choose where an event goes.
type simulatedState struct {
	Provider struct {
		CallbackURL string `json:"callback_url"`
	} `json:"provider"`
	Apps []simulatedApp `json:"apps"`
}

type simulatedApp struct {
	Kind        string `json:"kind"`
	ID          string `json:"id"`
	CallbackURL string `json:"callback_url"`
	DataURL     string `json:"data_url"`
}

// state reads what the simulator has.
func (c *controlClient) state(ctx context.Context) (*simulatedState, error) {
	var state simulatedState
	_, err := c.do(ctx, http.MethodGet, "", nil, &state)
	return &state, err
}

// post sends one request with a JSON body, see do.
func (c *controlClient) post(ctx context.Context, path string, in, out any) (*controlFailure, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	return c.do(ctx, http.MethodPost, path, body, out)
}

// do sends one request. A refusal comes back with its delivery, if there was one,
// and never quotes the request.
func (c *controlClient) do(ctx context.Context, method, path string, body []byte, out any) (*controlFailure, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+"/wecomtest/v1/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, errNoControl
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, errNoControl
	}
	defer func() { _ = response.Body.Close() }()
	const most = 16 << 20
	text, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return nil, errNoControl
	}
	if response.StatusCode < 300 {
		if json.Unmarshal(text, out) != nil {
			return nil, errNoControl
		}
		return nil, nil //nolint:nilnil // Done: no failure.
	}
	var failure controlFailure
	if json.Unmarshal(text, &failure) != nil || failure.Error == "" {
		return nil, errNoControl
	}
	return &failure, &lang.Error{Text: lang.T("the simulator refuses", "模拟器拒绝了请求"), Err: errors.New(failure.Error)}
}

// ticket makes a working suite_ticket.
func (c *controlClient) ticket(ctx context.Context, suite string) (string, error) {
	var out struct {
		Ticket string `json:"suite_ticket"`
	}
	_, err := c.post(ctx, "apps/"+url.PathEscape(suite)+"/ticket", map[string]bool{"push": false}, &out)
	if err == nil && out.Ticket == "" {
		err = errNoControl
	}
	return out.Ticket, err
}
