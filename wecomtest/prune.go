package wecomtest

import "time"

const (
	prunedFrom  = 1024 // entries of a map
	prunedAfter = day  // the end of an entry
	prunedLook  = 4    // entries that each insertion looks at
)

// prune bounds a map whose entries come to an end. Called before an insertion, it
// looks at a few entries, in the map's random order, and drops those that ended
// over a day ago; at most about a quarter of the map then waits to be dropped. A
// small map is left alone: in a test an expired value stays known, however far the
// clock was moved, and gets the code of an expired one. The lock is held.
func prune[K comparable, V any](m map[K]V, now time.Time, end func(V) time.Time) {
	if len(m) < prunedFrom {
		return
	}
	looked := 0
	for key, entry := range m {
		if looked++; looked > prunedLook {
			return
		}
		if now.After(end(entry).Add(prunedAfter)) {
			delete(m, key)
		}
	}
}
