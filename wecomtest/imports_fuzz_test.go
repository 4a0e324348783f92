package wecomtest

import (
	"testing"
	"time"
)

// Whatever a file holds, an import ends, and the tree is still a tree.
func FuzzImport(f *testing.F) {
	for _, seed := range []string{
		"", "\uFEFF", "部门名称,部门ID,父部门ID,排序\na,2,1,\nb,3,2,9\n,1,,\n", "部门名称,部门ID,父部门ID\na,2,3\nb,3,2\nc,0,0\n",
		"姓名,帐号,手机号,邮箱,所在部门,排序,是否部门内领导\nA,a,13800000000,,1;2;0,1;2;3,1;0;1\nA,A,,,,,\n", "姓名,帐号,手机号,邮箱,所在部门\n\"\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		p := NewPlatform(t, WithoutServer(), WithJobDuration(0))
		corp := p.NewCorp("Acme")
		contact := &token{kind: ContactToken, corp: corp, expires: p.Now().Add(time.Hour)}
		p.media["m"] = &medium{upload: upload{content: content}, corp: corp, kind: "file", expires: contact.expires}
		for _, start := range []handler{(*Platform).replaceDepartments, (*Platform).syncUsers, (*Platform).replaceUsers} {
			p.mu.Lock()
			// A refusal of the file is an answer as good as a job.
			_, _ = start(p, &call{body: map[string]any{"media_id": "m"}, token: contact, now: p.Now()})
			p.runJobs(p.Now().Add(time.Second))
			left := len(p.jobs)
			p.mu.Unlock()
			if left != 0 {
				t.Fatal("the job has not ended")
			}
		}
		members := 0
		for _, d := range corp.departments {
			if d.level() > mostLevels || !d.within(corp.department(rootDepartment)) {
				t.Fatalf("department %d is not in the tree", d.id)
			}
			members += len(d.members)
		}
		for _, u := range corp.users {
			members -= len(u.Departments)
			if corp.user(u.ID) != u {
				t.Fatalf("member %q is not found", u.ID)
			}
		}
		if members != 0 {
			t.Fatalf("%d members more in departments than in the list", members)
		}
	})
}
