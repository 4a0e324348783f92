package register_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(40, 12, false)
		users[0].Department, users[0].Order, users[0].IsLeaderInDept = []int64{2, 3}, []int64{1, 2}, []int32{0, 1}
		tags := []register.Tag{{ID: 7, Name: "骨干", Users: []string{"u1", "U2"}, Departments: []int64{1, 4}}, {ID: 8, Name: "空"}}
		agentID := n.corp.Installations()[0].AgentID
		var done []register.Progress
		keep := new(memory)
		n.platform.ForgetCalls()
		cfg := register.MigrateConfig{
			Checkpoint: keep, Invite: true, Progress: func(p register.Progress) { done = append(done, p) },
			Scopes: []register.SetScopeRequest{{AgentID: agentID, AllowParty: []int64{2}}},
		}
		plan := newPlan(t, source(departments, users, tags...))
		report, err := n.migrate(t.Context(), t, plan, cfg)
		require.NoError(t, err, report)

		n.assertTree(t, departments, users)
		made := n.corp.Tags()
		require.Len(t, made, 2)
		assert.ElementsMatch(t, []string{"u1", "u2"}, made[0].Users)
		assert.Equal(t, []int64{1, 4}, made[0].Departments)
		assert.False(t, n.corp.ContactsLocked())
		for _, u := range n.corp.Users()[1:] {
			assert.Equal(t, 1, u.Invitations, "invited once, and not on creation")
		}
		assert.Equal(t, []string{
			"service/get_register_info", "department/list", "user/list", "department/create", "user/create",
			"tag/list", "tag/create", "tag/addtagusers", "agent/set_scope", "tag/get", "batch/invite", "sync/contact_sync_success",
		}, n.paths())

		assert.Equal(t, register.Tally{Planned: 12, Created: 12}, report.Departments)
		assert.Equal(t, register.Tally{Planned: 40, Created: 40}, report.Users)
		assert.Equal(t, register.Tally{Planned: 2, Created: 2}, report.Tags)
		assert.True(t, report.Complete())
		assert.Equal(t, []int{1, 40, 0, 1}, []int{report.Scopes, report.Invited, report.InvitesUnsure, report.Others})
		assert.True(t, report.Unlocked)
		assert.Equal(t, len(n.platform.Calls())-1, report.Calls, "get_register_info was before")

		var steps []register.Step
		for i, p := range done {
			if i == 0 || done[i-1].Step != p.Step {
				steps = append(steps, p.Step)
			} else {
				assert.True(t, p.Done >= done[i-1].Done || p.Total != done[i-1].Total, "%+v", p)
			}
			assert.LessOrEqual(t, p.Done, p.Total)
		}
		assert.Equal(t, []register.Step{
			register.StepRead, register.StepDepartments, register.StepUsers, register.StepTags,
			register.StepScopes, register.StepCheck, register.StepInvite, register.StepFinish,
		}, steps)

		// What is finished stays finished, whatever token there is.
		calls := len(n.platform.Calls())
		dead := n.client.Contacts(wecom.NewSecret("dead"), time.Now().Add(time.Minute))
		again, err := dead.Migrate(t.Context(), plan, cfg)
		require.NoError(t, err)
		assert.Equal(t, report.Users, again.Users)
		assert.True(t, again.Unlocked)
		assert.Len(t, n.platform.Calls(), calls)
	})
}

func TestMigrateNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		report, err := n.migrate(t.Context(), t, newPlan(t, register.PlanSource{}), register.MigrateConfig{})
		require.NoError(t, err)
		assert.True(t, report.Unlocked)
		assert.False(t, n.corp.ContactsLocked())
	})
}

func TestMigrateByFiles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil, wecomtest.WithJobDuration(20*time.Second))
		_, err := n.corp.AddDepartment(wecomtest.Department{ID: 900, Name: "已有"})
		require.NoError(t, err)
		departments, users := company(200, 30, true)
		departments[3].NameEn = "R&D" // a file cannot hold it
		n.platform.ForgetCalls()
		plan := newPlan(t, source(departments, users))
		report, err := n.migrate(t.Context(), t, plan, register.MigrateConfig{ImportFrom: 20})
		require.NoError(t, err)

		assert.True(t, report.Complete(), report)
		assert.Equal(t, register.Tally{Planned: 30, Created: 30}, report.Departments)
		assert.Equal(t, register.Tally{Planned: 200, Created: 200}, report.Users)
		assert.Equal(t, 2, report.Others, "the administrator, and the department that was there")
		assert.Empty(t, n.platform.Calls("/cgi-bin/department/create", "/cgi-bin/user/create"))
		assert.Len(t, n.platform.Calls("/cgi-bin/department/update"), 1)
		assert.Len(t, n.platform.Calls("/cgi-bin/user/update"), 30, "those who lead, which a file cannot hold")
		there := n.corp.Departments()
		assert.Equal(t, "新企业", there[0].Name, "the root stays as it is")
		assert.Equal(t, "已有", there[len(there)-1].Name, "what is not in the plan is not deleted")
		require.NoError(t, n.corp.RemoveDepartment(900))
		n.assertTree(t, departments, users)
		for _, u := range n.corp.Users() {
			assert.Zero(t, u.Invitations)
		}
	})
}

// If a file can hold only a part of most members, all are made one by one.
func TestMigrateByFilesOnlyIfItPays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(30, 2, false)
		_, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{ImportFrom: 10})
		require.NoError(t, err)
		assert.Empty(t, n.platform.Calls("/cgi-bin/batch/syncuser"))
		n.assertTree(t, departments, users)
	})
}

// The contact token may not be allowed to import, nor to make tags: neither is
// documented.
func TestMigrateWithoutImportsAndTags(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		for _, path := range []string{"/cgi-bin/media/upload", "/cgi-bin/tag/list", "/cgi-bin/tag/create", "/cgi-bin/tag/get", "/cgi-bin/batch/invite"} {
			n.platform.Inject(wecomtest.Fault{Path: path, Code: 48002, Times: -1})
		}
		departments, users := company(30, 10, true)
		plan := newPlan(t, source(departments, users, register.Tag{ID: 1, Name: "骨干", Users: []string{"u1"}}))
		cfg := register.MigrateConfig{ImportFrom: 5, Invite: true}
		report, err := n.migrate(t.Context(), t, plan, cfg)
		require.ErrorIs(t, err, register.ErrIncomplete)
		assert.Equal(t, []register.Refusal{{Kind: register.KindTag, ID: "1", Code: 48002, Reason: wecom.Code(48002).Meaning()}}, report.Refused)
		assert.Equal(t, []register.Difference{{Kind: register.KindTag, ID: "1"}}, report.Differences)
		assert.True(t, n.corp.ContactsLocked())
		n.assertTree(t, departments, users)

		cfg.Accept = func(r *register.Report) bool { return r.Users.Refused == 0 }
		report, err = n.migrate(t.Context(), t, plan, cfg)
		require.NoError(t, err)
		assert.False(t, report.Complete())
		assert.True(t, report.Unlocked)
		assert.Equal(t, []int{30, 0}, []int{report.Users.Skipped, report.Invited})
		assert.Equal(t, register.KindInvitation, report.Refused[1].Kind)
		assert.False(t, n.corp.ContactsLocked())
	})
}

// An import that fails as a whole, for whatever reason, is made good one by one.
func TestMigrateAfterAFailedImport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/batch/getresult", Code: 40092, Times: -1})
		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/batch/replaceparty", Code: 40092, Times: -1})
		departments, users := company(30, 10, true)
		_, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{ImportFrom: 5})
		require.NoError(t, err)
		n.assertTree(t, departments, users)
	})
}

// The reply to the start of an import is lost: the next try finds it running, waits
// for it, and does it again.
func TestMigrateWaitsForARunningImport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil, wecomtest.WithJobDuration(time.Minute))
		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/batch/syncuser", DropReply: true})
		departments, users := company(30, 10, true)
		begin := time.Now()
		report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{ImportFrom: 20})
		require.NoError(t, err)
		assert.Greater(t, time.Since(begin), 2*time.Minute)
		assert.Equal(t, register.Tally{Planned: 30, Created: 30}, report.Users)
		n.assertTree(t, departments, users)
	})
}

func TestMigrateWithFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		importFrom int
	}{{"one by one", -1}, {"by files", 50}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(3) {
				synctest.Test(t, func(t *testing.T) {
					var faults *faulty
					n := newNewcomer(t, func(next http.RoundTripper) http.RoundTripper {
						faults = newFaulty(next, 0, seed)
						faults.codes = append(faults.codes, `{"errcode":40014,"errmsg":"invalid access_token"}`)
						return faults
					})
					faults.percent = 10
					departments, users := company(300, 60, tt.importFrom > 0)
					tag := register.Tag{ID: 3, Name: "骨干", Users: []string{"u1", "u2"}}
					report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users, tag)), register.MigrateConfig{
						ImportFrom: tt.importFrom, Renew: n.contacts, Invite: true,
					})
					require.NoError(t, err)
					n.assertTree(t, departments, users)
					assert.Equal(t, register.Tally{Planned: 60, Created: 60}, report.Departments, "a lost reply is no loss")
					assert.Equal(t, 300, report.Users.Created+report.Users.Skipped)
					assert.Equal(t, 300, report.Invited+report.InvitesUnsure)
					assert.Equal(t, 1, n.unlocked())
					assert.False(t, n.corp.ContactsLocked())
					assert.Positive(t, faults.count.Load())
				})
			}
		})
	}
}

// The migration is cut short again and again, at any moment, and taken up by
// another process, which knows nothing but the checkpoint.
func TestMigrateIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		importFrom int
	}{{"one by one", -1}, {"by files", 30}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(6) {
				synctest.Test(t, func(t *testing.T) { cutShort(t, tt.importFrom, seed) })
			}
		})
	}
}

func cutShort(t *testing.T, importFrom int, seed uint64) {
	t.Helper()
	var faults *faulty
	n := newNewcomer(t, func(next http.RoundTripper) http.RoundTripper {
		faults = newFaulty(next, 0, seed)
		return faults
	}, wecomtest.WithJobDuration(5*time.Second))
	faults.percent = 2
	departments, users := company(250, 40, importFrom > 0)
	plan := newPlan(t, source(departments, users, register.Tag{ID: 1, Name: "骨干", Users: []string{"u1", "u2"}}))
	keep := new(memory)
	dice := rand.New(rand.NewPCG(seed, 1))
	runs := 0
	for {
		left := dice.IntN(250)
		if runs == 12 {
			left = 1 << 30
		}
		ctx, cancel := context.WithCancel(t.Context())
		report, err := n.client.Migrate(ctx, n.code, plan, register.MigrateConfig{
			Checkpoint: keep, ImportFrom: importFrom, Invite: true,
			Progress: func(register.Progress) {
				if left--; left < 0 {
					cancel()
				}
			},
		})
		cancel()
		if err == nil {
			assert.Equal(t, 250, report.Invited+report.InvitesUnsure)
			assert.True(t, report.Unlocked)
			break
		}
		require.ErrorIs(t, err, context.Canceled)
		runs++
	}
	n.assertTree(t, departments, users)
	assert.Equal(t, 1, n.unlocked())
	for _, u := range n.corp.Users() {
		assert.LessOrEqual(t, u.Invitations, 1, "nobody is invited twice")
	}
}

func TestMigrateRefusesAnotherPlan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(4, 2, false)
		keep := new(memory)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := n.migrate(ctx, t, newPlan(t, source(departments, users)), register.MigrateConfig{
			Checkpoint: keep, Progress: func(p register.Progress) {
				if p.Step == register.StepUsers {
					cancel()
				}
			},
		})
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, "stopped in step users, at ")

		users[1].Name = "另一个"
		calls := len(n.platform.Calls())
		report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{Checkpoint: keep})
		require.ErrorIs(t, err, register.ErrOtherPlan)
		assert.Nil(t, report)
		assert.Len(t, n.platform.Calls(), calls+1, "only for the token")

		keep.data = []byte(`{"version":99}`)
		_, err = n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{Checkpoint: keep})
		require.ErrorContains(t, err, "damaged or of another version")
	})
}

func TestMigrateSaysWhatIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		_, err := n.corp.AddDepartment(wecomtest.Department{ID: 2, Name: "别的部门"})
		require.NoError(t, err)
		_, err = n.corp.AddDepartment(wecomtest.Department{ID: 500, Name: "财务"})
		require.NoError(t, err)
		n.corp.AddUser(wecomtest.User{ID: "Same", Name: "员工same", Mobile: "13800000004", Departments: []int64{1}})
		n.corp.AddUser(wecomtest.User{ID: "other", Name: "别人", Mobile: "13800000099", Departments: []int64{1}})

		departments := []contact.CreateDepartmentRequest{dep(2, 1, "研发"), dep(3, 2, "后端"), dep(4, 1, "财务"), dep(5, 1, "行政")}
		taken := person("taken", 1, 5)
		taken.Mobile = "+86 139-0000-0000" // the administrator's
		users := []contact.CreateUserRequest{taken, person("child", 2, 3), person("fine", 3, 5), person("same", 4, 1), person("other", 5, 1)}
		keep := new(memory)
		plan := newPlan(t, source(departments, users))
		report, err := n.migrate(t.Context(), t, plan, register.MigrateConfig{Checkpoint: keep})
		require.ErrorIs(t, err, register.ErrIncomplete)
		assert.True(t, n.corp.ContactsLocked())
		assert.Equal(t, register.Tally{Planned: 4, Created: 1, Refused: 3}, report.Departments)
		assert.Equal(t, register.Tally{Planned: 5, Created: 1, Skipped: 1, Refused: 3}, report.Users)
		assert.ElementsMatch(t, []string{
			"department 2: is there already, with another Name",
			"department 3: its parent 2 could not be made",
			"department 4: 60008: department id or name exists already",
			"user other: is there already, with another Name, Mobile",
			"user child: its department 3 could not be made",
			"user taken: 60104: mobile number exists already",
		}, texts(report.Refused))
		assert.ElementsMatch(t, []string{
			"department 2: differs in Name", "department 3: is missing", "department 4: is missing",
			"user other: differs in Name, Mobile", "user child: is missing", "user taken: is missing",
		}, texts(report.Differences))
		assert.False(t, report.Unlocked)

		// The report is for machines and for people.
		data, err := json.Marshal(report)
		require.NoError(t, err)
		var back register.Report
		require.NoError(t, json.Unmarshal(data, &back))
		assert.Equal(t, *report, back)
		text := report.String()
		for _, want := range []string{
			"users             5 planned,      1 created,      1 were there,    3 refused\n", "6 refused, 6 differences", "still locked", "refused      user taken: 60104",
		} {
			assert.Contains(t, text, want)
		}
		assert.NotContains(t, text+string(data), "139")

		// Once the causes are put right, the same plan goes in.
		for _, path := range []string{"别的部门", "财务"} {
			for _, d := range n.corp.Departments() {
				if d.Name == path {
					require.NoError(t, n.corp.RemoveDepartment(d.ID))
				}
			}
		}
		contacts, err := n.contacts(t.Context())
		require.NoError(t, err)
		c := contact.New(contacts)
		require.NoError(t, c.Users().Delete(t.Context(), "other"))
		require.NoError(t, c.Users().Update(t.Context(), contact.UpdateUserRequest{UserID: "creator", Mobile: new("13900000001")}))
		report, err = n.migrate(t.Context(), t, plan, register.MigrateConfig{Checkpoint: keep})
		if err != nil { // the administrator uses WeCom: a mobile is passed over in silence
			require.ErrorIs(t, err, register.ErrIncomplete)
			assert.Equal(t, []string{"user taken: 60104: mobile number exists already"}, texts(report.Refused))
			return
		}
		assert.Empty(t, report.Refused)
		assert.True(t, report.Unlocked)
	})
}

func texts[T fmt.Stringer](list []T) []string {
	var all []string
	for _, item := range list {
		all = append(all, item.String())
	}
	return all
}

// WeCom's limit is a minute's block: the migration waits, and slows down.
func TestMigrateUnderARateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil, wecomtest.WithRateLimit(wecomtest.RateLimit{PerMinute: 60}))
		departments, users := company(200, 5, false)
		begin := time.Now()
		report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{CallsPerMinute: 600})
		require.NoError(t, err)
		n.assertTree(t, departments, users)
		assert.Less(t, time.Since(begin), 15*time.Minute)
		refused := 0
		for _, call := range n.platform.Calls() {
			if call.Code == 45009 {
				refused++
			}
		}
		assert.Less(t, refused, 60, "during a block there is next to no call")
		t.Logf("%d calls, %d of them refused, in %v", report.Calls, refused, time.Since(begin))
	})
}

func TestMigrateKeepsThePace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(100, 10, false)
		begin := time.Now()
		report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{CallsPerMinute: 60, Parallel: 8})
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(begin), time.Duration(report.Calls-1)*time.Second)
	})
}

// While WeCom refuses all calls as too many, one is sent after each pause, and those
// that were waiting for their turn wait on. After that the pace is kept as before.
func TestMigratePausesAllCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const block = 30 * time.Second
		var mu sync.Mutex
		var sent []time.Time
		n := newNewcomer(t, func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path != "/cgi-bin/user/create" {
					return next.RoundTrip(r)
				}
				mu.Lock()
				sent = append(sent, time.Now())
				blocked := time.Since(sent[0]) < block
				mu.Unlock()
				if blocked {
					return httpmock.NewStringResponse(http.StatusOK, `{"errcode":45009,"errmsg":"api freq out of limit"}`), nil
				}
				return next.RoundTrip(r)
			})
		})
		departments, users := company(60, 10, false)
		cfg := register.MigrateConfig{CallsPerMinute: 600, Parallel: 8}
		_, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), cfg)
		require.NoError(t, err)
		n.assertTree(t, departments, users)
		refused := 0
		for i, at := range sent {
			if at.Sub(sent[0]) < block {
				refused++
			}
			if i > 0 {
				assert.GreaterOrEqual(t, at.Sub(sent[i-1]), 100*time.Millisecond, "call %d is too early", i)
			}
		}
		assert.LessOrEqual(t, refused, 6, "pauses of 0.25, 1, 4, 16 and 60 seconds")
	})
}

// What was there already took no time, and says nothing about how long the rest
// will take.
func TestProgressOfWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(100, 60, true)
		n.own(t, departments[:50], users[:50])
		var seen []register.Step
		cfg := register.MigrateConfig{CallsPerMinute: 60, Parallel: 1, Progress: func(p register.Progress) {
			half := p.Step == register.StepDepartments && p.Done == 55 || p.Step == register.StepUsers && p.Done == 75
			if !half {
				return
			}
			seen = append(seen, p.Step)
			rest := time.Duration(p.Total-p.Done) * time.Second // one call a second
			assert.InDelta(t, rest.Seconds(), p.Left.Seconds(), rest.Seconds()/4, p.Step)
		}}
		_, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), cfg)
		require.NoError(t, err)
		assert.Equal(t, []register.Step{register.StepDepartments, register.StepUsers}, seen)
	})
}

// Departments are made one after the other, and the members of a department too.
func TestMigrateMakesNeighboursOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy, most := map[string]int{}, map[string]int{}
		total := make(chan int, 1)
		total <- 0
		n := newNewcomer(t, func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				key := ""
				switch r.URL.Path {
				case "/cgi-bin/department/create":
					key = "departments"
				case "/cgi-bin/user/create":
					body, err := io.ReadAll(r.Body)
					if err != nil {
						return nil, err
					}
					r.Body = io.NopCloser(strings.NewReader(string(body)))
					var u contact.CreateUserRequest
					if err := json.Unmarshal(body, &u); err != nil {
						return nil, err
					}
					key = fmt.Sprint(u.Department)
				}
				if key == "" {
					return next.RoundTrip(r)
				}
				count := func(by int) {
					sum := <-total + by
					busy[key] += by
					most[key], most["all"] = max(most[key], busy[key]), max(most["all"], sum)
					total <- sum
				}
				count(1)
				time.Sleep(time.Second)
				defer count(-1)
				return next.RoundTrip(r)
			})
		})
		departments, users := company(60, 10, false)
		_, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{Parallel: 3})
		require.NoError(t, err)
		assert.Equal(t, 3, most["all"])
		delete(most, "all")
		for key, n := range most {
			assert.Equal(t, 1, n, key)
		}
	})
}

func TestMigrateAsksForConfig(t *testing.T) {
	t.Parallel()
	contacts := newClient(t, new(platform)).Contacts(wecom.NewSecret("t"), time.Now().Add(time.Hour))
	_, err := contacts.Migrate(t.Context(), nil, register.MigrateConfig{})
	require.ErrorContains(t, err, "make one with NewPlan")
	plan := newPlan(t, register.PlanSource{})
	for _, cfg := range []register.MigrateConfig{{Parallel: -1}, {Parallel: 17}, {CallsPerMinute: -1}} {
		_, err := contacts.Migrate(t.Context(), plan, cfg)
		require.ErrorContains(t, err, "MigrateConfig.")
	}
}

// Lists that show encrypted ids in place of user ids and names are no obstacle.
func TestMigrateWithEncryptedLists(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				res, err := next.RoundTrip(r)
				if err != nil || r.URL.Path != "/cgi-bin/user/list" && r.URL.Path != "/cgi-bin/tag/get" && r.URL.Path != "/cgi-bin/department/list" {
					return res, err
				}
				body, err := io.ReadAll(res.Body)
				if err != nil {
					return nil, err
				}
				var reply map[string]any
				if err := json.Unmarshal(body, &reply); err != nil {
					return nil, err
				}
				users, _ := reply["userlist"].([]any)
				for _, entry := range users {
					u, _ := entry.(map[string]any)
					u["userid"] = "wo" + fmt.Sprint(u["userid"])
					u["name"], u["open_userid"] = u["userid"], u["userid"]
				}
				departments, _ := reply["department"].([]any)
				for _, entry := range departments {
					d, _ := entry.(map[string]any)
					d["name"] = fmt.Sprint(d["id"])
				}
				return httpmock.NewJsonResponse(http.StatusOK, reply)
			})
		})
		departments, users := company(20, 10, false)
		plan := newPlan(t, source(departments, users, register.Tag{ID: 1, Name: "骨干", Users: []string{"u1", "u2"}}))
		report, err := n.migrate(t.Context(), t, plan, register.MigrateConfig{ImportFrom: 5})
		require.NoError(t, err)
		assert.Empty(t, n.platform.Calls("/cgi-bin/batch/replaceparty"), "the name of the root would be lost")
		assert.Len(t, n.platform.Calls("/cgi-bin/user/get"), 20)
		assert.True(t, report.Complete())
		n.assertTree(t, departments, users)
	})
}
