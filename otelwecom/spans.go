package otelwecom

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/wecom-isv/wecom"
)

// spans makes spans of what has ended.
type spans struct{ tracer trace.Tracer }

func newSpans(provider trace.TracerProvider) *spans {
	return &spans{tracer: provider.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL))}
}

// call makes the span of one attempt of a call.
func (s *spans) call(ctx context.Context, info wecom.CallInfo) {
	attrs := append(callAttributes(info), semconv.HTTPRequestBodySize(info.RequestBytes))
	if info.Status != 0 {
		attrs = append(attrs, semconv.HTTPResponseBodySize(info.ResponseBytes))
	}
	if info.Attempt > 1 {
		attrs = append(attrs, semconv.HTTPRequestResendCount(info.Attempt-1))
	}
	text := ""
	if info.Code != 0 {
		attrs = append(attrs, keyErrcode.Int(int(info.Code)))
		text = info.Code.Error() // of the code table, not what the platform wrote
	}
	s.span(ctx, info.Op, trace.SpanKindClient, info.Latency, attrs, info.Err != nil, text)
}

// token makes the span of one step on the way to a token.
func (s *spans) token(ctx context.Context, info wecom.TokenInfo) {
	name, attrs := "wecom token "+string(info.Event), tokenAttributes(info)
	if isPoint(info.Event) {
		trace.SpanFromContext(ctx).AddEvent(name, trace.WithAttributes(attrs...))
		return
	}
	s.span(ctx, name, trace.SpanKindInternal, info.Latency, attrs, info.Err != nil, "")
}

// span makes a span that ends now.
func (s *spans) span(ctx context.Context, name string, kind trace.SpanKind, took time.Duration, attrs []attribute.KeyValue, failed bool, text string) {
	end := time.Now()
	_, span := s.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithTimestamp(end.Add(-took)), trace.WithAttributes(attrs...))
	if failed {
		span.SetStatus(codes.Error, text)
	}
	span.End(trace.WithTimestamp(end))
}
