package register_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

// BenchmarkMigrate fills a corp with people in 500 departments, on the simulator
// without a socket and without a pace: what is measured is both of them. calls/op
// is what counts on the real platform.
func BenchmarkMigrate(b *testing.B) {
	for _, people := range []int{2000, 20000} {
		for _, mode := range []struct {
			name       string
			importFrom int
		}{{"one_by_one", -1}, {"by_files", 100}} {
			b.Run(fmt.Sprintf("people=%d/%s", people, mode.name), func(b *testing.B) {
				departments, users := company(people, 500, true)
				plan := newPlan(b, source(departments, users))
				calls := 0
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					n := newNewcomer(b, nil, wecomtest.WithJobDuration(0))
					contacts, err := n.contacts(b.Context())
					require.NoError(b, err)
					b.StartTimer()
					report, err := contacts.Migrate(b.Context(), plan, register.MigrateConfig{
						ImportFrom: mode.importFrom, CallsPerMinute: 1 << 30, IgnoreTime: true,
					})
					require.NoError(b, err)
					calls += report.Calls
				}
				b.ReportMetric(float64(calls)/float64(b.N), "calls/op")
				b.ReportMetric(float64(people*b.N)/b.Elapsed().Seconds(), "people/s")
			})
		}
	}
}

// BenchmarkNewPlan reads and checks a plan.
func BenchmarkNewPlan(b *testing.B) {
	departments, users := company(20000, 500, false)
	b.ReportAllocs()
	for b.Loop() {
		newPlan(b, source(departments, users))
	}
}
