package wecomtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

func TestWaitingDepartmentIsNotNamedTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t, wecomtest.WithoutServer())
	o.person("first", object{"department": []int{0}})
	first, ok := o.corp.User("first")
	require.True(t, ok)
	waiting := first.Departments[0]
	o.refused(40066, createUser+o.token, newPerson("second", object{"department": []int64{0, waiting}}))
	o.person("second", object{"department": []int64{0, 1}})
}
