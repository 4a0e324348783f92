package workers_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/examples/internal/workers"
)

// platform answers with the path, and cuts the connection of some calls.
type platform struct{}

func (platform) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/cut" {
		return nil, errors.New("cut")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(r.URL.Path))}, nil
}

func TestGate(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	gate, err := workers.OpenGate(t.Context(), platform{}, func(*http.Request) { calls.Add(1) })
	require.NoError(t, err)
	client := &http.Client{Transport: new(http.Transport)}
	defer client.CloseIdleConnections()
	get := func(path string) (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gate.URL+path, nil)
		require.NoError(t, err)
		reply, err := client.Do(r)
		if err != nil {
			return "", err
		}
		defer func() { assert.NoError(t, reply.Body.Close()) }()
		text, err := io.ReadAll(reply.Body)
		return string(text), err
	}
	text, err := get("/cgi-bin/gettoken")
	require.NoError(t, err)
	assert.Equal(t, "/cgi-bin/gettoken", text)
	_, err = get("/cut")
	require.Error(t, err, "no reply of a gateway: the connection ends")
	assert.GreaterOrEqual(t, calls.Load(), int64(2))
	require.NoError(t, gate.Close())
	_, err = get("/")
	require.Error(t, err)
}

func TestIsTerminal(t *testing.T) {
	t.Parallel()
	assert.False(t, workers.IsTerminal(new(bytes.Buffer)))
}
