package register_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/register"
)

// stopAfter refuses a path to this address after some calls.
func stopAfter(path string, most int) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		calls := 0
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path != path {
				return next.RoundTrip(r)
			}
			if calls++; calls <= most {
				return next.RoundTrip(r)
			}
			return httpmock.NewStringResponse(http.StatusOK, `{"errcode":60020,"errmsg":"not allow to access from your ip"}`), nil
		})
	}
}

// A run that is cut short reports what it has done.
func TestReportOfARunThatStopped(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]register.Report{
		"/cgi-bin/department/create": {Departments: register.Tally{Planned: 5, Created: 3}, Users: register.Tally{Planned: 6}, Tags: register.Tally{Planned: 4}},
		"/cgi-bin/user/create":       {Departments: register.Tally{Planned: 5, Created: 5}, Users: register.Tally{Planned: 6, Created: 3}, Tags: register.Tally{Planned: 4}},
		"/cgi-bin/tag/create": {
			Departments: register.Tally{Planned: 5, Created: 5}, Users: register.Tally{Planned: 6, Created: 6}, Tags: register.Tally{Planned: 4, Created: 3},
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNewcomer(t, stopAfter(path, 3))
			departments, users := company(6, 5, true)
			plan := newPlan(t, source(departments, users,
				register.Tag{ID: 1, Name: "一"}, register.Tag{ID: 2, Name: "二"}, register.Tag{ID: 3, Name: "三"}, register.Tag{ID: 4, Name: "四"}))
			keep := new(memory)
			report, err := n.migrate(t.Context(), t, plan, register.MigrateConfig{Parallel: 1, Checkpoint: keep})
			require.ErrorIs(t, err, wecom.ErrIPNotAllowed)
			assert.Equal(t, want.Departments, report.Departments, path)
			assert.Equal(t, want.Users, report.Users, path)
			assert.Equal(t, want.Tags, report.Tags, path)
		})
	}
}
