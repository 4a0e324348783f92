package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// farewell is how long a worker may take to end.
const farewell = 10 * time.Second

// crew is the worker processes.
type crew struct{ members []*member }

// member is one worker process, seen from the parent.
type member struct {
	command *exec.Cmd
	input   io.WriteCloser
	ended   chan struct{} // its output has ended
	ready   chan struct{} // its first report has come

	mu   sync.Mutex
	last report
}

// startCrew starts the workers, waits until each has opened the store, and lets
// them go at the same moment.
func startCrew(ctx context.Context, workers int, s settings) (_ *crew, err error) {
	c := new(crew)
	defer func() {
		if err != nil {
			err = errors.Join(err, c.stop())
		}
	}()
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	line, err := json.Marshal(s) //nolint:gosec // G117: the secret goes through a pipe to a process of our own.
	if err != nil {
		return nil, err
	}
	for range workers {
		m, err := startMember(program)
		if err != nil {
			return nil, err
		}
		c.members = append(c.members, m)
		if _, err := m.input.Write(append(slices.Clone(line), '\n')); err != nil {
			return nil, err
		}
	}
	for i, m := range c.members {
		select {
		case <-m.ready:
		case <-m.ended:
			return nil, fmt.Errorf("worker %d ended before it began", i+1)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	for _, m := range c.members {
		if _, err := io.WriteString(m.input, "go\n"); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func startMember(program string) (*member, error) {
	m := &member{ended: make(chan struct{}), ready: make(chan struct{})}
	// A context would kill it; a worker ends by itself when its input does.
	m.command = exec.Command(program, workerArg) //nolint:noctx // See above.
	m.command.Stderr = os.Stderr
	var err error
	if m.input, err = m.command.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := m.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := m.command.Start(); err != nil {
		return nil, err
	}
	go m.listen(output)
	return m, nil
}

// listen keeps the newest report.
func (m *member) listen(output io.Reader) {
	defer close(m.ended)
	first := sync.OnceFunc(func() { close(m.ready) })
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		var r report
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			return
		}
		m.mu.Lock()
		m.last = r
		m.mu.Unlock()
		first()
	}
}

func (m *member) report() report {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// watch hands the reports of the workers over once a second, for d and until each
// has called every corp.
func (c *crew) watch(ctx context.Context, d time.Duration, show func([]report)) error {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	end := time.NewTimer(d)
	defer end.Stop()
	over := false
	for !over || !c.total().Warm {
		select {
		case <-second.C:
			show(c.reports())
		case <-end.C:
			over = true
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		for i, m := range c.members {
			select {
			case <-m.ended:
				return fmt.Errorf("worker %d ended too early", i+1)
			default:
			}
		}
	}
	return nil
}

// stop ends the workers and waits for their last reports.
func (c *crew) stop() error {
	for _, m := range c.members {
		_ = m.input.Close() // the worker's sign to end; it may have ended
	}
	patience := time.AfterFunc(farewell, func() {
		for _, m := range c.members {
			_ = m.command.Process.Kill() // too late for a polite end
		}
	})
	defer patience.Stop()
	var errs []error
	for i, m := range c.members {
		<-m.ended // all is read before Wait closes the pipe
		if err := m.command.Wait(); err != nil {
			errs = append(errs, fmt.Errorf("worker %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

func (c *crew) reports() []report {
	reports := make([]report, len(c.members))
	for i, m := range c.members {
		reports[i] = m.report()
	}
	return reports
}

func (c *crew) total() report {
	sum := report{Warm: true}
	for _, r := range c.reports() {
		sum.add(r)
	}
	return sum
}
