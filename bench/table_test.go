package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const printed = `goos: linux
BenchmarkCall/floor-2   	 100	 1000 ns/op	 10 B/op	 4 allocs/op
BenchmarkCall/wecom-2   	 100	 1300 ns/op	 10 B/op	 0 allocs/op
BenchmarkCall/wecom-2   	 100	 1100 ns/op	 10 B/op	 0 allocs/op
BenchmarkCall/wecom-2   	 100	 9000 ns/op	 10 B/op	 0 allocs/op
BenchmarkCall/encoding-xml-2	 100	 2000 ns/op
BenchmarkCold-2   	 20	 1000 ns/op	 51.5 p99-ms	 1.0 calls/round
PASS
`

func measured(t *testing.T, rows ...row) []line {
	t.Helper()
	results := samples{}
	require.NoError(t, results.add([]byte(printed)))
	lines, err := group{rows: rows}.lines(results)
	require.NoError(t, err)
	return lines
}

func TestLinesCompareMedians(t *testing.T) {
	t.Parallel()
	compared := row{what: "call", ours: "Call/wecom", yardstick: "Call/floor", label: "floor"}
	within, missed, faster := compared, compared, compared
	within.goal, missed.goal = 1.3, 1.2
	faster.goal, faster.least = 2, true
	assert.Equal(t, []line{
		{what: "call", ours: "1.300µs", yardstick: "floor 1.000µs", ratio: "1.30 ×"},
		{what: "call", ours: "1.300µs", yardstick: "floor 1.000µs", ratio: "1.30 ×", goal: "≤ 1.3 ×"},
		{what: "call", ours: "1.300µs", yardstick: "floor 1.000µs", ratio: "1.30 ×", goal: "≤ 1.2 ×", missed: true},
		{what: "call", ours: "1.300µs", yardstick: "floor 1.000µs", ratio: "1.30 ×", goal: "≤ 1/2", missed: true},
	}, measured(t, compared, within, missed, faster))
}

func TestLinesWithoutAYardstick(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []line{
		{what: "xml", ours: "2.000µs"},
		{what: "wait", ours: "51.5 ms", goal: "≤ 53 ms"},
		{what: "wait", ours: "51.5 ms", goal: "≤ 50 ms", missed: true},
		{what: "fetches", ours: "1 calls"},
		{what: "allocs", ours: "0 allocs", yardstick: "floor 4 allocs", ratio: "–"},
	}, measured(t,
		row{what: "xml", ours: "Call/encoding-xml"},
		row{what: "wait", ours: "Cold", unit: "p99-ms", goal: 53},
		row{what: "wait", ours: "Cold", unit: "p99-ms", goal: 50},
		row{what: "fetches", ours: "Cold", unit: "calls/round"},
		row{what: "allocs", ours: "Call/wecom", unit: allocs, yardstick: "Call/floor", label: "floor", goal: 1},
	))
}

func TestABenchmarkThatIsGoneIsAnError(t *testing.T) {
	t.Parallel()
	_, err := group{rows: []row{{what: "x", ours: "Gone"}}}.lines(samples{})
	assert.ErrorContains(t, err, "Gone")
}

func TestWrite(t *testing.T) {
	t.Parallel()
	lines := []line{{what: "a", ours: "1s", goal: "≤ 1 ×"}, {what: "b", ours: "2s", goal: "≤ 1 ×", missed: true}, {what: "c", note: "left out"}}
	var plain, markdown strings.Builder
	require.NoError(t, write(&plain, lines, false))
	require.NoError(t, write(&markdown, lines, true))
	assert.Equal(t, []string{"a  1s  ≤ 1 ×  met", "b  2s  ≤ 1 ×  MISSED", "c  left out"}, columns(plain.String())[1:])
	assert.Equal(t, "| what | ours | yardstick | ratio | goal |  |\n| --- | --- | --- | --- | --- | --- |\n| a | 1s |  |  | ≤ 1 × | met |\n"+
		"| b | 2s |  |  | ≤ 1 × | MISSED |\n| c |  |  |  |  | left out |\n", markdown.String())
}

// columns gives each line with two blanks between what is in it.
func columns(text string) []string {
	var all []string
	for l := range strings.Lines(text) {
		var cells []string
		for cell := range strings.SplitSeq(strings.TrimSpace(l), "  ") {
			if cell = strings.TrimSpace(cell); cell != "" {
				cells = append(cells, cell)
			}
		}
		all = append(all, strings.Join(cells, "  "))
	}
	return all
}

func TestChoose(t *testing.T) {
	t.Parallel()
	all := groups()
	chosen, err := choose(all, "")
	require.NoError(t, err)
	assert.Len(t, chosen, len(all))
	chosen, err = choose(all, "call,open")
	require.NoError(t, err)
	require.Len(t, chosen, 2)
	assert.Equal(t, "open", chosen[0].name)
	_, err = choose(all, "open,speed")
	assert.ErrorContains(t, err, "no group speed; there are open, event")
}
