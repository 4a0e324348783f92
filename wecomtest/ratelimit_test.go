package wecomtest_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

func TestRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the clock stands still
		const get, list = "/cgi-bin/user/get", "/cgi-bin/department/list"
		o := newOffice(t, wecomtest.WithoutServer(), wecomtest.WithRateLimit(wecomtest.RateLimit{
			PerMinute: 3, PerHour: 5, Paths: []string{get, list},
		}))
		token, other := o.access(o.app), o.p.NewCorp("Other")
		made, err := other.Install(t.Context(), o.app)
		require.NoError(t, err)
		elsewhere := "?access_token=" + o.corpToken(o.suiteToken(o.app), made)
		ask := get + o.token + "&userid=boss"
		for range 3 {
			o.ok(ask, nil)
		}
		assert.Contains(t, o.refused(45009, ask, nil), "3 calls of one corp to /cgi-bin/user/get in one minute")
		o.refused(45009, get+token+"&userid=boss", nil) // the apps of a corp share it
		o.ok(list+o.token, nil)                         // each interface is counted by itself
		o.ok(list+elsewhere, nil)                       // and each corp
		o.ok("/cgi-bin/tag/list"+o.token, nil)          // not limited

		o.p.Advance(59 * time.Second)
		o.refused(45009, ask, nil)
		o.p.Advance(time.Second)
		o.ok(ask, nil)
		o.ok(ask, nil)
		assert.Contains(t, o.refused(45009, ask, nil), "5 calls of one corp to /cgi-bin/user/get in one hour")
		o.p.Advance(time.Minute)
		o.refused(45009, ask, nil)
		o.p.Advance(time.Hour)
		token = o.access(o.app)
		o.ok(get+token+"&userid=boss", nil)
	})
}

func TestRateLimitByAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := wecomtest.NewPlatform(t, wecomtest.WithoutServer(), wecomtest.WithRateLimit(wecomtest.RateLimit{IPPerMinute: 1, IPPerHour: 9}))
		c := newClient(t, p)
		app := p.NewApp(wecomtest.AppConfig{})
		c.suiteToken(app)
		body := object{"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": app.IssueTicket()}
		const path = "/cgi-bin/service/get_suite_token"
		assert.Contains(t, c.refused(45009, path, body), "1 calls of one address")
		c.http.Transport = p.TransportFrom("10.0.0.1")
		c.ok(path, body)
	})
}

func TestRateLimitDoesNotCountRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const list = "/cgi-bin/department/list"
		o := newOffice(t, wecomtest.WithoutServer(), wecomtest.WithRateLimit(wecomtest.RateLimit{
			PerMinute: 1, IPPerMinute: 2, Paths: []string{list},
		}))
		made, err := o.p.NewCorp("Other").Install(t.Context(), o.app)
		require.NoError(t, err)
		elsewhere := "?access_token=" + o.corpToken(o.suiteToken(o.app), made)
		o.ok(list+o.token, nil)
		assert.Contains(t, o.refused(45009, list+o.token, nil), "one corp")
		o.ok(list+elsewhere, nil) // the second call of this address: the refused one is none
	})
}

func TestRateLimitOfConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const path = "/cgi-bin/department/list"
		o := newOffice(t, wecomtest.WithoutServer(), wecomtest.WithRateLimit(wecomtest.RateLimit{Concurrent: 2, Paths: []string{path}}))
		o.p.Inject(wecomtest.Fault{Path: path, Times: -1, Latency: time.Second})
		codes := make([]any, 3)
		var calls sync.WaitGroup
		for i := range codes {
			calls.Go(func() { codes[i] = o.do(path+o.token, nil)["errcode"] })
		}
		calls.Wait()
		assert.ElementsMatch(t, []any{0.0, 0.0, 45033.0}, codes)
		o.ok(path+o.token, nil) // they have ended
	})
}

func TestDocumentedRateLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, wecomtest.WithoutServer(), wecomtest.WithRateLimit(wecomtest.DocumentedRateLimits()))
		const path = "/cgi-bin/department/simplelist"
		for range wecomtest.DocumentedRateLimits().PerMinute {
			o.ok(path+o.token, nil)
		}
		o.refused(45009, path+o.token, nil)
		o.p.Advance(time.Minute)
		o.ok(path+o.token, nil)
	})
	_, err := wecomtest.Start(wecomtest.WithRateLimit(wecomtest.RateLimit{PerHour: -1}))
	require.Error(t, err)
	_, err = wecomtest.Start(wecomtest.WithJobDuration(-1))
	require.Error(t, err)
}
