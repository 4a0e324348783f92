package otelwecom

import (
	"context"

	"go.opentelemetry.io/otel/metric"

	"github.com/wecom-isv/wecom"
)

// metrics are the instruments of one meter.
type metrics struct {
	calls    metric.Float64Histogram
	steps    metric.Float64Histogram
	refusals metric.Int64Counter
}

func newMetrics(provider metric.MeterProvider) (*metrics, error) {
	// From a cache on loopback to the longest refresh, 15 seconds.
	buckets := metric.WithExplicitBucketBoundaries(
		0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15)
	meter := provider.Meter(scope)
	calls, err := meter.Float64Histogram("wecom.call.duration", buckets, metric.WithUnit("s"),
		metric.WithDescription("Duration of one attempt of a call to the WeCom API."))
	if err != nil {
		return nil, err
	}
	steps, err := meter.Float64Histogram("wecom.token.step.duration", buckets, metric.WithUnit("s"),
		metric.WithDescription("Duration of one step on the way to a token: cache, lock, fetch, wait."))
	if err != nil {
		return nil, err
	}
	refusals, err := meter.Int64Counter("wecom.token.refusals", metric.WithUnit("{refusal}"),
		metric.WithDescription("Tokens that the platform refused, and callers refused without a call."))
	if err != nil {
		return nil, err
	}
	return &metrics{calls: calls, steps: steps, refusals: refusals}, nil
}

// call records one attempt of a call.
func (m *metrics) call(ctx context.Context, info wecom.CallInfo) {
	m.calls.Record(ctx, info.Latency.Seconds(), metric.WithAttributes(callAttributes(info)...))
}

// token records one step on the way to a token.
func (m *metrics) token(ctx context.Context, info wecom.TokenInfo) {
	attrs := metric.WithAttributes(tokenAttributes(info)...)
	if isPoint(info.Event) {
		m.refusals.Add(ctx, 1, attrs)
		return
	}
	m.steps.Record(ctx, info.Latency.Seconds(), attrs)
}
