package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"
)

// Units as benchfmt names them.
const (
	seconds = "sec/op"
	allocs  = "allocs/op"
	bytesOp = "B/op"
)

// group is a set of benchmarks of one package that run together.
type group struct {
	name      string
	pkg       string // import path
	bench     string // pattern of the benchmarks
	benchtime string
	needs     string // environment variable without which the group cannot run
	rows      []row
}

// row is a line of the table: one figure beside another of the same run, or
// alone.
type row struct {
	what string
	ours string // name of the benchmark, without "Benchmark"
	unit string // empty: seconds

	yardstick string // name of the benchmark that ours is compared with; empty: none
	label     string // what the yardstick is
	goal      float64
	least     bool // goal is a lower bound of yardstick/ours ("at least 6 times faster"), not an upper one of ours/yardstick
}

// processors is what testing adds to the names of benchmarks.
var processors = regexp.MustCompile(`-\d+$`)

// samples holds what was measured, by benchmark and unit.
type samples map[string]map[string][]float64

// add reads the output of a test binary.
func (s samples) add(text []byte) error {
	reader := benchfmt.NewReader(bytes.NewReader(text), "output")
	for reader.Scan() {
		result, isResult := reader.Result().(*benchfmt.Result)
		if !isResult {
			continue
		}
		name := processors.ReplaceAllString(string(result.Name.Full()), "")
		if s[name] == nil {
			s[name] = map[string][]float64{}
		}
		for _, v := range result.Values {
			s[name][v.Unit] = append(s[name][v.Unit], v.Value)
		}
	}
	return reader.Err()
}

// median returns the middle of what was measured.
func (s samples) median(name, unit string) (float64, error) {
	values := slices.Clone(s[name][unit])
	if len(values) == 0 {
		return 0, fmt.Errorf("benchmark %s printed no %s", name, unit)
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2, nil
	}
	return values[middle], nil
}

// line is a row with its figures.
type line struct {
	what, ours, yardstick, ratio, goal string
	missed                             bool
	note                               string
}

func (g group) lines(results samples) ([]line, error) {
	var all []line
	var problems []error
	for _, r := range g.rows {
		l, err := r.line(results)
		problems = append(problems, err)
		all = append(all, l)
	}
	return all, errors.Join(problems...)
}

func (r row) line(results samples) (line, error) {
	unit := cmp.Or(r.unit, seconds)
	ours, err := results.median(r.ours, unit)
	if err != nil {
		return line{}, err
	}
	l := line{what: r.what, ours: format(ours, unit)}
	if r.yardstick == "" {
		if r.goal > 0 {
			l.goal, l.missed = "≤ "+format(r.goal, unit), ours > r.goal
		}
		return l, nil
	}
	other, err := results.median(r.yardstick, unit)
	if err != nil {
		return line{}, err
	}
	l.yardstick = r.label + " " + format(other, unit)
	if other == 0 || ours == 0 {
		l.ratio = "–" // no allocations, most likely
		l.missed = ours > other && r.goal > 0
		return l, nil
	}
	l.ratio = fmt.Sprintf("%.2f ×", ours/other)
	switch {
	case r.goal > 0 && r.least:
		l.goal, l.missed = fmt.Sprintf("≤ 1/%g", r.goal), other/ours < r.goal
	case r.goal > 0:
		l.goal, l.missed = fmt.Sprintf("≤ %g ×", r.goal), ours/other > r.goal
	}
	return l, nil
}

// format writes a figure the way people read it: 1.05 µs, 3.2 KiB, 219 allocs.
func format(value float64, unit string) string {
	switch unit {
	case seconds:
		return benchunit.Scale(value, benchunit.Decimal) + "s"
	case bytesOp:
		return benchunit.Scale(value, benchunit.Binary) + "B"
	case allocs:
		return fmt.Sprintf("%.0f allocs", value)
	}
	if value >= 1000 {
		return fmt.Sprintf("%.0f %s", value, shown(unit))
	}
	return fmt.Sprintf("%.4g %s", value, shown(unit))
}

// shown is the part of a unit that stands behind a figure: ms of p99-ms, calls of
// calls/round. The rest is said by the row.
func shown(unit string) string {
	unit, _, _ = strings.Cut(unit, "/")
	return unit[strings.LastIndexByte(unit, '-')+1:]
}

// write prints the table.
func write(w io.Writer, lines []line, markdown bool) error {
	head := []string{"what", "ours", "yardstick", "ratio", "goal", ""}
	rows := [][]string{head}
	for _, l := range lines {
		verdict := l.note
		switch {
		case l.missed:
			verdict = "MISSED"
		case l.goal != "":
			verdict = "met"
		}
		rows = append(rows, []string{l.what, l.ours, l.yardstick, l.ratio, l.goal, verdict})
	}
	if markdown {
		return writeMarkdown(w, rows)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, cells := range rows {
		if _, err := fmt.Fprintln(tw, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return tw.Flush()
}

func writeMarkdown(w io.Writer, rows [][]string) error {
	rows = slices.Insert(rows, 1, slices.Repeat([]string{"---"}, len(rows[0])))
	for _, cells := range rows {
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")); err != nil {
			return err
		}
	}
	return nil
}
