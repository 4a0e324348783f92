package wecomtest

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"
)

const (
	defaultJobDuration = 100 * time.Millisecond
	keptJobs           = 5   // of a corp, with their results
	rememberedJobs     = 100 // of a corp, by their ids only
)

// WithJobDuration sets how long each import (异步批量接口) takes on the platform's clock;
// the default is 100 ms. Rows are carried out evenly over that time.
func WithJobDuration(d time.Duration) Option {
	return func(s *settings) error {
		if d < 0 {
			return errors.New("wecomtest: WithJobDuration: negative duration")
		}
		s.jobDuration = d
		return nil
	}
}

// importJob is an import of a whole file. It has no goroutine: what is due by the
// platform's clock is carried out when somebody looks.
type importJob struct {
	id       string
	kind     string // sync_user, replace_user, replace_party
	corp     *Corp
	start    time.Time
	duration time.Duration

	rows    int
	failed  *apiError                    // the job as a whole; no row was carried out
	run     func(row int) (item any)     // carries one row out
	finish  func()                       // after the last row
	prepare func() (rows int, err error) // before the first row

	prepared bool
	ended    bool
	results  []any
}

func (j *importJob) end() time.Time { return j.start.Add(j.duration) }

// catchUp carries out what is due.
func (j *importJob) catchUp(now time.Time) {
	if !j.prepared {
		j.prepared = true
		rows, err := j.prepare()
		if refusal, refused := errors.AsType[*apiError](err); refused {
			j.failed = refusal
		}
		j.rows = rows
	}
	due, over := j.rows, !now.Before(j.end())
	if !over {
		due = int(float64(j.rows) * float64(now.Sub(j.start)) / float64(j.duration))
	}
	if j.failed != nil {
		due = 0
	}
	for len(j.results) < due {
		j.results = append(j.results, j.run(len(j.results)))
	}
	if !over {
		return
	}
	if j.failed == nil {
		j.finish()
	}
	j.ended = true
	j.prepare, j.run, j.finish = nil, nil, nil // they hold the whole file
}

// runJobs brings the imports of all corps up to now. The lock is held.
func (p *Platform) runJobs(now time.Time) {
	running := p.jobs[:0]
	for _, j := range p.jobs {
		if j.catchUp(now); !j.ended {
			running = append(running, j)
		}
	}
	clear(p.jobs[len(running):])
	p.jobs = running
}

// startJob begins an import: one at a time in a corp. The lock is held.
func (p *Platform) startJob(c *call, j *importJob) (any, error) {
	callback, err := c.jobCallback()
	if err != nil {
		return nil, err
	}
	corp := c.token.contacts()
	if n := len(corp.jobs); n > 0 && !corp.jobs[n-1].ended {
		return nil, refuse(302008)
	}
	j.id, j.corp, j.start, j.duration = p.secrets.text(43, alphanumeric), corp, c.now, p.settings.jobDuration
	corp.jobs = append(corp.jobs, j)
	if len(corp.jobs) > keptJobs {
		corp.oldJobs = append(corp.oldJobs, corp.jobs[0].id)
		corp.oldJobs = slices.Delete(corp.oldJobs, 0, max(0, len(corp.oldJobs)-rememberedJobs))
		corp.jobs = slices.Delete(corp.jobs, 0, 1)
	}
	p.jobs = append(p.jobs, j)
	if callback != nil {
		p.background(func(ctx context.Context) { p.announceJob(ctx, j, *callback) })
	}
	return reply{"jobid": j.id}, nil
}

// jobCallback reads the callback of a request; nil if there is none.
func (c *call) jobCallback() (*Target, error) {
	r := &call{body: objectOf(c.body["callback"])}
	address, token, key := r.text("url"), r.text("token"), r.text("encodingaeskey")
	if address == "" {
		return nil, nil //nolint:nilnil // No callback and no error.
	}
	if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, refusef(40057, "callback: the url is no http address")
	}
	if _, err := newEnvelopeCipher(token, key); err != nil || token == "" {
		return nil, refusef(40058, "callback: token or encodingaeskey is missing or malformed")
	}
	id := c.token.contacts().ID
	return &Target{URL: address, Token: token, AESKey: key, Receiver: id, VerifyReceiver: id, ToUserName: id, AnyAnswer: true}, nil
}

// announceJob waits for the end of an import and pushes batch_job_result.
func (p *Platform) announceJob(ctx context.Context, j *importJob, to Target) {
	if !p.waitUntil(ctx, j.end()) {
		return
	}
	p.mu.Lock()
	p.runJobs(p.Now())
	code, text := 0, "ok"
	if j.failed != nil {
		code, text = j.failed.code, j.failed.text
	}
	p.mu.Unlock()
	// The delivery is recorded, whether it was taken or not.
	_, _ = p.Push(ctx, to, newXML().text("ToUserName", j.corp.ID).text("FromUserName", "sys").
		number("CreateTime", p.Now().Unix()).text("MsgType", "event").text("Event", "batch_job_result").
		raw("<BatchJob>").text("JobId", j.id).text("JobType", j.kind).number("ErrCode", int64(code)).text("ErrMsg", text).
		raw("</BatchJob>").bytes())
}

// getJobResult tells how far an import is. What became of the rows is told at its
// end; before that, each finished row is an empty object. A job that failed as a
// whole gives its errcode to the reply.
func (p *Platform) getJobResult(c *call) (any, error) {
	corp, id := c.token.contacts(), c.text("jobid")
	for _, j := range corp.jobs {
		if j.id == id {
			return j.result()
		}
	}
	if slices.Contains(corp.oldJobs, id) {
		return nil, refuse(40089)
	}
	return nil, refuse(40088)
}

// The states of a job.
const (
	jobStarted  = 1
	jobRunning  = 2
	jobFinished = 3
)

func (j *importJob) result() (any, error) {
	done := len(j.results)
	r := reply{"type": j.kind, "total": j.rows, "status": jobStarted, "percentage": 0}
	switch {
	case j.ended && j.failed != nil:
		return nil, j.failed
	case j.ended:
		r["status"], r["percentage"], r["result"] = jobFinished, 100, list(j.results)
		return r, nil
	case done > 0:
		r["status"], r["percentage"] = jobRunning, min(99, 100*done/j.rows)
	}
	r["result"] = make([]struct{}, done)
	return r, nil
}

// background runs f beside what asked for it; Close ends its context and waits for
// it. The lock is held.
//
//nolint:contextcheck,nolintlint // The first reads this, the second does not see it: what it does outlives the call that asks for it.
func (p *Platform) background(f func(context.Context)) {
	if p.closed {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.running.Go(func() {
		defer cancel()
		f(ctx)
	})
	p.running.Go(func() {
		select {
		case <-p.done:
			cancel()
		case <-ctx.Done():
		}
	})
}

// waitUntil waits for a time on the platform's clock; false if ctx ends before.
func (p *Platform) waitUntil(ctx context.Context, at time.Time) bool {
	for {
		p.mu.Lock()
		advanced := p.advanced
		p.mu.Unlock()
		left := at.Sub(p.Now())
		if left <= 0 {
			return ctx.Err() == nil
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-advanced:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
		timer.Stop()
	}
}
