package register_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
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

// rewrite changes the replies of a path.
func rewrite(path string, change func(reply map[string]any)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			res, err := next.RoundTrip(r)
			if err != nil || r.URL.Path != path {
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
			change(reply)
			return httpmock.NewJsonResponse(http.StatusOK, reply)
		})
	}
}

// own gives the corp what somebody else has made before.
func (n *newcomer) own(t *testing.T, departments []contact.CreateDepartmentRequest, users []contact.CreateUserRequest) {
	t.Helper()
	contacts, err := n.contacts(t.Context())
	require.NoError(t, err)
	c := contact.New(contacts)
	for _, d := range departments {
		_, err := c.Departments().Create(t.Context(), d)
		require.NoError(t, err)
	}
	for _, u := range users {
		u.ToInvite = new(false)
		_, err := c.Users().Create(t.Context(), u)
		require.NoError(t, err)
	}
}

// A department that was there keeps its English name, which the plan does not have.
func TestMigrateLeavesEnglishNamesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(8, 8, true)
		old := departments[0]
		old.NameEn = "Head office"
		n.own(t, []contact.CreateDepartmentRequest{old}, nil)
		report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{ImportFrom: 3})
		require.NoError(t, err)
		assert.Equal(t, register.Tally{Planned: 8, Created: 7, Skipped: 1}, report.Departments)
		assert.Equal(t, "Head office", n.corp.Departments()[1].NameEn)
	})
}

// Nothing is imported below a department that is another.
func TestMigrateImportsNothingIntoAnotherDepartment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, _ := company(0, 20, true)
		n.own(t, []contact.CreateDepartmentRequest{{ID: 2, ParentID: 1, Name: "别的部门"}}, nil)
		report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, nil)), register.MigrateConfig{ImportFrom: 3})
		require.ErrorIs(t, err, register.ErrIncomplete)
		assert.Equal(t, register.Tally{Planned: 20, Created: 9, Refused: 11}, report.Departments)
		assert.Len(t, n.corp.Departments(), 11, "the root, the other one, and those that are not below it")
	})
}

// Members that were there are not completed with what the file could not hold of
// others, in a later run as little as in the first.
func TestMigrateCompletesOnlyWhatItHasImported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(30, 4, true)
		other, plain := users[0], users[1]
		other.Gender, other.IsLeaderInDept = contact.GenderMale, []int32{0}
		plain.Gender, plain.IsLeaderInDept = "", nil
		users[1].IsLeaderInDept = nil
		n.own(t, departments, []contact.CreateUserRequest{other, plain})
		end := n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/update", Code: 60020, Times: -1})
		cfg := register.MigrateConfig{Checkpoint: new(memory), ImportFrom: 10}
		plan := newPlan(t, source(departments, users))
		_, err := n.migrate(t.Context(), t, plan, cfg)
		require.ErrorIs(t, err, wecom.ErrIPNotAllowed)
		end()
		for range 2 {
			report, err := n.migrate(t.Context(), t, plan, cfg)
			require.ErrorIs(t, err, register.ErrIncomplete)
			assert.Equal(t, []string{"user u0: is there already, with another Gender, IsLeaderInDept"}, texts(report.Refused))
		}
		for id, gender := range map[string]string{"u0": "1", "u1": "0", "u2": "2", "u3": "2"} {
			u, _ := n.corp.User(id)
			assert.Equal(t, gender, u.Gender, id)
		}

		// What is changed once all is complete is not changed back.
		contacts, err := n.contacts(t.Context())
		require.NoError(t, err)
		male := contact.GenderMale
		require.NoError(t, contact.New(contacts).Users().Update(t.Context(), contact.UpdateUserRequest{UserID: "u2", Gender: male}))
		report, err := n.migrate(t.Context(), t, plan, cfg)
		require.ErrorIs(t, err, register.ErrIncomplete)
		assert.Len(t, report.Refused, 2)
		u, _ := n.corp.User("u2")
		assert.Equal(t, "1", u.Gender)
	})
}

// A file would overwrite a member whom the lists do not show: the administrator who
// has registered, say.
func TestMigrateImportsNothingOverWhomItCannotSee(t *testing.T) {
	t.Parallel()
	encrypted := rewrite("/cgi-bin/user/list", func(reply map[string]any) {
		users, _ := reply["userlist"].([]any)
		for i, entry := range users {
			u, _ := entry.(map[string]any)
			u["userid"] = fmt.Sprint("woAAAA", i)
			u["open_userid"] = u["userid"]
		}
	})
	forbidden := func(reply map[string]any) { clear(reply); reply["errcode"] = 48002 }
	for name, wrap := range map[string]func(http.RoundTripper) http.RoundTripper{
		"encrypted": encrypted, "forbidden": rewrite("/cgi-bin/user/list", forbidden),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNewcomer(t, wrap)
				departments, users := company(40, 4, true)
				users[5].UserID = "Creator"
				report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{ImportFrom: 5})
				require.ErrorIs(t, err, register.ErrIncomplete)
				assert.Equal(t, []string{"user Creator: is there already, with another Name, Mobile, Department"}, texts(report.Refused))
				creator, _ := n.corp.User("creator")
				assert.Equal(t, "13900000000", creator.Mobile)
				assert.Equal(t, []int64{1}, creator.Departments)
				assert.Len(t, n.corp.Users(), 40)
			})
		})
	}
}

// A name that no file can hold, of a department that is there, is no reason to stop.
func TestMigrateWithANameThatFitsIntoNoFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, rewrite("/cgi-bin/department/list", func(reply map[string]any) {
			departments, _ := reply["department"].([]any)
			root, _ := departments[0].(map[string]any)
			root["name"] = `A|B "Trading"`
		}))
		departments, users := company(8, 8, true)
		_, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{ImportFrom: 8})
		require.NoError(t, err)
		assert.Empty(t, n.platform.Calls("/cgi-bin/batch/replaceparty"))
		n.assertTree(t, departments, users)
	})
}

// An import that stands still is not waited for as long as the token lives.
func TestMigrateDoesNotWaitForStuckImports(t *testing.T) {
	t.Parallel()
	running := func(reply map[string]any) { reply["status"], reply["percentage"] = 2, 40 }
	for name, tt := range map[string]struct {
		wrap  func(http.RoundTripper) http.RoundTripper
		fault wecomtest.Fault
	}{
		"never ends":     {rewrite("/cgi-bin/batch/getresult", running), wecomtest.Fault{}},
		"never its turn": {nil, wecomtest.Fault{Path: "/cgi-bin/batch/syncuser", Code: 302008, Times: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNewcomer(t, tt.wrap)
				if tt.fault.Path != "" {
					n.platform.Inject(tt.fault)
				}
				departments, users := company(30, 4, true)
				begin := time.Now()
				_, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{ImportFrom: 20})
				require.NoError(t, err)
				assert.Less(t, time.Since(begin), 7*time.Minute)
				n.assertTree(t, departments, users)
			})
		})
	}
}

// The job that an earlier run has left never ends either.
func TestMigrateDoesNotWaitForAStuckImportOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, rewrite("/cgi-bin/batch/getresult", func(reply map[string]any) {
			clear(reply)
			reply["errcode"], reply["status"] = 0, 1
		}))
		departments, users := company(30, 4, true)
		plan := newPlan(t, source(departments, users))
		keep := &memory{data: fmt.Appendf(nil, `{"version":1,"plan":%q,"done":1,"jobid":"old","report":{}}`, plan.Fingerprint())}
		n.own(t, departments, nil)
		_, err := n.migrate(t.Context(), t, plan, register.MigrateConfig{Checkpoint: keep})
		require.NoError(t, err)
		n.assertTree(t, departments, users)
		assert.NotContains(t, string(keep.data), "old")
	})
}

func TestMigrateRefusesDamagedCheckpoints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		plan := newPlan(t, register.PlanSource{})
		calls := len(n.platform.Calls())
		for _, text := range []string{
			`{"version":1,"plan":"P","done":`, `[]`, `null`, `{}`, "\x00\x00", `{"version":1,"plan":"P","done":-1}`,
			`{"version":1,"plan":"P","done":8}`, `{"version":1,"plan":"P","done":7}`, `{"version":1,"plan":"P","done":3,"report":{"unlocked":true}}`,
			`{"version":1,"plan":"P","done":5,"inviting":5,"invited":-5}`, `{"version":1,"plan":"P","done":5,"inviting":1,"invited":2}`,
			`{"version":1,"plan":"P","done":2,"inviting":1}`, `{"version":1,"plan":"P","done":2,"finishing":true}`, `{"version":1,"plan":"P","done":"2"}`,
		} {
			keep := &memory{data: []byte(strings.ReplaceAll(text, `"P"`, fmt.Sprintf("%q", plan.Fingerprint())))}
			report, err := n.client.Contacts(wecom.NewSecret("t"), time.Now().Add(time.Hour)).Migrate(t.Context(), plan, register.MigrateConfig{Checkpoint: keep})
			require.ErrorContains(t, err, "the checkpoint is damaged or of another version: remove it", text)
			assert.Nil(t, report)
		}
		assert.Len(t, n.platform.Calls(), calls)
	})
}

// A directory that is missing is noticed before anything is written.
func TestMigrateNeedsAPlaceForItsCheckpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(4, 2, false)
		_, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{
			Checkpoint: register.FileCheckpoint(t.TempDir() + "/missing/checkpoint.json"),
		})
		require.ErrorContains(t, err, "the checkpoint cannot be saved")
		assert.Empty(t, n.platform.Calls("/cgi-bin/department/create"))
	})
}

// What an earlier run has compared says nothing about now.
func TestReportForgetsAnOldComparison(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(4, 2, false)
		end := n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/create", Code: 60103, Times: -1})
		cfg := register.MigrateConfig{Checkpoint: new(memory)}
		plan := newPlan(t, source(departments, users))
		report, err := n.migrate(t.Context(), t, plan, cfg)
		require.ErrorIs(t, err, register.ErrIncomplete)
		assert.Len(t, report.Differences, 4)
		end()
		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/create", Code: 60020})
		report, err = n.migrate(t.Context(), t, plan, cfg)
		require.ErrorIs(t, err, wecom.ErrIPNotAllowed)
		assert.False(t, report.Checked)
		assert.Empty(t, report.Differences)
	})
}

// Near its end a token may be refused because it has expired: that proves nothing.
func TestMigrateDoesNotTakeExpiryForSuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		contacts, err := n.contacts(t.Context())
		require.NoError(t, err)
		time.Sleep(time.Until(contacts.ExpiresAt()) - 20*time.Second)
		n.platform.Inject(wecomtest.Fault{Path: successPath, DropRequest: true})
		n.platform.Inject(wecomtest.Fault{Path: successPath, Code: 42001})
		report, err := contacts.Migrate(t.Context(), newPlan(t, register.PlanSource{}), register.MigrateConfig{IgnoreTime: true})
		require.ErrorContains(t, err, "may have been carried out, see whether the corp can change its contacts")
		assert.False(t, report.Unlocked)
		assert.True(t, n.corp.ContactsLocked())
	})
}

// A run that has only to unlock does not need the time of a whole migration.
func TestMigrateNeedsLittleTimeForTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, _ := company(0, 3000, true)
		plan := newPlan(t, source(departments, nil))
		keep := &memory{data: fmt.Appendf(nil, `{"version":1,"plan":%q,"done":5,"report":{"checked":true}}`, plan.Fingerprint())}
		contacts, err := n.contacts(t.Context())
		require.NoError(t, err)
		time.Sleep(time.Until(contacts.ExpiresAt()) - 20*time.Second)
		_, err = contacts.Migrate(t.Context(), plan, register.MigrateConfig{Checkpoint: keep})
		require.NoError(t, err)
	})
}

// Calls that were given up before they were sent are not counted.
func TestReportCountsCallsThatWereSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(200, 100, false)
		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/create", Code: 60020})
		contacts, err := n.contacts(t.Context())
		require.NoError(t, err)
		n.platform.ForgetCalls()
		report, err := contacts.Migrate(t.Context(), newPlan(t, source(departments, users)), register.MigrateConfig{})
		require.ErrorIs(t, err, wecom.ErrIPNotAllowed)
		assert.InDelta(t, len(n.platform.Calls()), report.Calls, 4)
	})
}

// A storm of refusals ends with the tokens, not never.
func TestMigrateEndsInAStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(4, 2, false)
		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/create", Code: 45009, Times: -1})
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		_, err := n.client.Migrate(ctx, n.code, newPlan(t, source(departments, users)), register.MigrateConfig{})
		require.Error(t, err)
		require.NoError(t, ctx.Err())
		assert.Less(t, time.Since(begin), 3*time.Hour)
		assert.Less(t, len(n.platform.Calls("/cgi-bin/user/create")), 200)
	})
}
