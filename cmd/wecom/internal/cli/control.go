package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// controlClient asks the control API of a running simulator.
type controlClient struct {
	base string // of the platform
	http *http.Client
}

func newControlClient(base string) (*controlClient, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("the address of the simulator is not an absolute http address")
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // what is sent may hold secrets
	return &controlClient{base: strings.TrimRight(base, "/"), http: &http.Client{Timeout: time.Minute, CheckRedirect: stay}}, nil
}

// errNoControl says that what answers is no simulator with a control API.
var errNoControl = errors.New("no simulator with a control API answers there")

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

// post sends one request. A refusal comes back with its delivery, if there was
// one, and never quotes the request.
func (c *controlClient) post(ctx context.Context, path string, in, out any) (*controlFailure, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/wecomtest/v1/"+path, bytes.NewReader(body))
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
	return &failure, fmt.Errorf("the simulator refuses: %s", failure.Error)
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
