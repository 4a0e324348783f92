package sqlstore_test

import (
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/store/sqlstore"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// PostgreSQL is killed while corps authorise the app, again and again. No permanent
// code is lost: whoever was told of success finds it after the restart, whoever got
// an UnsavedCodeError has it in hand and saves it with a second call, and after any
// other error the authorisation code is still good.
func TestFaultPostgreSQLKilledDuringAuthorize(t *testing.T) {
	t.Parallel()
	ctx, server := t.Context(), startServer(t)
	store := newStore(t, open(t, "pgx", server.dsn()), sqlstore.PostgreSQL)
	platform := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	sim := platform.NewApp(wecomtest.AppConfig{})
	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))
	require.NoError(t, err)
	app, err := suite.New(api, suite.Config{ID: sim.ID, Secret: sim.Secret, Codes: store})
	require.NoError(t, err)
	require.NoError(t, app.SaveTicket(ctx, wecom.NewSecret(sim.IssueTicket()), time.Now()))

	var saved, carried, unspent int
	for round := range 6 {
		const corps = 40
		made := make([]wecomtest.Installation, corps)
		for i := range made {
			made[i], _ = platform.NewCorp(fmt.Sprint("Corp ", round, " ", i)).Install(ctx, sim) // there is no callback URL to push to
			require.NotEmpty(t, made[i].AuthCode)
		}
		errs := make([]error, corps)
		var wg sync.WaitGroup
		for i := range made {
			wg.Go(func() {
				<-time.After(time.Duration(i) * time.Millisecond / 2)
				_, errs[i] = app.Authorize(ctx, wecom.AuthCode(made[i].AuthCode))
			})
		}
		<-time.After(time.Duration(mathrand.IntN(15)) * time.Millisecond)
		server.kill()
		wg.Wait()
		server.start(t)

		for i, err := range errs {
			if err == nil {
				saved++
			} else if unsaved, ok := errors.AsType[*suite.UnsavedCodeError](err); ok {
				carried++
				assert.Equal(t, made[i].PermanentCode, unsaved.Code.Reveal())
				assert.Equal(t, made[i].CorpID, unsaved.CorpID)
				assert.NotContains(t, err.Error(), made[i].PermanentCode)
				again(t, app, made[i])
			} else {
				unspent++
				again(t, app, made[i])
			}
			var code suite.PermanentCode
			until(t, "the database is asked over a new connection", func() bool {
				var err error
				code, err = store.LoadCode(ctx, made[i].SuiteID, made[i].CorpID)
				require.NotErrorIs(t, err, suite.ErrNoCode, "corp %d of round %d was lost", i, round)
				return err == nil
			})
			assert.Equal(t, made[i].PermanentCode, code.Code.Reveal())
		}
	}
	assert.Positive(t, carried, "the server was never killed in time: the test is void")
	t.Logf("PostgreSQL killed 6 times during 240 authorisations: %d saved, %d carried by the error and saved by a second call, %d not spent, 0 lost", saved, carried, unspent)
}

// again authorises with the same code. Connections from before the crash may be
// left in the pool, so it may take more than one call.
func again(t *testing.T, app *suite.Client, made wecomtest.Installation) {
	t.Helper()
	until(t, "a further call saves the permanent code", func() bool {
		_, err := app.Authorize(t.Context(), wecom.AuthCode(made.AuthCode))
		require.NotErrorIs(t, err, wecom.ErrCodeRejected, "the authorisation code was spent and the permanent code is gone")
		return err == nil
	})
}
