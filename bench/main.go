// Command bench measures the SDK beside its yardsticks and prints one table of
// medians and ratios:
//
//	go run ./bench                    everything, some minutes
//	go run ./bench -only token,call   the groups of these names
//	go run ./bench -markdown          a table for docs/performance.md
//
// It builds the benchmarks of each package once, runs them in turns as often as
// -rounds says, and takes the median of each. What is slow and its yardstick are
// always parts of the same run. A goal that is missed is marked, and the exit
// status is 1.
//
// The stampede over several processes needs a Redis at WECOM_TEST_REDIS, a server
// that may be written to; without it that group is left out, and the table says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	rounds := flag.Int("rounds", 5, "how often each benchmark runs; the table shows medians")
	only := flag.String("only", "", "comma-separated `names` of groups; empty: all")
	markdown := flag.Bool("markdown", false, "print the table in Markdown")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	chosen, err := choose(groups(), *only)
	if err != nil {
		log.Fatal(err)
	}
	if *rounds < 1 {
		log.Fatal("-rounds must be at least 1")
	}
	var lines []line
	for _, g := range chosen {
		measured, err := g.run(ctx, *rounds)
		if err != nil { // the other groups are worth having
			log.Printf("%s: %v", g.name, err)
			measured = append(measured, line{what: g.name, note: "failed", missed: true})
		}
		lines = append(lines, measured...)
	}
	if err := write(os.Stdout, lines, *markdown); err != nil {
		log.Fatal(err)
	}
	if slices.ContainsFunc(lines, func(l line) bool { return l.missed }) {
		os.Exit(1)
	}
}

// choose returns the groups that names lists, in the order of the table.
func choose(all []group, names string) ([]group, error) {
	if names == "" {
		return all, nil
	}
	wanted := strings.Split(names, ",")
	var chosen []group
	for _, g := range all {
		if i := slices.Index(wanted, g.name); i >= 0 {
			chosen = append(chosen, g)
			wanted = slices.Delete(wanted, i, i+1)
		}
	}
	if len(wanted) > 0 {
		var known []string
		for _, g := range all {
			known = append(known, g.name)
		}
		return nil, fmt.Errorf("no group %s; there are %s", strings.Join(wanted, ", "), strings.Join(known, ", "))
	}
	return chosen, nil
}

// run measures one group.
func (g group) run(ctx context.Context, rounds int) ([]line, error) {
	if g.needs != "" && os.Getenv(g.needs) == "" {
		return []line{{what: g.name, note: "left out: " + g.needs + " is not set"}}, nil
	}
	dir, err := packageDir(ctx, g.pkg)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // A file in the temporary directory.
	binary := filepath.Join(tmp, "bench.test")
	if _, err := output(ctx, dir, "go", "test", "-c", "-o", binary, "."); err != nil {
		return nil, err
	}
	results := samples{}
	for round := range rounds {
		log.Printf("%s, round %d of %d", g.name, round+1, rounds)
		text, err := output(ctx, dir, binary, "-test.run=^$", "-test.benchmem", "-test.benchtime="+g.benchtime, "-test.bench="+g.bench)
		if err != nil {
			return nil, err
		}
		if err := results.add(text); err != nil {
			return nil, err
		}
	}
	return g.lines(results)
}

// packageDir asks the go command where a package of the workspace lies.
func packageDir(ctx context.Context, pkg string) (string, error) {
	text, err := output(ctx, "", "go", "list", "-f", "{{.Dir}}", pkg)
	return strings.TrimSpace(string(text)), err
}

// output runs a command and returns what it printed; the error holds what it
// printed about its failure.
func output(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // The go command, and what it built.
	cmd.Dir = dir
	text, err := cmd.Output()
	if exit, failed := errors.AsType[*exec.ExitError](err); failed {
		return nil, fmt.Errorf("%s: %w\n%s%s", filepath.Base(name), err, text, exit.Stderr)
	}
	return text, err
}
