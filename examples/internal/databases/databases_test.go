package databases_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/examples/internal/databases"
)

func TestSQLiteIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a name with ? and %.db")
	db, err := databases.SQLite(path)
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	_, err = db.ExecContext(t.Context(), `CREATE TABLE t (a INTEGER)`)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	assert.NotZero(t, info.Size(), "this is the file that is used")

	_, err = databases.SQLite(filepath.Join(t.TempDir(), "nowhere", "a.db"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestPain21_ErrorsHidePasswords(t *testing.T) {
	t.Parallel()
	require.NoError(t, databases.CheckRedis("127.0.0.1:6379"))
	require.NoError(t, databases.CheckRedis("rediss://user:password@host:6379/1"))
	_, err := databases.Redis(t.Context(), "redis://:s3cret@host:1:2")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "s3cret")
	_, err = databases.Redis(t.Context(), "redis://:s3cret@127.0.0.1:1")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "s3cret")
	for _, address := range []string{"postgres://u:s3cret@127.0.0.1:1/db", "postgres://u:s3cret@h:x/db"} {
		_, err = databases.PostgreSQL(t.Context(), address)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}
