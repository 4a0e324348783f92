package settings_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/examples/internal/settings"
)

func TestPain21_VendorHidesItsSecrets(t *testing.T) {
	t.Parallel()
	v := settings.Vendor{ProviderSecret: "CANARY", SuiteID: "ww1", SuiteSecret: "CANARY", Token: "CANARY", AESKey: "CANARY"}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		_, _ = fmt.Fprintf(&out, verb+verb, v, &v)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("print", "vendor", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("print", "vendor", &v)
	text, err := json.Marshal(v) //nolint:musttag // Only what must not be in it matters.
	require.NoError(t, err)
	out.Write(text)
	assert.NotContains(t, out.String(), "CANARY")
	assert.Contains(t, out.String(), "ww1")
}

func TestReadNamesWhatIsWrongAndNoValue(t *testing.T) {
	t.Parallel()
	var a, b, c string
	variables := []settings.Variable{
		{Name: "A", Into: &a, Hint: "where A is"},
		{Name: "B", Into: &b, Check: settings.IsURL, Hint: "where B is"},
		{Name: "C", Into: &c, Optional: true},
	}
	some, err := settings.Read(func(string) string { return " " }, variables...)
	assert.False(t, some)
	require.ErrorContains(t, err, "A is not set\n    where A is")
	assert.NotContains(t, err.Error(), "C")

	require.Error(t, settings.IsURL("HTTPS://app.example.com"), "programs ask whether an address begins with https://")
	require.NoError(t, settings.IsURL("https://app.example.com"))

	some, err = settings.Read(func(name string) string { return "s3cret of " + name }, variables...)
	assert.True(t, some)
	require.ErrorContains(t, err, "B is malformed: want https://host")
	assert.NotContains(t, err.Error(), "s3cret")
	assert.Equal(t, "s3cret of C", c)
	assert.Equal(t, 1, strings.Count(err.Error(), "malformed"))
}
