package register_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

// A corp of some size and a token that is nearly over: that is said at once.
func TestMigrateNeedsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(2000, 100, false)
		plan := newPlan(t, source(departments, users))
		cfg := register.MigrateConfig{ImportFrom: -1}
		time.Sleep(29*time.Minute + 40*time.Second)
		report, err := n.migrate(t.Context(), t, plan, cfg)
		short, ok := errors.AsType[*register.TimeError](err)
		require.True(t, ok, "%v", err)
		assert.Greater(t, short.Need, 25*time.Second)
		assert.Less(t, short.Need, 2*time.Minute)
		assert.LessOrEqual(t, short.Left, 20*time.Second)
		require.ErrorContains(t, err, "nothing was written")
		assert.Equal(t, 2, report.Calls, "the root was read, and who is in it")
		assert.Empty(t, n.platform.Calls("/cgi-bin/department/create"))

		cfg.IgnoreTime = true
		report, err = n.migrate(t.Context(), t, plan, cfg)
		require.ErrorIs(t, err, register.ErrContactTokenExpired)
		assert.Positive(t, report.Departments.Created)
		assert.False(t, report.Unlocked)
	})
}

// aliases lets the platform take another token in place of the one that has died: a
// second one, as a registration may give.
type aliases struct {
	next  http.RoundTripper
	first atomic.Pointer[string]
}

func (a *aliases) RoundTrip(r *http.Request) (*http.Response, error) {
	if first := a.first.Load(); first != nil && r.URL.Query().Get("access_token") == "second" {
		r = r.Clone(r.Context())
		q := r.URL.Query()
		q.Set("access_token", *first)
		r.URL.RawQuery = q.Encode()
	}
	return a.next.RoundTrip(r)
}

// The token dies in the middle. The run stops, what it has done is kept, and a run
// with another token goes on from there.
func TestMigrateGoesOnWithAnotherToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var second *aliases
		n := newNewcomer(t, func(next http.RoundTripper) http.RoundTripper {
			second = &aliases{next: next}
			return second
		})
		departments, users := company(60, 10, false)
		plan := newPlan(t, source(departments, users))
		first, err := n.contacts(t.Context())
		require.NoError(t, err)
		token, err := first.Token(t.Context())
		require.NoError(t, err)
		second.first.Store(&token.Value)

		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/create", Skip: 20, Code: 40014})
		keep := new(memory)
		report, err := first.Migrate(t.Context(), plan, register.MigrateConfig{Checkpoint: keep})
		require.ErrorIs(t, err, wecom.ErrTokenRejected)
		require.ErrorIs(t, err, register.ErrContactTokenEnded)
		assert.Equal(t, register.Tally{Planned: 10, Created: 10}, report.Departments)
		assert.Positive(t, report.Users.Created)

		other := n.client.Contacts(wecom.NewSecret("second"), time.Now().Add(10*time.Minute))
		report, err = other.Migrate(t.Context(), plan, register.MigrateConfig{Checkpoint: keep})
		require.NoError(t, err)
		n.assertTree(t, departments, users)
		assert.Equal(t, 1, report.Runs)
		assert.Equal(t, register.Tally{Planned: 10, Created: 10}, report.Departments, "of the first run")
		assert.Positive(t, report.Users.Skipped)
		assert.Len(t, n.platform.Calls("/cgi-bin/department/create"), 10)
		assert.False(t, n.corp.ContactsLocked())
	})
}

func TestMigrateRenewsTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var second *aliases
		n := newNewcomer(t, func(next http.RoundTripper) http.RoundTripper {
			second = &aliases{next: next}
			return second
		})
		departments, users := company(60, 10, false)
		plan := newPlan(t, source(departments, users))
		first, err := n.contacts(t.Context())
		require.NoError(t, err)
		token, err := first.Token(t.Context())
		require.NoError(t, err)
		second.first.Store(&token.Value)

		renewed := 0
		renew := func(context.Context) (*register.Contacts, error) {
			renewed++
			return n.client.Contacts(wecom.NewSecret("second"), time.Now().Add(10*time.Minute)), nil
		}
		short := n.client.Contacts(wecom.NewSecret("second"), time.Now().Add(time.Second))
		_, err = short.Migrate(t.Context(), plan, register.MigrateConfig{Renew: renew, IgnoreTime: true, CallsPerMinute: 600})
		require.NoError(t, err)
		n.assertTree(t, departments, users)
		assert.Equal(t, 1, renewed)
	})
}

// Tokens that are all refused are not fetched for ever.
func TestMigrateGivesUpOnTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(60, 10, false)
		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/create", Code: 42001, Times: -1})
		n.platform.ForgetCalls()
		_, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{Renew: n.contacts})
		require.ErrorIs(t, err, wecom.ErrTokenRejected)
		assert.Len(t, n.platform.Calls(infoPath), 4, "the first, and three more")

		boom := errors.New("the database is away")
		n.platform.ForgetCalls()
		_, err = n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{
			Renew: func(context.Context) (*register.Contacts, error) { return nil, boom },
		})
		require.ErrorIs(t, err, boom)
		_, err = n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{
			Renew: func(context.Context) (*register.Contacts, error) { return nil, nil }, //nolint:nilnil // what must not panic
		})
		require.ErrorContains(t, err, "Renew returned nil")
	})
}

// contact_sync_success is carried out once, and it is known to be, whatever becomes
// of its replies.
func TestMigrateUnlocksOnce(t *testing.T) {
	t.Parallel()
	renewals := map[string]func(*newcomer) func(context.Context) (*register.Contacts, error){
		"with renewal": func(n *newcomer) func(context.Context) (*register.Contacts, error) { return n.contacts },
		"without":      func(*newcomer) func(context.Context) (*register.Contacts, error) { return nil },
	}
	faults := map[string][]wecomtest.Fault{
		"no fault":                      nil,
		"reply lost":                    {{DropReply: true}},
		"request lost":                  {{DropRequest: true}},
		"failed inside":                 {{Code: -1}},
		"too many calls":                {{Code: 45009, Times: 3}},
		"gateway failed":                {{Status: http.StatusBadGateway}},
		"reply cut":                     {{CutJSON: true}},
		"failed, then the reply lost":   {{Code: -1}, {DropReply: true}},
		"reply lost, too many calls":    {{DropReply: true}, {Code: 45009}},
		"lost twice, then a lost reply": {{DropRequest: true, Times: 2}, {DropReply: true}},
	}
	for renewal, renew := range renewals {
		for name, list := range faults {
			t.Run(name+" "+renewal, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					n := newNewcomer(t, nil)
					for _, fault := range list {
						fault.Path = successPath
						n.platform.Inject(fault)
					}
					departments, users := company(4, 2, false)
					report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{Renew: renew(n)})
					require.NoError(t, err)
					assert.True(t, report.Unlocked)
					assert.False(t, n.corp.ContactsLocked())
					assert.Equal(t, 1, n.unlocked())
				})
			})
		}
	}
}

// A refusal of the token after a lost request could be taken for success: a renewal
// shows that it was none.
func TestMigrateIsNotTakenInByARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		n.platform.Inject(wecomtest.Fault{Path: successPath, DropRequest: true})
		n.platform.Inject(wecomtest.Fault{Path: successPath, Code: 40014})
		report, err := n.migrate(t.Context(), t, newPlan(t, register.PlanSource{}), register.MigrateConfig{Renew: n.contacts})
		require.NoError(t, err)
		assert.True(t, report.Unlocked)
		assert.False(t, n.corp.ContactsLocked())
		assert.Equal(t, 1, n.unlocked())
	})
}

// A run that is killed between contact_sync_success and its reply leaves it to the
// next to find out.
func TestMigrateKilledWhileUnlocking(t *testing.T) {
	t.Parallel()
	for _, carriedOut := range []bool{true, false} {
		t.Run(fmt.Sprint("carried out: ", carriedOut), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNewcomer(t, nil)
				n.platform.Inject(wecomtest.Fault{Path: successPath, DropReply: carriedOut, DropRequest: !carriedOut})
				keep := new(memory)
				contacts, err := n.contacts(t.Context())
				require.NoError(t, err)
				token, err := contacts.Token(t.Context())
				require.NoError(t, err)
				ctx, cancel := context.WithCancel(t.Context())
				end := n.platform.Inject(wecomtest.Fault{Path: successPath, Code: -1, Times: -1}) // of the tries after that
				time.AfterFunc(time.Second, cancel)
				plan := newPlan(t, register.PlanSource{})
				_, err = contacts.Migrate(ctx, plan, register.MigrateConfig{Checkpoint: keep})
				require.ErrorContains(t, err, "may have been carried out")

				end()
				n.platform.ForgetCalls()
				again := n.client.Contacts(wecom.NewSecret(token.Value), token.ExpiresAt)
				report, err := again.Migrate(t.Context(), plan, register.MigrateConfig{Checkpoint: keep})
				require.NoError(t, err)
				assert.True(t, report.Unlocked)
				assert.False(t, n.corp.ContactsLocked())
				assert.Empty(t, n.platform.Calls("/cgi-bin/department/list"), "everything but the last call was done")
			})
		})
	}
}

// Neither does a run that is cancelled in that moment take it for not carried out.
func TestMigrateCancelledWhileUnlocking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n := newNewcomer(t, func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				res, err := next.RoundTrip(r)
				if r.URL.Path != successPath {
					return res, err
				}
				cancel()
				return nil, errors.Join(err, ctx.Err())
			})
		})
		cfg := register.MigrateConfig{Checkpoint: new(memory)}
		plan := newPlan(t, register.PlanSource{})
		_, err := n.client.Migrate(ctx, n.code, plan, cfg)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, "may have been carried out")
		assert.False(t, n.corp.ContactsLocked())
		report, err := n.client.Migrate(t.Context(), n.code, plan, cfg)
		require.NoError(t, err)
		assert.True(t, report.Unlocked)
		assert.Equal(t, 1, n.unlocked())
	})
}

// It is not known, and the token is over: then it is said.
func TestMigrateSaysWhenNobodyKnows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		keep := new(memory)
		keep.data = fmt.Appendf(nil, `{"version":1,"plan":%q,"done":6,"finishing":true,"report":{}}`, newPlan(t, register.PlanSource{}).Fingerprint())
		late := n.client.Contacts(wecom.NewSecret("t"), time.Now().Add(-time.Second))
		_, err := late.Migrate(t.Context(), newPlan(t, register.PlanSource{}), register.MigrateConfig{Checkpoint: keep})
		require.ErrorIs(t, err, register.ErrContactTokenExpired)
		require.ErrorContains(t, err, "may have been carried out, see whether the corp can change its contacts")
	})
}

func TestMigrateInvitesNobodyTwice(t *testing.T) {
	t.Parallel()
	const invite = "/cgi-bin/batch/invite"
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(2500, 10, true)
		n.platform.Inject(wecomtest.Fault{Path: invite, Code: -1})
		n.platform.Inject(wecomtest.Fault{Path: invite, DropReply: true})
		report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{Invite: true})
		require.NoError(t, err)
		assert.Equal(t, []int{1500, 1000}, []int{report.Invited, report.InvitesUnsure})
		assert.Len(t, n.platform.Calls(invite), 4)
		for _, u := range n.corp.Users()[1:] {
			assert.Equal(t, 1, u.Invitations)
		}
	})
}

// unreachable lets so many calls to a path fail for want of a connection.
func unreachable(path string, times int) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path != path || times == 0 {
				return next.RoundTrip(r)
			}
			times--
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		})
	}
}

// Without a connection nothing was sent: invitations are sent again.
func TestMigrateInvitesOnceThereIsAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, unreachable("/cgi-bin/batch/invite", 3))
		departments, users := company(20, 4, true)
		report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{Invite: true})
		require.NoError(t, err)
		assert.Equal(t, []int{20, 0}, []int{report.Invited, report.InvitesUnsure})
		assertInvitedOnce(t, n)
	})
}

// A contact_sync_success that was never sent cannot have ended the token.
func TestMigrateIsNotTakenInByAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, unreachable(successPath, 1))
		n.platform.Inject(wecomtest.Fault{Path: successPath, Code: 40014})
		report, err := n.migrate(t.Context(), t, newPlan(t, register.PlanSource{}), register.MigrateConfig{})
		require.ErrorIs(t, err, wecom.ErrTokenRejected)
		assert.False(t, report.Unlocked)
		assert.True(t, n.corp.ContactsLocked())
	})
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, unreachable(successPath, 1))
		n.platform.Inject(wecomtest.Fault{Path: successPath, Code: 40014})
		contacts, err := n.contacts(t.Context())
		require.NoError(t, err)
		require.ErrorIs(t, contacts.ContactSyncSuccess(t.Context()), wecom.ErrNoReply)
		require.ErrorIs(t, contacts.ContactSyncSuccess(t.Context()), wecom.ErrTokenRejected)
		assert.True(t, n.corp.ContactsLocked())
	})
}

func TestMigrateShowsNoSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		canary := func(kind string) string { return "CANARY" + kind }
		n := newNewcomer(t, nil, wecomtest.WithSecrets(canary))
		var out bytes.Buffer
		log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		departments, users := company(30, 5, false)
		users[3].Mobile = "+852 51234567"
		plan := newPlan(t, source(departments, users))
		keep := new(memory)
		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/create", Code: 60103, Message: "invalid mobile", Times: 3})
		contacts, err := n.contacts(t.Context())
		require.NoError(t, err)
		report, incomplete := contacts.Migrate(t.Context(), plan, register.MigrateConfig{Checkpoint: keep, Logger: log, CallsPerMinute: 60})
		require.ErrorIs(t, incomplete, register.ErrIncomplete)
		n.platform.RevokeAll(wecomtest.ContactToken)
		_, dead := contacts.Migrate(t.Context(), plan, register.MigrateConfig{Logger: log, Renew: n.contacts})
		require.ErrorIs(t, dead, register.ErrNoContactSync)
		for _, v := range []any{plan, *plan, report, *report, incomplete, dead, contacts} {
			fmt.Fprintf(&out, "%v %+v %s\n", v, v, v)
			log.Info("value", slog.Any("v", v))
		}
		data, err := json.Marshal(report)
		require.NoError(t, err)
		all := out.String() + string(data) + string(keep.data)
		assert.NotContains(t, all, "CANARY")
		for _, want := range []string{"migration step begins", "migration goes on", "migration step is done", "migration: refused"} {
			assert.Contains(t, all, want)
		}
		logged := fmt.Sprint(report, incomplete, dead) + string(data) + string(keep.data)
		assert.NotContains(t, logged, "138000", "nor does it hold what is personal")
		assert.NotContains(t, url.QueryEscape(logged), "51234567")
	})
}

func TestFileCheckpoint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := register.FileCheckpoint(filepath.Join(dir, "migration.json"))
	data, err := file.Load(t.Context())
	require.NoError(t, err)
	assert.Nil(t, data)
	for _, text := range []string{"one", "two"} {
		require.NoError(t, file.Save(t.Context(), []byte(text)))
		data, err = file.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, text, string(data))
	}
	info, err := os.Stat(string(file))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing is left beside it")

	require.Error(t, register.FileCheckpoint(filepath.Join(dir, "none", "x")).Save(t.Context(), nil))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "taken"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "taken", "x"), nil, 0o600))
	require.Error(t, register.FileCheckpoint(filepath.Join(dir, "taken")).Save(t.Context(), nil))
	entries, err = os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nor after a failure")
	_, err = register.FileCheckpoint(dir).Load(t.Context())
	require.Error(t, err)
}

// brokenCheckpoint fails from some call on.
type brokenCheckpoint struct {
	memory
	saves int
}

func (b *brokenCheckpoint) Save(ctx context.Context, data []byte) error {
	if b.saves--; b.saves < 0 {
		return errors.New("disk full")
	}
	return b.memory.Save(ctx, data)
}

// Without its checkpoint a migration does not go on.
func TestMigrateStopsWithoutItsCheckpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(10, 2, false)
		for saves := range 7 {
			_, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{
				Checkpoint: &brokenCheckpoint{saves: saves},
			})
			require.ErrorContains(t, err, "the checkpoint cannot be saved: disk full")
			assert.True(t, n.corp.ContactsLocked(), "that contact_sync_success is about to be called must be known")
		}
	})
}

func TestClientMigrate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(10, 2, false)
		plan := newPlan(t, source(departments, users))
		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/create", Skip: 3, Code: 42001})
		report, err := n.client.Migrate(t.Context(), n.code, plan, register.MigrateConfig{})
		require.NoError(t, err)
		assert.True(t, report.Unlocked)
		n.assertTree(t, departments, users)

		_, err = n.client.Migrate(t.Context(), n.code, plan, register.MigrateConfig{})
		require.ErrorIs(t, err, register.ErrNoContactSync, "without a checkpoint nobody knows what was done")
		n.platform.Inject(wecomtest.Fault{Path: infoPath, Code: 84024})
		_, err = n.client.Migrate(t.Context(), n.code, plan, register.MigrateConfig{})
		require.ErrorIs(t, err, register.ErrPending)
	})
}

// A run that ends while an invitation is under way cannot know whether it was
// carried out.
func TestMigrateCutWhileInviting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/batch/invite", Latency: time.Minute})
		departments, users := company(10, 2, false)
		keep := new(memory)
		plan := newPlan(t, source(departments, users))
		ctx, cancel := context.WithCancel(t.Context())
		cfg := register.MigrateConfig{Checkpoint: keep, Invite: true, Progress: func(p register.Progress) {
			if p.Step == register.StepInvite {
				time.AfterFunc(time.Second, cancel)
			}
		}}
		_, err := n.migrate(ctx, t, plan, cfg)
		require.ErrorIs(t, err, context.Canceled)
		cfg.Progress = nil
		report, err := n.migrate(t.Context(), t, plan, cfg)
		require.NoError(t, err)
		assert.Equal(t, []int{0, 10}, []int{report.Invited, report.InvitesUnsure})
		assert.Len(t, n.platform.Calls("/cgi-bin/batch/invite"), 1)
	})
}

// The platform refuses to unlock while somebody gives up: the next run knows that
// nothing was carried out, whatever becomes of its token.
func TestMigrateRefusedWhileGivingUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		asked := 0
		n := newNewcomer(t, func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path != successPath {
					return next.RoundTrip(r)
				}
				if asked++; asked > 1 {
					return httpmock.NewStringResponse(http.StatusOK, `{"errcode":40014,"errmsg":"invalid access_token"}`), nil
				}
				cancel()
				return httpmock.NewStringResponse(http.StatusOK, `{"errcode":84023,"errmsg":"not allowed"}`), nil
			})
		})
		cfg := register.MigrateConfig{Checkpoint: new(memory)}
		plan := newPlan(t, register.PlanSource{})
		_, err := n.client.Migrate(ctx, n.code, plan, cfg)
		require.Error(t, err)
		report, err := n.client.Migrate(t.Context(), n.code, plan, cfg)
		require.ErrorIs(t, err, wecom.ErrTokenRejected)
		assert.False(t, report.Unlocked)
		assert.True(t, n.corp.ContactsLocked())
	})
}
