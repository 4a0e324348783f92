package register_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

var errKilled = errors.New("killed")

// mortal is a process that dies at some moment as by SIGKILL: from then on nothing
// that it does has an effect.
type mortal struct {
	memory

	dieAt   int  // which event is the last: a call or a save; 0: it lives
	carried bool // the last event still has its effect

	end    context.CancelFunc
	events int
	dead   bool
}

// happens counts an event and reports whether it has an effect.
func (m *mortal) happens() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return false
	}
	m.events++
	if m.events != m.dieAt {
		return true
	}
	m.dead = true
	m.end()
	return m.carried
}

func (m *mortal) isDead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

func (m *mortal) Save(ctx context.Context, data []byte) error {
	if !m.happens() {
		return errKilled
	}
	return m.memory.Save(ctx, data)
}

// between stands between the process and the platform.
func (m *mortal) between(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/cgi-bin/service/") {
			return next.RoundTrip(r)
		}
		if !m.happens() {
			return nil, errKilled
		}
		res, err := next.RoundTrip(r)
		if m.isDead() {
			return nil, errKilled
		}
		return res, err
	})
}

// everyWay is a small company that needs every kind of call there is.
func everyWay() ([]contact.CreateDepartmentRequest, []contact.CreateUserRequest, register.Tag) {
	departments, users := company(8, 4, true)
	departments[1].NameEn = "R&D"
	users[7].DirectLeader = []string{"u1"}
	return departments, users, register.Tag{ID: 3, Name: "骨干", Users: []string{"u1", "U2"}, Departments: []int64{2}}
}

// The process is killed at each call and each checkpoint, before it and after it.
// Another one takes it up and comes to the same end.
func TestMigrateKilledAtEachMoment(t *testing.T) {
	t.Parallel()
	for _, importFrom := range []int{-1, 4} {
		for _, carried := range []bool{false, true} {
			t.Run(fmt.Sprintf("import from %d, carried out %v", importFrom, carried), func(t *testing.T) {
				t.Parallel()
				for dieAt, survived := 1, false; !survived; dieAt++ {
					synctest.Test(t, func(t *testing.T) { survived = killedOnce(t, importFrom, dieAt, carried) })
				}
			})
		}
	}
}

func killedOnce(t *testing.T, importFrom, dieAt int, carried bool) (survived bool) {
	t.Helper()
	process := &mortal{carried: carried}
	n := newNewcomer(t, process.between, wecomtest.WithJobDuration(5*time.Second))
	departments, users, tag := everyWay()
	cfg := register.MigrateConfig{
		Checkpoint: process, ImportFrom: importFrom, Invite: true,
		Scopes: []register.SetScopeRequest{{AgentID: n.corp.Installations()[0].AgentID, AllowParty: []int64{2}}},
	}
	plan := newPlan(t, source(departments, users, tag))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	process.dieAt, process.end = dieAt, cancel
	report, err := n.client.Migrate(ctx, n.code, plan, cfg)
	if process.isDead() {
		survived = err == nil // it has died of the last thing that it had to do
		process.dead, process.dieAt = false, 0
		report, err = n.client.Migrate(t.Context(), n.code, plan, cfg)
	} else {
		survived = true
	}
	require.NoError(t, err, "event %d", dieAt)
	moment := fmt.Sprintf("event %d, %d in all: %v", dieAt, process.events, n.paths())
	n.assertTree(t, departments, users)
	assert.Empty(t, report.Refused, moment)
	assert.Len(t, n.corp.Tags(), 1, moment)
	assert.True(t, report.Unlocked, moment)
	assert.False(t, n.corp.ContactsLocked(), moment)
	assert.Equal(t, 1, n.unlocked(), moment)
	assert.Equal(t, len(users), report.Invited+report.InvitesUnsure, moment)
	for _, u := range n.corp.Users() {
		assert.LessOrEqual(t, u.Invitations, 1, moment)
	}
	return survived
}

// Each call fails once, in every way there is.
func TestMigrateEachCallFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]wecomtest.Fault{
		"token died": {Code: 40014}, "busy": {Code: -1}, "too many": {Code: 45009},
		"request lost": {DropRequest: true}, "reply lost": {DropReply: true}, "gateway": {Status: http.StatusBadGateway},
	} {
		for _, importFrom := range []int{-1, 4} {
			t.Run(fmt.Sprintf("%s, import from %d", name, importFrom), func(t *testing.T) {
				t.Parallel()
				for at, survived := 1, false; !survived; at++ {
					synctest.Test(t, func(t *testing.T) { survived = failedOnce(t, importFrom, at, fault) })
				}
			})
		}
	}
}

func failedOnce(t *testing.T, importFrom, at int, fault wecomtest.Fault) (survived bool) {
	t.Helper()
	var n *newcomer
	calls, hit := 0, ""
	n = newNewcomer(t, func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if !strings.HasPrefix(r.URL.Path, "/cgi-bin/service/") {
				if calls++; calls == at {
					hit = r.URL.Path
					fault := fault
					fault.Path = hit
					n.platform.Inject(fault)
				}
			}
			return next.RoundTrip(r)
		})
	}, wecomtest.WithJobDuration(5*time.Second))
	departments, users, tag := everyWay()
	report, err := n.client.Migrate(t.Context(), n.code, newPlan(t, source(departments, users, tag)), register.MigrateConfig{
		ImportFrom: importFrom, Invite: true, Parallel: 1,
		Scopes: []register.SetScopeRequest{{AgentID: n.corp.Installations()[0].AgentID, AllowParty: []int64{2}}},
	})
	require.NoError(t, err, "call %d, %s", at, hit)
	n.assertTree(t, departments, users)
	assert.Empty(t, report.Refused, hit)
	assert.Equal(t, register.Tally{Planned: 4, Created: 4}, report.Departments, hit)
	assert.Equal(t, register.Tally{Planned: 8, Created: 8}, report.Users, hit)
	assert.Equal(t, register.Tally{Planned: 1, Created: 1}, report.Tags, hit)
	assert.Equal(t, 1, n.unlocked(), hit)
	assert.Equal(t, len(users), report.Invited+report.InvitesUnsure, hit)
	for _, u := range n.corp.Users() {
		assert.LessOrEqual(t, u.Invitations, 1, hit)
	}
	return hit == ""
}
