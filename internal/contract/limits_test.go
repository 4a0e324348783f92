package contract_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom/internal/contract"
	"github.com/wecom-isv/wecom/testdata"
)

// eachField calls see for every parameter of the query and the body of the rows.
func eachField(rows []*contract.Row, see func(r *contract.Row, path string, f *contract.Field)) {
	var walk func(r *contract.Row, path string, fields []contract.Field)
	walk = func(r *contract.Row, path string, fields []contract.Field) {
		for i := range fields {
			f := &fields[i]
			see(r, path+f.Name, f)
			walk(r, path+f.Name+".", f.Fields)
		}
	}
	for _, r := range rows {
		walk(r, r.ID+"?", r.Query)
		walk(r, r.ID+".", r.Body)
	}
}

// TestLimits checks the limits of the table against types, notes and codes.
func TestLimits(t *testing.T) {
	t.Parallel()
	rows, err := contract.Load()
	require.NoError(t, err)
	codes := knownCodes(t)
	limited := 0
	eachField(rows, func(_ *contract.Row, path string, f *contract.Field) {
		if f.Limits.IsZero() {
			return
		}
		limited++
		for _, fault := range limitFaults(f) {
			assert.Fail(t, path+": "+fault)
		}
		if f.Limits.Code != 0 {
			assert.Contains(t, codes, f.Limits.Code, path)
		}
	})
	assert.Greater(t, limited, 270)
}

// TestLimitsAreComplete finds figures of notes that no limit says.
func TestLimitsAreComplete(t *testing.T) {
	t.Parallel()
	rows, err := contract.Load()
	require.NoError(t, err)
	eachField(rows, func(_ *contract.Row, path string, f *contract.Field) {
		if promised.MatchString(f.Note) && !strings.Contains(f.Note, "cut beyond") && f.Limits.IsZero() {
			assert.Fail(t, path+" has no limit although its note has: "+f.Note)
		}
	})
}

// promised matches notes with a bound in them.
var promised = regexp.MustCompile(`(?:up to|at most|max) \d+ (?:bytes|utf8 characters|characters|Chinese characters)\b|^(?:up to|at most) \d+$|^\d+ to \d+$|^0 or 1$|^0 \(default\) or 1`)

// TestAs wants every "as" to name an object of the table.
func TestAs(t *testing.T) {
	t.Parallel()
	rows, err := contract.Load()
	require.NoError(t, err)
	objects := map[string]bool{}
	eachField(rows, func(_ *contract.Row, path string, f *contract.Field) {
		if elem, _ := f.Element(); elem == "object" && len(f.Fields) > 0 {
			objects[path] = true
		}
	})
	seen := 0
	eachField(rows, func(_ *contract.Row, path string, f *contract.Field) {
		if f.As != "" {
			seen++
			assert.Equal(t, "object", f.Type, path)
			assert.True(t, objects[f.As], "%s is as %s, which is no object with fields", path, f.As)
		}
	})
	assert.Greater(t, seen, 10)
}

func knownCodes(t *testing.T) []int {
	t.Helper()
	text, err := testdata.Files.ReadFile("errors.yaml")
	require.NoError(t, err)
	var file struct {
		Codes []struct {
			Code int `yaml:"code"`
		} `yaml:"codes"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	var codes []int
	for _, c := range file.Codes {
		codes = append(codes, c.Code)
	}
	return codes
}

// limitFaults returns one line for each limit that does not suit the field.
func limitFaults(f *contract.Field) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	l := &f.Limits
	elem, isList := f.Element()
	if !isList && (l.MinItems != 0 || l.MaxItems != 0) {
		fault("items of a %s", f.Type)
	}
	if elem != "string" && (l.MinBytes|l.MaxBytes|l.MinChars|l.MaxChars|l.MaxWidth|l.MaxParts) != 0 {
		fault("a length for a %s", elem)
	}
	if isNumber := strings.HasPrefix(elem, "int") || strings.HasPrefix(elem, "uint") || elem == "float64"; !isNumber && (l.Min != nil || l.Max != nil) {
		fault("a range for a %s", elem)
	}
	for name, pair := range map[string][2]int{"bytes": {l.MinBytes, l.MaxBytes}, "chars": {l.MinChars, l.MaxChars}, "items": {l.MinItems, l.MaxItems}} {
		if pair[1] != 0 && pair[0] > pair[1] || pair[0] < 0 || pair[1] < 0 {
			fault("%s: %d to %d", name, pair[0], pair[1])
		}
	}
	if l.Min != nil && l.Max != nil && *l.Min > *l.Max {
		fault("%v to %v", *l.Min, *l.Max)
	}
	for _, v := range l.Enum {
		_, isInt := v.(int)
		_, isText := v.(string)
		if elem == "string" && !isText || elem != "string" && !isInt {
			fault("%v in the enum of a %s", v, elem)
		}
	}
	if onlyCode := (contract.Limits{Code: l.Code}); l.Code != 0 && fmt.Sprint(*l) == fmt.Sprint(onlyCode) {
		fault("a code for no limit")
	}
	return append(faults, figureFaults(f)...)
}

// figureFaults finds figures of the limits that the note does not have.
func figureFaults(f *contract.Field) []string {
	l := &f.Limits
	var figures []string
	for _, n := range []int{l.MinBytes, l.MaxBytes, l.MinChars, l.MaxChars, l.MaxWidth, l.MaxParts, l.MinItems, l.MaxItems} {
		if n > 1 {
			figures = append(figures, strconv.Itoa(n))
		}
	}
	for _, n := range []*float64{l.Min, l.Max} {
		if n != nil && *n > 1 {
			figures = append(figures, strconv.FormatFloat(*n, 'f', -1, 64))
		}
	}
	for _, v := range l.Enum {
		if v != 0 { // often "absent"
			figures = append(figures, fmt.Sprint(v))
		}
	}
	note := strings.NewReplacer("2^32-1", strconv.Itoa(math.MaxUint32), "666 KB", strconv.Itoa(666<<10)).Replace(f.Note)
	words := regexp.MustCompile(`[a-z_]+|\d+(?:\.\d+)?`).FindAllString(note, -1)
	var faults []string
	for _, figure := range figures {
		if !slices.Contains(words, figure) {
			faults = append(faults, figure+" is not in the note: "+f.Note)
		}
	}
	return faults
}

// TestLimitFaults proves that the checks above find what they are there to find.
func TestLimitFaults(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		"":                            `{type: string, max_bytes: 64, note: "up to 64 bytes"}`,
		"64 is not in the note":       `{type: string, max_bytes: 64, note: "up to 46 bytes"}`,
		"file is not in the note":     `{type: string, enum: [video, file], note: "video"}`,
		"items of a string":           `{type: string, max_items: 2, note: "up to 2"}`,
		"a length for a int64":        `{type: int64, max_bytes: 2, note: "2"}`,
		"a range for a string":        `{type: string, max: 2, note: "2"}`,
		"bytes: 3 to 2":               `{type: string, min_bytes: 3, max_bytes: 2, note: "2 or 3"}`,
		"3 to 2":                      `{type: int32, min: 3, max: 2, note: "2 or 3"}`,
		"1 in the enum of a string":   `{type: string, enum: [1], note: "1"}`,
		"x in the enum of a int32":    `{type: int32, enum: [x], note: "x"}`,
		"a code for no limit":         `{type: int32, code: 40058, note: ""}`,
		"1.5 is not in the note":      `{type: float64, max: 1.5, note: "up to 15"}`,
		"4294967295 is not in the no": `{type: int64, max: 4294967295, note: "large"}`,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			var f contract.Field
			require.NoError(t, yaml.Unmarshal([]byte(text), &f))
			faults := limitFaults(&f)
			if want == "" {
				assert.Empty(t, faults)
				return
			}
			assert.Contains(t, strings.Join(faults, "\n"), want)
		})
	}
	assert.True(t, promised.MatchString("label, up to 64 characters"))
	assert.False(t, promised.MatchString("up to 2 hours"))
}
