package wecomtest

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPruneBoundsMaps(t *testing.T) {
	t.Parallel()
	ends := map[string]time.Time{}
	itself := func(end time.Time) time.Time { return end }
	start := time.Unix(1_700_000_000, 0)
	const perDay = 2000
	for i := range 20 * perDay {
		now := start.Add(time.Duration(i) * 24 * time.Hour / perDay)
		prune(ends, now, itself)
		ends[strconv.Itoa(i)] = now
	}
	assert.GreaterOrEqual(t, len(ends), perDay, "those of the last day are kept")
	assert.Less(t, len(ends), 2*perDay)
}

func TestPruneKeepsSmallMaps(t *testing.T) {
	t.Parallel()
	old := map[string]time.Time{"old": time.Unix(0, 0)}
	prune(old, time.Unix(1_700_000_000, 0), func(end time.Time) time.Time { return end })
	assert.Len(t, old, 1)
}

// TestValuesThatAgeAreForgotten makes what a server that runs for days makes.
func TestValuesThatAgeAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPlatform(t, WithoutServer())
		app, corp := p.NewApp(AppConfig{}), p.NewCorp("Acme")
		g, _ := corp.authorize(app, installation{})
		const perDay, days = 500, 30
		for range perDay * days {
			app.IssueTicket()
			p.newCardCode(g, "message")
			code := &userCode{app: app, grant: g, private: true, visitor: visitor{corp: corp, user: corp.users[0]}}
			p.newUserCode(code, kindJSCode)
			p.newUserTicket(code, userTicketLife)
			time.Sleep(24 * time.Hour / perDay)
		}
		for what, n := range map[string]int{
			"tickets": len(p.tickets), "cards": len(p.cardCodes), "codes": len(p.userCodes), "user tickets": len(p.userTicket),
		} {
			assert.Less(t, n, perDay*days/4, what)
		}
	})
}

func TestContactListForgetsNamesAndJobs(t *testing.T) {
	t.Parallel()
	p := NewPlatform(t, WithoutServer(), WithJobDuration(0))
	corp := p.NewCorp("Acme")
	for i := range 10 {
		d, err := corp.AddDepartment(Department{Name: "d" + strconv.Itoa(i), NameEn: "en" + strconv.Itoa(i)})
		require.NoError(t, err)
		require.NoError(t, corp.RemoveDepartment(d.ID))
	}
	assert.Len(t, corp.names, 1, "the root's")

	c := &call{token: &token{kind: ContactToken, corp: corp}, now: p.Now()}
	m := &memberImport{p: p, corp: corp, token: c.token, listed: map[string]bool{}}
	for range 2 * rememberedJobs {
		_, err := p.startJob(c, &importJob{prepare: m.prepare, run: m.run, finish: m.finish})
		require.NoError(t, err)
		p.runJobs(p.Now())
	}
	assert.Len(t, corp.jobs, keptJobs)
	assert.Len(t, corp.oldJobs, rememberedJobs)
	assert.Nil(t, corp.jobs[0].run, "what was read of the file is let go")
}
