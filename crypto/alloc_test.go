//go:build !race

package crypto

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The race detector drops pooled memory at random; without it, opening a
// message into a buffer that is large enough allocates nothing.
//
//nolint:paralleltest // AllocsPerRun counts the allocations of the whole process.
func TestOpenDoesNotAllocate(t *testing.T) {
	c := newCodec(t, testToken, testKey)
	ids, err := NewReceivers("ww1111111111111111", testID, "dk1111111111111111")
	require.NoError(t, err)
	for _, size := range []int{0, 400, 8 << 10, 256 << 10} {
		m, err := c.Seal(bytes.Repeat([]byte("a"), size), testID, testTime, testNonce)
		require.NoError(t, err)
		buf := make([]byte, base64.StdEncoding.DecodedLen(len(m.Encrypt)))
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			if _, err := c.Open(buf, m, ids); err != nil {
				t.Error(err)
			}
		}), "%d bytes", size)
	}
}
