package provider_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
)

func TestParseIPList(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"222.209.201.*;1.2.3.4;10.0.0.0/8",
		" 222.209.201.* ; 1.2.3.4;;10.0.0.0/8; ",
		"222.209.201.*\r\n1.2.3.4\n10.0.0.0/8\n",
		"222.209.201.*；1.2.3.4，10.0.0.0/8",
	} {
		l, err := provider.ParseIPList(text)
		require.NoError(t, err, text)
		assert.Equal(t, "222.209.201.*;1.2.3.4;10.0.0.0/8", l.String())
		for addr, want := range map[string]bool{
			"222.209.201.200": true, "222.209.202.1": false,
			"1.2.3.4": true, "::ffff:1.2.3.4": true, "1.2.3.5": false,
			"10.9.8.7": true, "11.0.0.1": false, "2001:db8::1": false,
		} {
			assert.Equal(t, want, l.Contains(netip.MustParseAddr(addr)), addr)
		}
	}
	for _, text := range []string{"", " ; \n"} {
		l, err := provider.ParseIPList(text)
		require.NoError(t, err)
		assert.False(t, l.Contains(netip.MustParseAddr("1.2.3.4")))
		assert.Empty(t, l.String())
	}
	_, err := provider.ParseIPList("1.2.3.4;222.209.201.300;5.6.7.8")
	require.ErrorContains(t, err, `entry "222.209.201.300"`)
	_, err = provider.ParseIPList(strings.Repeat("9", 5000))
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 200)
}

func TestIPListRefused(t *testing.T) {
	t.Parallel()
	l, err := provider.ParseIPList("222.209.201.*")
	require.NoError(t, err)
	refusal := func(code wecom.Code, from string) error {
		return fmt.Errorf("wrapped: %w", &wecom.Error{Op: "/cgi-bin/x", Code: code, FromIP: from})
	}
	tests := []struct {
		err            error
		from           string
		listed, wantOK bool
	}{
		{refusal(60020, "222.209.201.7"), "222.209.201.7", true, true},
		{refusal(60020, "9.9.9.9"), "9.9.9.9", false, true},
		{refusal(60020, ""), "", false, false},
		{refusal(60020, "[secret]"), "", false, false},
		{refusal(40001, "9.9.9.9"), "", false, false},
		{errors.New("other"), "", false, false},
		{nil, "", false, false},
	}
	for _, tt := range tests {
		from, listed, ok := l.Refused(tt.err)
		assert.Equal(t, tt.wantOK, ok, "%v", tt.err)
		assert.Equal(t, tt.listed, listed, "%v", tt.err)
		if tt.from != "" {
			assert.Equal(t, tt.from, from.String())
		} else {
			assert.False(t, from.IsValid())
		}
	}
}
