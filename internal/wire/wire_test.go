package wire_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/wire"
)

func TestCheckID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"ww4asffe99e54c0f4c", "wpA-b_C", "a", strings.Repeat("a", 128)} {
		require.NoError(t, wire.CheckID(id))
	}
	for _, id := range []string{"", "a/b", "a b", "a\n", "企业", "\x00", "\x7f", "\xff", strings.Repeat("a", 129)} {
		require.Error(t, wire.CheckID(id), "%q", id)
	}
	assert.Less(t, len(wire.CheckID(strings.Repeat("/", 1<<20)).Error()), 100)
}

func TestCheckSecret(t *testing.T) {
	t.Parallel()
	require.NoError(t, wire.CheckSecret("s"))
	require.Error(t, wire.CheckSecret(""))
	for _, secret := range []string{" canary", "canary\n"} {
		err := wire.CheckSecret(secret)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "canary")
	}
}

func TestCheckState(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"", "aZ09", strings.Repeat("a", 32)} {
		require.NoError(t, wire.CheckState(state, 32))
	}
	for _, state := range []string{"a-b", "a b", "状态", "a&b", strings.Repeat("a", 33)} {
		require.Error(t, wire.CheckState(state, 32))
	}
}

func TestCheckRedirect(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://a.example", "http://a.example:8080/b?c=d", "https://企业.example/"} {
		require.NoError(t, wire.CheckRedirect(address))
	}
	for _, address := range []string{"", "a.example/b", "/b", "//a.example/b", "ftp://a.example", "https://", "https://:80/", "https://a/#", "javascript:alert(1)", "https://a b/", "%"} {
		err := wire.CheckRedirect(address)
		require.Error(t, err, address)
	}
}

func TestBase(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"": wire.PageURL, "https://a.example/": "https://a.example", "http://127.0.0.1:80/x/": "http://127.0.0.1:80/x",
	} {
		got, err := wire.Base(address)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, address := range []string{"a.example", "ftp://a", "https://a/?b", "https://a/#b", "https://"} {
		_, err := wire.Base(address)
		require.Error(t, err, address)
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	const odd = "https://a/b c?d=e&f=+g#企业"
	got := wire.Escape(odd)
	assert.NotContains(t, got, "+")
	back, err := url.QueryUnescape(got)
	require.NoError(t, err)
	assert.Equal(t, odd, back)
}

func TestBrief(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "short", wire.Brief("short"))
	got := wire.Brief(strings.Repeat("企", 1000))
	assert.LessOrEqual(t, len(got), 43)
	assert.NotContains(t, got, "\ufffd")
	assert.Equal(t, strings.Repeat("a", 300), wire.Line(strings.Repeat("a", 300)))
	assert.Equal(t, strings.Repeat("a", 300)+"…", wire.Line(strings.Repeat("a", 301)))
	assert.Equal(t, "状态 a\ufffd[31m\ufffdb\ufffd", wire.Line("状态 a\x1b[31m\u202eb\n"), "nothing that steers a terminal")
}
