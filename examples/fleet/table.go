package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// printer writes to the terminal. It is used by one goroutine.
type printer struct {
	out    io.Writer
	redraw bool // write a table over the one before
	lines  int  // of the table that was printed last
}

func (p *printer) line(format string, args ...any) {
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
	p.lines = 0
}

// table prints a line for each worker and one for all.
func (p *printer) table(reports []report) {
	var b strings.Builder
	if p.redraw && p.lines > 0 {
		_, _ = fmt.Fprintf(&b, "\x1b[%dA\x1b[J", p.lines)
	}
	columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(columns, "worker\tcalls\tfailed\ttokens fetched\ttaken from others\tlock waits\tlongest\t")
	row := func(name string, r report) {
		_, _ = fmt.Fprintf(columns, "%s\t%d\t%d\t%d\t%d\t%d\t%v\t\n",
			name, r.Calls, r.Failed, r.Fetches, r.Taken, r.LockWaits, r.LongestLock.Round(time.Millisecond))
	}
	var sum report
	for i, r := range reports {
		row(fmt.Sprint(i+1), r)
		sum.add(r)
	}
	row("all", sum)
	_ = columns.Flush() // a strings.Builder takes everything
	_, _ = fmt.Fprint(p.out, b.String())
	p.lines = len(reports) + 2
}
