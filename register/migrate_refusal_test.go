package register_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

// A reply is lost, and the next try finds what the first has made.
func TestMigrateFindsWhatItHasMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(6, 3, false)
		for _, path := range []string{"department/create", "user/create", "tag/create", "tag/addtagusers"} {
			n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/" + path, DropReply: true})
		}
		report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users, register.Tag{ID: 5, Name: "骨干", Users: []string{"u1"}})), register.MigrateConfig{})
		require.NoError(t, err)
		n.assertTree(t, departments, users)
		assert.Equal(t, []register.Tally{{Planned: 3, Created: 3}, {Planned: 6, Created: 6}, {Planned: 1, Created: 1}},
			[]register.Tally{report.Departments, report.Users, report.Tags})
		assert.Len(t, n.corp.Tags(), 1)
	})
}

func TestMigrateTagsThatAreThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		for _, tag := range []wecomtest.Tag{{ID: 1, Name: "骨干"}, {ID: 2, Name: "另一个"}, {ID: 30, Name: "同名"}} {
			_, err := n.corp.AddTag(tag)
			require.NoError(t, err)
		}
		departments, users := company(6, 3, false)
		n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/create", Code: 60103, Message: "of u0", Times: 1})
		report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users[:1],
			register.Tag{ID: 1, Name: "骨干", Departments: []int64{2}},
			register.Tag{ID: 2, Name: "二"},
			register.Tag{ID: 3, Name: "同名"},
			register.Tag{ID: 4, Name: "四", Users: []string{"u0"}, Departments: []int64{2}},
			register.Tag{ID: 5, Name: "五", Users: []string{"u0"}},
		)), register.MigrateConfig{})
		require.ErrorIs(t, err, register.ErrIncomplete)
		assert.Equal(t, register.Tally{Planned: 5, Created: 1, Skipped: 1, Refused: 3}, report.Tags)
		assert.Equal(t, []string{
			"user u0: 60103: mobile number invalid",
			"tag 2: 40068: tag or tag group id invalid",
			"tag 3: 40071: tag name invalid or already used",
			"tag 4: member u0 does not get it",
			"tag 5: 40070: all nodes of the tag range invalid",
		}, texts(report.Refused))
		assert.Equal(t, []string{
			"user u0: is missing", "tag 2: differs in Name", "tag 3: is missing", "tag 4: differs in Users", "tag 5: differs in Users",
		}, texts(report.Differences))
	})
}

func TestMigrateSaysWhichScopesAreWrong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(4, 2, false)
		report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{
			Scopes: []register.SetScopeRequest{
				{AgentID: n.corp.Installations()[0].AgentID, AllowUser: []string{"u1", "nobody"}, AllowParty: []int64{77}},
				{AgentID: 4711, AllowParty: []int64{1}},
			},
			Accept: func(r *register.Report) bool { return len(r.Differences) == 0 },
		})
		require.NoError(t, err)
		assert.False(t, report.Complete())
		assert.Equal(t, 1, report.Scopes)
		require.Len(t, report.Refused, 2)
		assert.Equal(t, "2 of its members, departments and tags were left out as wrong", report.Refused[0].Reason)
		assert.Equal(t, wecom.Code(40056), report.Refused[1].Code)
	})
}

// What the platform refuses for all calls ends the run at once; what fails for long
// does after six tries.
func TestMigrateStopsAtOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault wecomtest.Fault
		class error
		calls int
	}{
		"address": {wecomtest.Fault{Code: 60020}, wecom.ErrIPNotAllowed, 1},
		"right":   {wecomtest.Fault{Code: 48002}, wecom.ErrNotAuthorized, 1},
		"outage":  {wecomtest.Fault{Code: -1}, wecom.ErrTransient, 6},
		"silence": {wecomtest.Fault{DropRequest: true}, wecom.ErrNoReply, 6},
		"gateway": {wecomtest.Fault{Status: 502}, wecom.ErrTransient, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/cgi-bin/department/create", "/cgi-bin/user/create"} {
				synctest.Test(t, func(t *testing.T) {
					n := newNewcomer(t, nil)
					tt.fault.Path, tt.fault.Times = path, -1
					n.platform.Inject(tt.fault)
					departments, users := company(3, 3, false)
					report, err := n.migrate(t.Context(), t, newPlan(t, source(departments, users)), register.MigrateConfig{Parallel: 1})
					require.ErrorIs(t, err, tt.class)
					require.ErrorContains(t, err, "register: Migrate stopped in step")
					assert.Len(t, n.platform.Calls(path), tt.calls)
					assert.Empty(t, report.Refused)
					assert.True(t, n.corp.ContactsLocked())
				})
			}
		})
	}
}

// Members that came by a file whose run was cut short get what it could not hold.
func TestMigrateCompletesWhatAFileHasMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(40, 4, true)
		users[0].BizMail, users[2].ExternalPosition = "boss@corp.example", "经理"
		users[3].ExtAttr = contact.ExtAttrs{Attrs: []contact.Attr{{Name: "工号", Text: &contact.AttrText{Value: "G1"}}}}
		n.corp.DefineAttributes("工号")
		n.corp.AddUser(wecomtest.User{ID: "u1", Name: "别人", Mobile: "13700000000", Departments: []int64{1}})
		keep := new(memory)
		end := n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/update", Code: 60020, Times: -1})
		plan := newPlan(t, source(departments, users))
		cfg := register.MigrateConfig{ImportFrom: 30, Checkpoint: keep}
		_, err := n.migrate(t.Context(), t, plan, cfg)
		require.ErrorIs(t, err, wecom.ErrIPNotAllowed)
		end()

		report, err := n.migrate(t.Context(), t, plan, cfg)
		require.ErrorIs(t, err, register.ErrIncomplete)
		assert.Equal(t, []string{"user u1: is there already, with another Name, Mobile, Department, Gender"}, texts(report.Refused))
		assert.Len(t, n.platform.Calls("/cgi-bin/batch/syncuser"), 1)
		for _, u := range n.corp.Users() {
			switch u.ID {
			case "u0":
				assert.Equal(t, "boss@corp.example", u.BizMail)
			case "u2":
				assert.Equal(t, "经理", u.ExternalPosition)
			case "u3":
				assert.Equal(t, "G1", u.Attributes[0].Text)
			case "u1":
				assert.Equal(t, "别人", u.Name, "a stranger is left alone")
				continue
			}
			if u.ID != "creator" && len(u.ID) == 2 && u.ID < "u4" {
				assert.Equal(t, u.Departments, u.LeaderOf, u.ID)
			}
		}
	})
}

func TestReportShowsSome(t *testing.T) {
	t.Parallel()
	var r register.Report
	assert.Contains(t, r.String(), "not read back")
	assert.False(t, r.Complete())
	for i := range 25 {
		r.Refused = append(r.Refused, register.Refusal{Kind: register.KindUser, ID: fmt.Sprint(i), Reason: "why"})
	}
	r.Checked, r.Unlocked = true, true
	assert.Contains(t, r.String(), "… and 5 more\n")
	assert.Contains(t, r.String(), "contacts     unlocked\n")
	assert.False(t, r.Complete())
	r.Refused = []register.Refusal{{Kind: register.KindInvitation, Reason: "why"}}
	assert.True(t, r.Complete())
	assert.Contains(t, r.String(), "invitation: why\n")
}

// The contact token may not be allowed to list what it may write: that is not
// documented.
func TestMigrateWithoutLists(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		for _, path := range []string{"department/list", "user/list"} {
			n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/" + path, Code: 48002, Times: -1})
		}
		departments, users := company(40, 8, true)
		_, err := n.corp.AddDepartment(wecomtest.Department{ID: departments[7].ID, Name: "别的部门"})
		require.NoError(t, err)
		keep := new(memory)
		plan := newPlan(t, source(departments, users))
		end := n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/user/create", Skip: 10, Code: 60020, Times: -1})
		cfg := register.MigrateConfig{Checkpoint: keep, ImportFrom: 5}
		_, err = n.migrate(t.Context(), t, plan, cfg)
		require.ErrorIs(t, err, wecom.ErrIPNotAllowed)
		end()

		report, err := n.migrate(t.Context(), t, plan, cfg)
		require.ErrorIs(t, err, register.ErrIncomplete)
		assert.Equal(t, register.Tally{Planned: 8, Created: 7, Refused: 1}, report.Departments)
		assert.Equal(t, 5, report.Users.Refused, "those of the department that is another")
		assert.Len(t, report.Differences, 6)

		require.NoError(t, n.corp.RemoveDepartment(departments[7].ID))
		report, err = n.migrate(t.Context(), t, plan, cfg)
		require.NoError(t, err)
		assert.True(t, report.Complete())
		n.assertTree(t, departments, users)
	})
}

// An English name that a file cannot hold comes after a crash as well.
func TestMigrateNamesDepartmentsAfterACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNewcomer(t, nil)
		departments, users := company(5, 8, true)
		departments[2].NameEn = "R&D"
		plan := newPlan(t, source(departments, users))
		cfg := register.MigrateConfig{Checkpoint: new(memory), ImportFrom: 5}
		end := n.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/department/update", Code: 60020, Times: -1})
		_, err := n.migrate(t.Context(), t, plan, cfg)
		require.ErrorIs(t, err, wecom.ErrIPNotAllowed)
		end()
		_, err = n.migrate(t.Context(), t, plan, cfg)
		require.NoError(t, err)
		n.assertTree(t, departments, users)
	})
}
