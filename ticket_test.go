package wecom_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// The process that received a suite_ticket works with it, store or not; the others
// work from the next push on.
func TestPain04_TicketOutlivesTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		platform := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
		console := platform.NewApp(wecomtest.AppConfig{})
		process := func() *suite.Client {
			api := newClient(t, wecom.WithTokenCache(f), wecom.WithTransport(platform.Transport()))
			app, err := suite.New(api, suite.Config{ID: console.ID, Secret: console.Secret})
			require.NoError(t, err)
			return app
		}
		a, b := process(), process()
		push := func() error {
			ticket := wecom.NewSecret(console.IssueTicket())
			err := a.SaveTicket(t.Context(), ticket, time.Now())
			if err != nil {
				assert.NotContains(t, err.Error(), ticket.Reveal())
			}
			return err
		}

		f.goesDown()
		err := push()
		require.ErrorIs(t, err, errCacheDown)
		require.ErrorContains(t, err, "the suite_ticket is kept in this process only")
		_, err = a.Token(t.Context())
		require.NoError(t, err)
		_, err = b.Token(t.Context())
		require.ErrorIs(t, err, wecom.ErrNoTicket)
		require.ErrorIs(t, err, errCacheDown, "the cause is told")

		f.comesBack()
		platform.RevokeAll(wecomtest.SuiteToken)
		require.NoError(t, a.Reject(t.Context(), mustSuiteToken(t, a)))
		mustSuiteToken(t, a) // bought with the ticket in hand
		require.NoError(t, push())
		mustSuiteToken(t, b)
	})
}

func mustSuiteToken(t *testing.T, app *suite.Client) wecom.Token {
	t.Helper()
	token, err := app.Token(t.Context())
	require.NoError(t, err)
	return token
}
