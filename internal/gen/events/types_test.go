package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTypesFileIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := generateTypes(os.DirFS(filepath.Join(root, "callback")))
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(typesFile)))
	require.NoError(t, err)
	if string(want) != string(got) {
		t.Errorf("%s is not what package callback says: run go generate ./internal/gen/events", typesFile)
	}
}

func TestGenerateTypes(t *testing.T) {
	t.Parallel()
	_, code := files(suiteTable, dataTable, source)
	text, err := generateTypes(code)
	require.NoError(t, err)
	assert.Contains(t, string(text), "\tcase \"suite:a.b\":\n\t\treturn new(callback.A)\n")
	assert.Contains(t, string(text), "\tcase \"app:text\":\n\t\treturn \"文本消息\"\n")
}
