package tokenfile_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/tokenfile"
	"github.com/wecom-isv/wecom/wecomtest"
)

func open(t *testing.T) *tokenfile.Cache {
	t.Helper()
	c, err := tokenfile.Open(filepath.Join(t.TempDir(), "wecom", "tokens.json"))
	require.NoError(t, err)
	return c
}

func TestContract(t *testing.T) {
	t.Parallel()
	wecomtest.TestTokenCache(t, func(t *testing.T) wecom.TokenCache { return open(t) })
	wecomtest.TestLocker(t, func(t *testing.T) wecom.Locker { return open(t) })
}

func TestLockLeavesNoFileBehind(t *testing.T) {
	t.Parallel()
	c := open(t)
	_, err := c.Save(t.Context(), "k", wecom.Token{Value: "a", Version: 1})
	require.NoError(t, err)
	unlock, err := c.Lock(t.Context(), "k", time.Minute)
	require.NoError(t, err)
	unlock()
	files, err := filepath.Glob(c.Path() + "*")
	require.NoError(t, err)
	assert.Equal(t, []string{c.Path(), c.Path() + ".lock"}, files)
}

// Two handles are two processes to the operating system's lock.
func TestHandlesShareTheFile(t *testing.T) {
	t.Parallel()
	one := open(t)
	two, err := tokenfile.Open(one.Path())
	require.NoError(t, err)
	saved, err := one.Save(t.Context(), "k", wecom.Token{Value: "a", Version: 1})
	require.NoError(t, err)
	require.True(t, saved)
	got, err := two.Load(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, "a", got.Value)

	unlock, err := one.Lock(t.Context(), "k", time.Minute)
	require.NoError(t, err)
	released := make(chan struct{})
	go func() {
		defer close(released)
		unlockTwo, err := two.Lock(t.Context(), "k", time.Minute)
		if assert.NoError(t, err) {
			unlockTwo()
		}
	}()
	select {
	case <-released:
		t.Fatal("the lock was given twice")
	case <-time.After(50 * time.Millisecond):
	}
	unlock()
	<-released
}

func TestOnlyTheOwnerMayRead(t *testing.T) {
	t.Parallel()
	c := open(t)
	_, err := c.Save(t.Context(), "k", wecom.Token{Value: "a", Version: 1})
	require.NoError(t, err)
	for name, want := range map[string]os.FileMode{c.Path(): 0o600, c.Path() + ".lock": 0o600, filepath.Dir(c.Path()): 0o700} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		assert.Equal(t, want, info.Mode().Perm(), name)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		require.NoError(t, os.Chmod(c.Path(), mode))
		_, err = tokenfile.Open(c.Path())
		require.ErrorIs(t, err, tokenfile.ErrPermissions)
		require.ErrorContains(t, err, "chmod 600")
		_, err = c.Load(t.Context(), "k")
		require.ErrorIs(t, err, tokenfile.ErrPermissions)
		_, err = c.Save(t.Context(), "k", wecom.Token{Value: "b", Version: 2})
		require.ErrorIs(t, err, tokenfile.ErrPermissions)
	}
}

// A directory, a link or a device is neither read nor replaced: a link may have been
// laid by somebody else, and a device belongs to everybody.
func TestOnlyFilesAreReadAndReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	victim, link := filepath.Join(dir, "victim"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(victim, []byte("{}"), 0o600))
	require.NoError(t, os.Symlink(victim, link))
	for _, path := range []string{dir, link, os.DevNull} {
		_, err := tokenfile.Open(path)
		require.ErrorIs(t, err, tokenfile.ErrNotRegular, path)
		require.NotErrorIs(t, err, tokenfile.ErrPermissions, path)
		if path == os.DevNull {
			continue // root must not lose it to a fault
		}
		_, err = tokenfile.WritePrivate(path, strings.NewReader("new"))
		require.ErrorIs(t, err, tokenfile.ErrNotRegular, path)
	}
	text, err := os.ReadFile(victim)
	require.NoError(t, err)
	assert.Equal(t, "{}", string(text))
}

func TestDamagedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens.json")
	for _, text := range []string{`{"k": {"value": "CANARY"`, `null`, ``} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := tokenfile.Open(path)
		require.ErrorContains(t, err, "is damaged: delete it", text)
		assert.NotContains(t, err.Error(), "CANARY")
	}
	_, err := tokenfile.Open("")
	require.Error(t, err)
}

func TestCachePrintsNoToken(t *testing.T) {
	t.Parallel()
	c := open(t)
	_, err := c.Save(t.Context(), "k", wecom.Token{Value: "CANARY", Version: 1})
	require.NoError(t, err)
	var text strings.Builder
	fmt.Fprintf(&text, "%v %+v %#v %s", c, c, c, *c)
	slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "cache", c)
	assert.NotContains(t, text.String(), "CANARY")
}
