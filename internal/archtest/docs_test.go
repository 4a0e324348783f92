package archtest

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

// TestLinksOfThePages follows the links between the pages of the repository.
func TestLinksOfThePages(t *testing.T) {
	t.Parallel()
	repo := os.DirFS(repository)
	code := regexp.MustCompile("(?s)```.*?```|`[^`]*`")
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	found := 0
	for name, text := range readFiles(t, ".md") {
		for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			target, _, _ := strings.Cut(match[1], "#")
			if target == "" || strings.Contains(target, ":") {
				continue // in the page itself, or elsewhere
			}
			found++
			_, err := fs.Stat(repo, path.Join(path.Dir(name), target))
			assert.NoError(t, err, "%s links to %s", name, match[1])
		}
	}
	require.Greater(t, found, 10)
}

// TestSecurityPageNamesTests makes sure that what meets a threat is still there.
func TestSecurityPageNamesTests(t *testing.T) {
	t.Parallel()
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	tests := make(map[string]bool)
	for _, text := range readFiles(t, "_test.go") {
		for _, match := range declared.FindAllStringSubmatch(text, -1) {
			tests[match[1]] = true
		}
	}
	page, err := fs.ReadFile(os.DirFS(repository), "SECURITY.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(named), 40)
	for _, match := range named {
		assert.True(t, tests[match[1]], "SECURITY.md names %s, which is gone", match[1])
	}
}

// TestErrorsPageFollowsTheTable holds the codes of docs/errors.md against the
// package.
func TestErrorsPageFollowsTheTable(t *testing.T) {
	t.Parallel()
	classes := map[string]error{
		"ErrTokenRejected": wecom.ErrTokenRejected, "ErrCredential": wecom.ErrCredential, "ErrTicketRejected": wecom.ErrTicketRejected,
		"ErrCodeRejected": wecom.ErrCodeRejected, "ErrNotAuthorized": wecom.ErrNotAuthorized, "ErrPermission": wecom.ErrPermission,
		"ErrIPNotAllowed": wecom.ErrIPNotAllowed, "ErrRateLimited": wecom.ErrRateLimited, "ErrTransient": wecom.ErrTransient,
		"ErrNotFound": wecom.ErrNotFound, "ErrBadParameter": wecom.ErrBadParameter, "ErrLicense": wecom.ErrLicense,
		"ErrConflict": wecom.ErrConflict,
	}
	page, err := fs.ReadFile(os.DirFS(repository), "docs/errors.md")
	require.NoError(t, err)
	rows := regexp.MustCompile("(?m)^\\| (-?\\d+) \\| (.+?) \\| `(\\w+)` \\| .+ \\|$").FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(rows), 20)
	for _, row := range rows {
		number, err := strconv.Atoi(row[1])
		require.NoError(t, err)
		code := wecom.Code(number)
		assert.Equal(t, code.Meaning(), row[2], "%d", number)
		require.Contains(t, classes, row[3])
		assert.ErrorIs(t, code, classes[row[3]])
	}
	for name := range classes {
		assert.Contains(t, string(page), "`"+name+"`", "docs/errors.md does not say what to do")
	}
}

// TestGoLivePageNamesEveryVariable finds settings of the examples that the guide
// does not explain.
func TestGoLivePageNamesEveryVariable(t *testing.T) {
	t.Parallel()
	page, err := fs.ReadFile(os.DirFS(repository), "docs/go-live.md")
	require.NoError(t, err)
	variable := regexp.MustCompile(`"(WECOM_[A-Z_]+)"`)
	found := 0
	for name, text := range readFiles(t, ".go") {
		if strings.HasSuffix(name, "_test.go") || !within(path.Dir(name), "examples/isv/...") && !within(path.Dir(name), "examples/internal/settings") {
			continue
		}
		for _, match := range variable.FindAllStringSubmatch(text, -1) {
			found++
			assert.Contains(t, string(page), "`"+match[1]+"`", name)
		}
	}
	require.Greater(t, found, 10)
}

// readFiles returns the files of the repository whose names end so.
func readFiles(t *testing.T, ending string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	repo := os.DirFS(repository)
	err := fs.WalkDir(repo, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(path.Base(name), "."):
			return fs.SkipDir
		case !entry.Type().IsRegular() || !strings.HasSuffix(name, ending):
			return nil
		}
		text, err := fs.ReadFile(repo, name)
		files[name] = string(text)
		return err
	})
	require.NoError(t, err)
	return files
}
