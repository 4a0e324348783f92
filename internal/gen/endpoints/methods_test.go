package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/contract"
)

func TestMethodsFileIsCurrent(t *testing.T) {
	t.Parallel()
	root, err := contract.Root()
	require.NoError(t, err)
	outputs, err := generate(root)
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(methodsFile)))
	require.NoError(t, err)
	if string(outputs[methodsFile]) != string(got) {
		t.Errorf("%s is not what the directives say: run go generate ./internal/gen/endpoints", methodsFile)
	}
}

func TestRenderMethods(t *testing.T) {
	t.Parallel()
	text, err := renderMethods(map[string]method{
		"POST /cgi-bin/s": {names: []string{"suite.Client.S", "suite.Template.S"}},
		"GET /cgi-bin/a":  {names: []string{"suite.A"}, deprecated: true},
	})
	require.NoError(t, err)
	assert.Contains(t, string(text), "\tcase \"GET /cgi-bin/a\":\n\t\treturn []string{\"suite.A\"}, true\n"+
		"\tcase \"POST /cgi-bin/s\":\n\t\treturn []string{\"suite.Client.S\", \"suite.Template.S\"}, false\n\t}\n")
}
