package register_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/register"
)

// The same event is handled twice, by two processes at once: one of them notices.
func TestMigrateTwiceAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(40, 5, false)
		plan := newPlan(t, source(departments, users))
		cfg := register.MigrateConfig{Checkpoint: new(memory), Invite: true}
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i := range errs {
			both.Go(func() { _, errs[i] = n.client.Migrate(t.Context(), n.code, plan, cfg) })
		}
		both.Wait()
		if errs[0] != nil {
			errs[0], errs[1] = errs[1], errs[0]
		}
		require.NoError(t, errs[0])
		require.ErrorIs(t, errs[1], register.ErrTakenOver)
		assertInvitedOnce(t, n)
		assert.Equal(t, 1, n.unlocked())
		n.assertTree(t, departments, users)
	})
}

// A process that was thought dead wakes up when another one has taken over.
func TestMigrateTakenOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(40, 5, false)
		plan := newPlan(t, source(departments, users))
		asleep, wake := make(chan struct{}), make(chan struct{})
		keep := new(memory)
		// Progress is called under a lock. One worker only: a second one would wait for
		// that lock, and the bubble's clock would stand still.
		old := register.MigrateConfig{Checkpoint: keep, Invite: true, Parallel: 1, Progress: func(p register.Progress) {
			if p.Step == register.StepUsers && p.Done == 20 {
				close(asleep)
				<-wake
			}
		}}
		ended := make(chan error)
		go func() {
			_, err := n.client.Migrate(context.WithoutCancel(t.Context()), n.code, plan, old)
			ended <- err
		}()
		<-asleep
		report, err := n.client.Migrate(t.Context(), n.code, plan, register.MigrateConfig{Checkpoint: keep, Invite: true})
		require.NoError(t, err)
		assert.True(t, report.Unlocked)
		close(wake)
		require.Error(t, <-ended)
		assertInvitedOnce(t, n)
		assert.Equal(t, 1, n.unlocked())
		n.assertTree(t, departments, users)

		again, err := n.client.Migrate(t.Context(), n.code, plan, register.MigrateConfig{Checkpoint: keep})
		require.NoError(t, err)
		assert.True(t, again.Unlocked, "the checkpoint is that of the run that has ended it")
	})
}

func assertInvitedOnce(t *testing.T, n *newcomer) {
	t.Helper()
	for _, u := range n.corp.Users()[1:] {
		assert.Equal(t, 1, u.Invitations, u.ID)
	}
}
