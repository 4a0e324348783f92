package report_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
)

// TestOnlyAFailureFails: warnings are told, but a script goes on.
func TestOnlyAFailureFails(t *testing.T) {
	t.Parallel()
	assert.False(t, report.Failed(nil))
	rest := []report.Finding{{ID: "a", Level: report.OK}, {ID: "b", Level: report.Note}, {ID: "c", Level: report.Warning}}
	assert.False(t, report.Failed(rest))
	assert.True(t, report.Failed(append(rest, report.Finding{ID: "d", Level: report.Failure})))
	assert.True(t, report.Failed(append([]report.Finding{{ID: "d", Level: report.Failure}}, rest...)))
}
