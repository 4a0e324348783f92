package otelwecom_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/otelwecom"
)

// answer is a platform that gives every call one reply.
type answer string

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}

// A client whose calls are counted and timed. A program gives the providers that
// it exports with.
func Example() {
	ctx := context.Background()
	reader := sdkmetric.NewManualReader()
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	defer func() { _ = meters.Shutdown(ctx) }()

	opts, err := otelwecom.Options(otelwecom.Config{MeterProvider: meters}) // TracerProvider: for spans
	if err != nil {
		panic(err)
	}
	api, err := wecom.New(append(opts, wecom.WithTransport(answer(`{"errcode":45009,"errmsg":"api freq out of limit"}`)))...)
	if err != nil {
		panic(err)
	}
	for range 3 {
		_ = api.Do(ctx, wecom.Call{Path: "/cgi-bin/user/get"}, nil) // refused each time
	}

	var data metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &data); err != nil {
		panic(err)
	}
	calls := data.ScopeMetrics[0].Metrics[0]
	point := calls.Data.(metricdata.Histogram[float64]).DataPoints[0]
	class, _ := point.Attributes.Value("error.type")
	fmt.Println(calls.Name, point.Count, class.AsString())
	// Output: wecom.call.duration 3 rate_limit
}
