package wecomtest_test

import (
	"fmt"
	"testing"

	"github.com/wecom-isv/wecom/wecomtest"
)

// BenchmarkCreateUsers fills a corp call by call: that a call costs the same in a
// large corp as in a small one shows that the tree is fast.
func BenchmarkCreateUsers(b *testing.B) {
	const parties = 500
	for _, people := range []int{5_000, 20_000} {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				o := newOffice(b, wecomtest.WithoutServer())
				b.StartTimer()
				for i := range int64(parties) {
					o.party(i+2, max(1, (i+2)/5), fmt.Sprint("d", i))
				}
				for i := range people {
					o.ok(createUser+o.token, object{
						"userid": fmt.Sprint("u", i), "name": "n", "mobile": fmt.Sprintf("138%08d", i), "department": []int{i%parties + 2},
					})
				}
			}
			b.ReportMetric(float64((people+parties)*b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
