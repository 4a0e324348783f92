package wecom_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wecom-isv/wecom"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]wecom.Error{
		"wecom: /x: HTTP status 502": {Op: "/x", Status: 502},
		fmt.Sprintf("wecom: /x: %v: %q, from ip 9.9.9.9, hint h", wecom.Code(60020), "not allowed"): {
			Op: "/x", Code: 60020, Message: "not allowed", Hint: "h", FromIP: "9.9.9.9", Status: 200,
		},
		`wecom: /x: HTTP status 404: "the reply is not JSON"`: {Op: "/x", Status: 404, Message: "the reply is not JSON"},
		fmt.Sprint("wecom: /x: ", wecom.Code(-1)):             {Op: "/x", Code: -1, Status: 500},
	} {
		assert.Equal(t, want, e.Error())
	}
}

// Without an errcode the status says what class an answer is of.
func TestStatusGivesTheClass(t *testing.T) {
	t.Parallel()
	for status, want := range map[int][]error{
		200: {wecom.ErrNoReply},
		299: {wecom.ErrNoReply},
		300: nil,
		404: nil,
		429: {wecom.ErrRateLimited},
		499: nil,
		500: {wecom.ErrNoReply, wecom.ErrTransient},
		599: {wecom.ErrNoReply, wecom.ErrTransient},
	} {
		for _, class := range []error{wecom.ErrNoReply, wecom.ErrTransient, wecom.ErrRateLimited, wecom.ErrTokenRejected} {
			assert.Equal(t, slices.Contains(want, class), errors.Is(&wecom.Error{Op: "/x", Status: status}, class), "%d: %v", status, class)
		}
	}
}
