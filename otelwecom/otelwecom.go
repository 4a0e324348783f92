package otelwecom

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/wecom-isv/wecom"
)

// scope names the instrumentation.
const scope = "github.com/wecom-isv/wecom/otelwecom"

// Attributes that OpenTelemetry has no convention for.
const (
	keyErrcode = attribute.Key("wecom.errcode")
	keyEvent   = attribute.Key("wecom.token.event")
	keyKind    = attribute.Key("wecom.token.kind")
)

// Config says where metrics and spans go. At least one provider is required.
type Config struct {
	// MeterProvider makes the instruments; nil records no metrics.
	MeterProvider metric.MeterProvider
	// TracerProvider makes the spans; nil records no spans.
	TracerProvider trace.TracerProvider
}

// Options returns what [wecom.New] needs to report to the providers of cfg. The
// options go with others, in any order, and with any number of clients. An error
// says that cfg is empty or that the MeterProvider refused an instrument.
func Options(cfg Config) ([]wecom.Option, error) {
	if cfg.MeterProvider == nil && cfg.TracerProvider == nil {
		return nil, errors.New("otelwecom: Options: Config has no provider")
	}
	var opts []wecom.Option
	if cfg.MeterProvider != nil {
		m, err := newMetrics(cfg.MeterProvider)
		if err != nil {
			return nil, fmt.Errorf("otelwecom: Options: %w", err)
		}
		opts = append(opts, wecom.WithObserver(m.call), wecom.WithTokenObserver(m.token))
	}
	if cfg.TracerProvider != nil {
		s := newSpans(cfg.TracerProvider)
		opts = append(opts, wecom.WithObserver(s.call), wecom.WithTokenObserver(s.token))
	}
	return opts, nil
}

// callAttributes are those of metric and span.
func callAttributes(info wecom.CallInfo) []attribute.KeyValue {
	attrs := []attribute.KeyValue{semconv.URLTemplate(info.Op)}
	if info.Status != 0 {
		attrs = append(attrs, semconv.HTTPResponseStatusCode(info.Status))
	}
	if info.Err != nil {
		attrs = append(attrs, errorType(info.Err))
	}
	return attrs
}

// tokenAttributes are those of metric and span.
func tokenAttributes(info wecom.TokenInfo) []attribute.KeyValue {
	attrs := []attribute.KeyValue{keyEvent.String(string(info.Event)), keyKind.String(info.Kind)}
	if info.Err != nil {
		attrs = append(attrs, errorType(info.Err))
	}
	return attrs
}

// isPoint reports whether an event has no duration.
func isPoint(event wecom.TokenEvent) bool {
	return event == wecom.TokenReject || event == wecom.TokenRefuse
}

// errorType names what went wrong, never with the text of err.
func errorType(err error) attribute.KeyValue {
	if refusal, ok := errors.AsType[*wecom.Error](err); ok {
		if refusal.Code != 0 {
			return semconv.ErrorTypeKey.String(refusal.Code.Class().String())
		}
		return semconv.ErrorTypeKey.String(strconv.Itoa(refusal.Status))
	}
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	switch {
	case errors.Is(err, context.Canceled):
		return semconv.ErrorTypeKey.String("canceled")
	case errors.Is(err, context.DeadlineExceeded), ok && timeout.Timeout():
		return semconv.ErrorTypeKey.String("timeout")
	case errors.Is(err, wecom.ErrNoTicket):
		return semconv.ErrorTypeKey.String("no_ticket")
	case errors.Is(err, wecom.ErrNoReply):
		return semconv.ErrorTypeKey.String("no_reply")
	}
	return semconv.ErrorTypeOther
}
