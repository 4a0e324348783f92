package wecom_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

// WeCom blocks the address of whoever asks on and on: how long a refusal is
// remembered, give or take the half of it.
func TestRefusalsAreRememberedAsLongAsTheyLast(t *testing.T) {
	t.Parallel()
	for err, memory := range map[error]time.Duration{
		wecom.Code(40080):                      30 * time.Second, // secret of the suite
		wecom.Code(40084):                      30 * time.Second, // permanent code
		wecom.Code(45009):                      10 * time.Second, // rate limit
		wecom.Code(40085):                      10 * time.Second, // ticket
		wecom.Code(60020):                      10 * time.Second, // address
		wecom.Code(-1):                         0,
		errors.New("connection reset"):         0,
		fmt.Errorf("w: %w", wecom.ErrNoTicket): 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &issuer{err: err}
			source := newClient(t).TokenSource("k", p.fetch)
			ask := func(fetches int) {
				_, got := source.Token(t.Context())
				require.ErrorIs(t, got, err)
				require.Equal(t, fetches, p.count(), err)
			}
			ask(1)
			if memory == 0 {
				ask(2)
				return
			}
			time.Sleep(memory/2 - time.Millisecond)
			ask(1)
			time.Sleep(memory + 2*time.Millisecond)
			ask(2)
		})
	}
}

// In the last minute callers wait for the platform; if it fails, the token that
// has seconds left is better than none.
func TestFailureInTheLastMinuteIsSurvivedByTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{}
		source := newClient(t).TokenSource("k", p.fetch)
		first, _ := mustToken(t, source)
		time.Sleep(time.Until(first.ExpiresAt) - 30*time.Second)
		p.set(func(p *issuer) { p.err, p.latency = errors.New("down"), time.Second })
		got, took := mustToken(t, source)
		assert.Equal(t, first, got)
		assert.Equal(t, time.Second, took, "waited for a refresh")
		assert.Equal(t, 2, p.count())

		time.Sleep(30 * time.Second)
		_, err := source.Token(t.Context())
		require.ErrorContains(t, err, "down", "it has expired")
	})
}
