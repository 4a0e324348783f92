package otelwecom_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/otelwecom"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// telemetry is a place in memory where metrics and spans go.
type telemetry struct {
	reader *sdkmetric.ManualReader
	meters *sdkmetric.MeterProvider
	spans  *tracetest.SpanRecorder
	tracer *sdktrace.TracerProvider
}

func newTelemetry() *telemetry {
	t := &telemetry{reader: sdkmetric.NewManualReader(), spans: tracetest.NewSpanRecorder()}
	t.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(t.reader))
	t.tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(t.spans))
	return t
}

func (tel *telemetry) options(t *testing.T) []wecom.Option {
	t.Helper()
	opts, err := otelwecom.Options(otelwecom.Config{MeterProvider: tel.meters, TracerProvider: tel.tracer})
	require.NoError(t, err)
	return opts
}

// points returns "attributes: count" of each point of a metric, and the sum of
// all its values in seconds.
func (tel *telemetry) points(t *testing.T, name string) (counts map[string]int, seconds float64) {
	t.Helper()
	counts = map[string]int{}
	for _, m := range tel.metrics(t) {
		if m.Name != name {
			continue
		}
		switch data := m.Data.(type) {
		case metricdata.Histogram[float64]:
			require.Equal(t, "s", m.Unit)
			for _, p := range data.DataPoints {
				counts[p.Attributes.Encoded(attribute.DefaultEncoder())] = int(p.Count)
				seconds += p.Sum
			}
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				counts[p.Attributes.Encoded(attribute.DefaultEncoder())] = int(p.Value)
			}
		default:
			require.Failf(t, "unexpected", "%T", data)
		}
	}
	return counts, seconds
}

func (tel *telemetry) metrics(t *testing.T) []metricdata.Metrics {
	t.Helper()
	var rm metricdata.ResourceMetrics
	require.NoError(t, tel.reader.Collect(context.WithoutCancel(t.Context()), &rm))
	require.Len(t, rm.ScopeMetrics, 1)
	return rm.ScopeMetrics[0].Metrics
}

// line is a span in short: name, kind, status, attributes.
func line(s sdktrace.ReadOnlySpan) string {
	set := attribute.NewSet(s.Attributes()...)
	return fmt.Sprintf("%s %s %s: %s", s.Name(), s.SpanKind(), s.Status().Code, set.Encoded(attribute.DefaultEncoder()))
}

// world is a simulated platform with one app in one corp, and a client of it.
type world struct {
	*telemetry
	platform *wecomtest.Platform
	app      *suite.Client
	corp     *suite.Corp
}

// newWorld installs the app; all that happens until then is recorded too.
func newWorld(t *testing.T, opts ...wecomtest.Option) *world {
	t.Helper()
	w := &world{telemetry: newTelemetry()}
	w.platform = wecomtest.NewPlatform(t, append(opts, wecomtest.WithoutServer())...)
	console := w.platform.NewApp(wecomtest.AppConfig{})
	api, err := wecom.New(append(w.options(t), wecom.WithBaseURL(w.platform.URL()), wecom.WithTransport(w.platform.Transport()))...)
	require.NoError(t, err)
	w.app, err = suite.New(api, suite.Config{ID: console.ID, Secret: console.Secret})
	require.NoError(t, err)
	_, err = w.app.Token(t.Context())
	require.ErrorIs(t, err, wecom.ErrNoTicket)
	require.NoError(t, w.app.SaveTicket(t.Context(), wecom.NewSecret(console.IssueTicket()), time.Now()))
	link, err := w.app.Install(t.Context(), suite.InstallRequest{RedirectURI: "https://app.example.com/in", State: "x1", AuthType: suite.AuthTypeFormal})
	require.NoError(t, err)
	redirect, err := w.platform.NewCorp("Acme").Authorize(t.Context(), link.URL)
	require.NoError(t, err)
	back, err := suite.ParseInstalled(redirect.Query())
	require.NoError(t, err)
	auth, err := w.app.Authorize(t.Context(), back.Code)
	require.NoError(t, err)
	w.corp = auth.Corp
	return w
}

const (
	agentList = "/cgi-bin/agent/list"
	corpToken = "/cgi-bin/service/get_corp_token"
)

func (w *world) call(ctx context.Context) error {
	return w.corp.Do(ctx, wecom.Call{Path: agentList, Safe: true}, nil)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wecomtest.WithLatency(20*time.Millisecond))
		require.NoError(t, w.call(t.Context()))
		require.NoError(t, w.call(t.Context()))
		w.platform.Inject(wecomtest.Fault{Path: agentList, Code: 45009})
		require.ErrorIs(t, w.call(t.Context()), wecom.ErrRateLimited)
		w.platform.Inject(wecomtest.Fault{Path: agentList, Status: http.StatusBadGateway})
		w.platform.Inject(wecomtest.Fault{Path: agentList, DropReply: true})
		require.NoError(t, w.call(t.Context()))
		w.platform.RevokeAll(wecomtest.CorpToken)
		require.NoError(t, w.call(t.Context()))

		calls, seconds := w.points(t, "wecom.call.duration")
		total := 0
		for _, n := range calls {
			total += n
		}
		assert.InDelta(t, float64(total)*0.02, seconds, 1e-9, "each call takes 20 ms")
		for attrs, want := range map[string]int{
			"http.response.status_code=200,url.template=/cgi-bin/agent/list":                               4,
			"error.type=rate_limit,http.response.status_code=200,url.template=/cgi-bin/agent/list":         1,
			"error.type=502,http.response.status_code=502,url.template=/cgi-bin/agent/list":                1,
			"error.type=no_reply,url.template=/cgi-bin/agent/list":                                         1,
			"error.type=auth_token_invalid,http.response.status_code=200,url.template=/cgi-bin/agent/list": 1,
			"http.response.status_code=200,url.template=/cgi-bin/service/get_corp_token":                   2,
			"http.response.status_code=200,url.template=/cgi-bin/service/get_suite_token":                  1,
		} {
			assert.Equal(t, want, calls[attrs], "%s\nof %v", attrs, calls)
		}

		steps, _ := w.points(t, "wecom.token.step.duration")
		assert.Equal(t, map[string]int{
			"error.type=no_ticket,wecom.token.event=fetch,wecom.token.kind=suite/token": 1,
			"error.type=no_ticket,wecom.token.event=wait,wecom.token.kind=suite/token":  1,
			"wecom.token.event=miss,wecom.token.kind=suite/token":                       4,
			"wecom.token.event=lock,wecom.token.kind=suite/token":                       2,
			"wecom.token.event=fetch,wecom.token.kind=suite/token":                      1,
			"wecom.token.event=save,wecom.token.kind=suite/token":                       1,
			"wecom.token.event=wait,wecom.token.kind=suite/token":                       1,
			"wecom.token.event=miss,wecom.token.kind=suite/corp/token":                  4,
			"wecom.token.event=lock,wecom.token.kind=suite/corp/token":                  2,
			"wecom.token.event=fetch,wecom.token.kind=suite/corp/token":                 2,
			"wecom.token.event=save,wecom.token.kind=suite/corp/token":                  2,
			"wecom.token.event=wait,wecom.token.kind=suite/corp/token":                  2,
			"wecom.token.event=drop,wecom.token.kind=suite/corp/token":                  2, // a new installation, a refusal
		}, steps)
		refusals, _ := w.points(t, "wecom.token.refusals")
		assert.Equal(t, map[string]int{"wecom.token.event=reject,wecom.token.kind=suite/corp/token": 1}, refusals)
	})
}

func TestRememberedRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.platform.Inject(wecomtest.Fault{Path: corpToken, Code: 40084})
		for range 3 {
			require.ErrorIs(t, w.call(t.Context()), wecom.ErrNotAuthorized)
		}
		refusals, _ := w.points(t, "wecom.token.refusals")
		assert.Equal(t, map[string]int{"error.type=permission,wecom.token.event=refuse,wecom.token.kind=suite/corp/token": 2}, refusals)
	})
}

func TestSpans(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wecomtest.WithLatency(20*time.Millisecond))
		before := len(w.spans.Ended())
		w.platform.Inject(wecomtest.Fault{Path: agentList, Status: http.StatusBadGateway})
		w.platform.Inject(wecomtest.Fault{Path: agentList, Code: 45009})
		ctx, parent := w.tracer.Tracer("test").Start(t.Context(), "parent")
		require.ErrorIs(t, w.call(ctx), wecom.ErrRateLimited)
		parent.End()

		var lines []string
		for _, s := range w.spans.Ended()[before:] {
			if s.Name() == "parent" {
				continue
			}
			lines = append(lines, line(s))
			assert.Equal(t, parent.SpanContext().SpanID(), s.Parent().SpanID(), s.Name())
			assert.Equal(t, parent.SpanContext().TraceID(), s.SpanContext().TraceID(), s.Name())
			if s.SpanKind() == trace.SpanKindClient {
				assert.Equal(t, 20*time.Millisecond, s.EndTime().Sub(s.StartTime()), s.Name())
			}
			if strings.Contains(lines[len(lines)-1], "rate_limit") {
				assert.Equal(t, wecom.Code(45009).Error(), s.Status().Description)
			} else {
				assert.Empty(t, s.Status().Description)
			}
		}
		require.Len(t, lines, 9)
		// Sizes differ with the simulated platform.
		for i, want := range []string{
			"wecom token miss internal Unset: wecom.token.event=miss,wecom.token.kind=suite/corp/token",
			"wecom token lock internal Unset: wecom.token.event=lock,wecom.token.kind=suite/corp/token",
			"wecom token miss internal Unset: wecom.token.event=miss,wecom.token.kind=suite/corp/token",
			"/cgi-bin/service/get_corp_token client Unset: http.request.body.size=",
			"wecom token fetch internal Unset: wecom.token.event=fetch,wecom.token.kind=suite/corp/token",
			"wecom token save internal Unset: wecom.token.event=save,wecom.token.kind=suite/corp/token",
			"wecom token wait internal Unset: wecom.token.event=wait,wecom.token.kind=suite/corp/token",
			"/cgi-bin/agent/list client Error: error.type=502,http.request.body.size=0,http.response.body.size=",
			"/cgi-bin/agent/list client Error: error.type=rate_limit,http.request.body.size=0,http.request.resend_count=1,http.response.body.size=",
		} {
			assert.True(t, strings.HasPrefix(lines[i], want), "%s\nwanted %s", lines[i], want)
		}
		assert.True(t, strings.HasSuffix(lines[8], ",http.response.status_code=200,url.template=/cgi-bin/agent/list,wecom.errcode=45009"), lines[8])
	})
}

func TestRefusalsAreEventsOfTheCallersSpan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.call(t.Context()))
	w.platform.RevokeAll(wecomtest.CorpToken)
	ctx, parent := w.tracer.Tracer("test").Start(t.Context(), "parent")
	require.NoError(t, w.call(ctx))
	parent.End()
	ended := w.spans.Ended()
	events := ended[len(ended)-1].Events()
	require.Len(t, events, 1)
	assert.Equal(t, "wecom token reject", events[0].Name)
}

// TestPain21_NoSecretInTelemetry looks for every secret, every id and every
// address in all that was recorded of a life with faults.
func TestPain21_NoSecretInTelemetry(t *testing.T) {
	t.Parallel()
	const canary = "CANARYcanaryCANARY12"
	w := newWorld(t, wecomtest.WithSecrets(func(string) string { return canary }))
	require.NoError(t, w.call(t.Context()))
	for _, fault := range []wecomtest.Fault{
		{Code: 40014},
		{Code: 42001, Times: 2},
		{Code: 45009, Message: "api freq out of limit, token " + canary},
		{Status: 502, Times: 3},
		{DropRequest: true, Times: 3},
		{CutJSON: true, Times: 3},
	} {
		fault.Path = agentList
		end := w.platform.Inject(fault)
		_ = w.call(t.Context()) // what it returns is the subject of other tests
		end()
	}
	w.platform.RevokeAll(wecomtest.CorpToken)
	w.platform.Inject(wecomtest.Fault{Path: corpToken, Code: 40084, Times: -1})
	require.Error(t, w.call(t.Context()))
	require.Error(t, w.call(t.Context()))

	var recorded strings.Builder
	for _, m := range w.metrics(t) {
		fmt.Fprintf(&recorded, "%s %+v\n", m.Name, m.Data)
		switch data := m.Data.(type) {
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				fmt.Fprintln(&recorded, p.Attributes.Encoded(attribute.DefaultEncoder()), p.Exemplars)
			}
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				fmt.Fprintln(&recorded, p.Attributes.Encoded(attribute.DefaultEncoder()), p.Exemplars)
			}
		}
	}
	spans := w.spans.Ended()
	for _, s := range spans {
		fmt.Fprintln(&recorded, line(s), s.Status().Description)
		for _, e := range s.Events() {
			set := attribute.NewSet(e.Attributes...)
			fmt.Fprintln(&recorded, e.Name, set.Encoded(attribute.DefaultEncoder()))
		}
	}
	require.Greater(t, len(spans), 40)
	for _, want := range []string{agentList, "rate_limit", "no_reply", "502", "suite/corp/token", "wecom.token.event=reject"} {
		require.Contains(t, recorded.String(), want)
	}
	for _, secret := range []string{canary, w.corp.ID(), w.app.ID(), "http://", "https://", "wecomtest.invalid", "?", "access_token="} {
		assert.NotContains(t, recorded.String(), secret)
	}
}

func TestEitherProviderIsEnough(t *testing.T) {
	t.Parallel()
	platform := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	for name, cfg := range map[string]func(*telemetry) otelwecom.Config{
		"metrics": func(tel *telemetry) otelwecom.Config { return otelwecom.Config{MeterProvider: tel.meters} },
		"spans":   func(tel *telemetry) otelwecom.Config { return otelwecom.Config{TracerProvider: tel.tracer} },
	} {
		tel := newTelemetry()
		opts, err := otelwecom.Options(cfg(tel))
		require.NoError(t, err)
		api, err := wecom.New(append(opts, wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))...)
		require.NoError(t, err)
		require.Error(t, api.Do(t.Context(), wecom.Call{Path: "/cgi-bin/unknown"}, nil))
		if name == "metrics" {
			assert.Len(t, tel.metrics(t), 1)
			assert.Empty(t, tel.spans.Ended())
			continue
		}
		assert.Len(t, tel.spans.Ended(), 1)
	}
}

// strict is a MeterProvider that refuses one kind of instrument.
type strict struct {
	noop.MeterProvider
	refused string
}

type strictMeter struct {
	noop.Meter
	refused string
}

func (p strict) Meter(string, ...metric.MeterOption) metric.Meter {
	return strictMeter{refused: p.refused}
}

var errInstrument = errors.New("instrument refused")

func (m strictMeter) Float64Histogram(name string, opts ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	if name == m.refused {
		return nil, errInstrument
	}
	return m.Meter.Float64Histogram(name, opts...)
}

func (m strictMeter) Int64Counter(name string, opts ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	if name == m.refused {
		return nil, errInstrument
	}
	return m.Meter.Int64Counter(name, opts...)
}

func TestBadConfigIsRefused(t *testing.T) {
	t.Parallel()
	_, err := otelwecom.Options(otelwecom.Config{})
	require.ErrorContains(t, err, "no provider")
	for _, name := range []string{"wecom.call.duration", "wecom.token.step.duration", "wecom.token.refusals"} {
		_, err := otelwecom.Options(otelwecom.Config{MeterProvider: strict{refused: name}})
		require.ErrorIs(t, err, errInstrument, name)
	}
}

func TestFailedSpanHasErrorStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // its first token fails for want of a ticket
	failed := 0
	for _, s := range w.spans.Ended() {
		if s.Status().Code == codes.Error {
			failed++
			assert.Contains(t, line(s), "error.type=no_ticket")
		}
	}
	assert.Equal(t, 2, failed, "fetch and wait")
}
