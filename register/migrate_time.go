package register

import (
	"time"

	"github.com/wecom-isv/wecom/corp/contact"
)

// What is presumed of the platform, which says nothing about it.
const (
	callTakes = 50 * time.Millisecond // at least, unless calls were seen to be slower
	rowTakes  = 10 * time.Millisecond // of a file that is imported
	jobTakes  = 10 * time.Second      // besides
	repeats   = 4                     // one call in so many is sent again
	fewCalls  = 5                     // beside those that are counted
)

// effort is what a migration takes.
type effort struct {
	alone, together int // calls one after the other, and side by side
	imports         time.Duration
}

// file adds the import of so many rows.
func (e *effort) file(rows, inFile int) {
	e.imports += time.Duration(rows)*rowTakes + time.Duration((rows+inFile-1)/inFile)*jobTakes
}

// need is how long what is left takes, roughly.
func (m *migration) need() time.Duration {
	e := effort{alone: fewCalls}
	if m.state.Done <= beforeCheck {
		e.together += m.plan.Departments() + m.plan.Tags() // to read back
	}
	if m.state.Done < beforeUsers {
		m.needDepartments(&e)
	}
	if m.state.Done <= beforeUsers {
		m.needUsers(&e)
	}
	if m.state.Done <= beforeTags {
		for _, tag := range m.plan.tags {
			e.alone += 2 + len(tag.Users)/mostTagged
		}
	}
	if m.cfg.Invite {
		e.alone += 1 + (m.plan.Users()-m.state.Invited)/mostInvited
	}
	perCall := max(callTakes, m.pace.perCall())
	calls := max(
		time.Duration(e.alone+e.together/m.cfg.Parallel)*perCall,
		time.Duration(e.alone+e.together)*time.Minute/time.Duration(m.cfg.CallsPerMinute),
	)
	return calls + calls/repeats + e.imports
}

func (m *migration) needDepartments(e *effort) {
	if n := len(m.missingDepartments()); m.imports(n) {
		e.file(n, n)
	} else {
		e.alone += n
	}
}

func (m *migration) needUsers(e *effort) {
	var missing []*contact.CreateUserRequest
	together, largest := map[int64]int{}, 0 // members of a department are made one after the other
	extra := 0
	for i := range m.plan.users {
		u := &m.plan.users[i]
		if _, there := m.seen.users[fold(u.UserID)]; there {
			continue
		}
		missing = append(missing, u)
		together[u.Department[0]]++
		largest = max(largest, together[u.Department[0]])
		if hasExtras(u) {
			extra++
		}
	}
	if m.importsUsers(missing) {
		e.file(len(missing), rowsOfFile)
		e.together += extra + m.plan.Departments()
		return
	}
	e.together += max(len(missing), largest*m.cfg.Parallel)
}
