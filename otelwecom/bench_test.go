package otelwecom_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/otelwecom"
	"github.com/wecom-isv/wecom/wecomtest"
)

// BenchmarkCall is what metrics cost a call: the floor is the same call of a
// client that reports to nobody.
func BenchmarkCall(b *testing.B) {
	platform := wecomtest.NewPlatform(b, wecomtest.WithoutServer())
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	opts, err := otelwecom.Options(otelwecom.Config{MeterProvider: meters})
	require.NoError(b, err)
	for _, bc := range []struct {
		name string
		opts []wecom.Option
	}{{"floor", nil}, {"metrics", opts}} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			api, err := wecom.New(append(bc.opts, wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))...)
			require.NoError(b, err)
			ctx := b.Context()
			for b.Loop() {
				// Unknown to the platform, which answers at once.
				if err := api.Do(ctx, wecom.Call{Path: "/cgi-bin/unknown"}, nil); err == nil {
					b.Fatal("no error")
				}
			}
			platform.ForgetCalls()
		})
	}
}
