package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/wecom-isv/wecom/examples/internal/workers"
	"github.com/wecom-isv/wecom/register"
)

// display shows how far the migration is: by a bar on a terminal, else by a line for
// each step, and every few seconds in a step that takes long.
type display struct {
	out      io.Writer
	terminal bool
	step     register.Step
	total    int
	bar      *progressbar.ProgressBar
	last     register.Progress
	shown    time.Time
}

// between is how long a step is silent when there is no terminal.
const between = 5 * time.Second

func newDisplay(out io.Writer) *display {
	return &display{out: out, terminal: workers.IsTerminal(out)}
}

func (d *display) line(format string, args ...any) { _, _ = fmt.Fprintf(d.out, format+"\n", args...) }

func (d *display) progress(p register.Progress) {
	if p.Step != d.step || p.Total != d.total {
		d.end()
		d.begin(p)
	}
	d.last = p
	switch {
	case d.bar != nil:
		_ = d.bar.Set(p.Done) // a terminal that has gone away is no concern
	case !d.terminal && time.Since(d.shown) >= between:
		d.shown = time.Now()
		left := ""
		if p.Left > 0 {
			left = fmt.Sprintf(", %v left", p.Left.Round(time.Second))
		}
		d.line("%s: %d of %d%s", p.Step, p.Done, p.Total, left)
	}
}

func (d *display) begin(p register.Progress) {
	d.step, d.total, d.shown = p.Step, p.Total, time.Now()
	if d.terminal && p.Total > 0 {
		d.bar = progressbar.NewOptions(p.Total,
			progressbar.OptionSetWriter(d.out), progressbar.OptionSetDescription(fmt.Sprintf("%-12s", p.Step)),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetRenderBlankState(true),
		)
	}
}

// end closes the line of the step that was shown.
func (d *display) end() {
	switch {
	case d.bar != nil:
		_ = d.bar.Exit() // leaves the bar as it stands
		d.line("")
	case !d.terminal && d.last.Total > 0:
		d.line("%s: %d of %d", d.last.Step, d.last.Done, d.last.Total)
	}
	d.bar, d.last = nil, register.Progress{}
}
