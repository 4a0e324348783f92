package iplist_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/iplist"
)

func TestEntry(t *testing.T) {
	t.Parallel()
	tests := []struct {
		entry   string
		in, out []string
	}{
		{"1.2.3.4", []string{"1.2.3.4", "::ffff:1.2.3.4"}, []string{"1.2.3.5", "::1", "::102:304"}},
		{"222.209.201.*", []string{"222.209.201.0", "222.209.201.255", "222.209.201.17"}, []string{"222.209.200.255", "222.209.202.0", "222.208.201.1"}},
		{"222.209.*.*", []string{"222.209.0.1", "222.209.255.255"}, []string{"222.210.0.1"}},
		{"1.*.3.4", []string{"1.0.3.4", "1.255.3.4"}, []string{"1.0.3.5", "2.0.3.4"}},
		{"*.*.*.*", []string{"0.0.0.0", "255.255.255.255"}, []string{"::1"}},
		{"10.1.2.3/8", []string{"10.0.0.0", "10.255.255.255"}, []string{"11.0.0.0", "9.255.255.255"}},
		{"0.0.0.0/0", []string{"8.8.8.8"}, []string{"2001:db8::1"}},
		{"1.2.3.4/32", []string{"1.2.3.4"}, []string{"1.2.3.5"}},
		{"::ffff:1.2.3.0/120", []string{"1.2.3.99"}, []string{"1.2.4.0"}},
		{"2001:db8::1", []string{"2001:db8::1", "2001:db8::1%eth0"}, []string{"2001:db8::2", "1.2.3.4"}},
		{"2001:db8::/32", []string{"2001:db8:ffff::1"}, []string{"2001:db9::1"}},
	}
	for _, tt := range tests {
		e, err := iplist.Parse(tt.entry)
		require.NoError(t, err, tt.entry)
		for _, in := range tt.in {
			assert.True(t, e.Contains(netip.MustParseAddr(in)), "%s in %s", in, tt.entry)
		}
		for _, out := range tt.out {
			assert.False(t, e.Contains(netip.MustParseAddr(out)), "%s in %s", out, tt.entry)
		}
		assert.False(t, e.Contains(netip.Addr{}), tt.entry)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "*", "1.2.3", "1.2.3.*.5", "1.2.3.256", "1.2.3.-1", "1.2.3.4*", "256.1.1.*", "01.2.3.*", "+1.2.3.*", "1.2..*",
		"1.2.3.*/24", "1.2.3.4/33", "1.2.3.4-9", "a.example.com", "fe80::1%eth0", "2001:db8::*", "::ffff:1.2.3.4/64", "::ffff:1.2.3.*",
	} {
		e, err := iplist.Parse(s)
		require.Error(t, err, s)
		assert.False(t, e.Contains(netip.MustParseAddr("1.2.3.4")), s)
		assert.False(t, e.Contains(netip.MustParseAddr("::1")), s)
	}
}

func TestZeroEntryContainsNothing(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"0.0.0.0", "1.2.3.4", "::", "::1"} {
		assert.False(t, iplist.Entry{}.Contains(netip.MustParseAddr(s)), s)
	}
}
