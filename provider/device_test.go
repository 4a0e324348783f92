package provider_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
)

// The id is beyond what a float64 holds, and may be a string.
func TestDeviceIDForms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]provider.DeviceID{
		`6618424034010721282`:   "6618424034010721282",
		`18446744073709551615`:  "18446744073709551615",
		`"6618424034010721282"`: "6618424034010721282",
		`"hwd0012"`:             "hwd0012",
		`null`:                  "",
		`""`:                    "",
	} {
		var d provider.Device
		require.NoError(t, json.Unmarshal([]byte(`{"device_id":`+in+`}`), &d), in)
		assert.Equal(t, want, d.DeviceID)
	}
	for id, want := range map[provider.DeviceID]string{
		"6618424034010721282": `6618424034010721282`, "007": `"007"`, "-1": `"-1"`, "hwd0012": `"hwd0012"`, "": `""`,
	} {
		out, err := json.Marshal(id)
		require.NoError(t, err)
		assert.Equal(t, want, string(out))
	}
	require.Error(t, json.Unmarshal([]byte(`{"device_id":{}}`), new(provider.Device)))
}

func TestPain21_DeviceHidesItsSecret(t *testing.T) {
	t.Parallel()
	p, _ := newUpstream(t, inOrder(`{"errcode":0,"device_info":{"device_sn":"SN","secret_no":"canary-secret","device_id":1}}`))
	r, err := p.AddDevice(t.Context(), provider.AddDeviceRequest{ModelID: "hwm1", DeviceSN: "SN"})
	require.NoError(t, err)
	assert.Equal(t, "canary-secret", r.DeviceInfo.SecretNo.Reveal())
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("device", "d", r, "contact", p.Contact(), "advanced", p.AdvancedAPI())
	shown := fmt.Sprintf("%v %+v %#v %v %+v %#v %+v", r, r, *r, p.Contact(), p.Contact(), p.Contact(), p.AdvancedAPI()) + log.String()
	assert.NotContains(t, shown, "canary")
	assert.NotContains(t, shown, "provider-secret")
}

// shelf is a platform with devices, the first of which has the number base.
func shelf(devices, base int) func(request, int) (string, error) {
	return func(r request, _ int) (string, error) {
		var page provider.ListDeviceRequest
		if err := json.Unmarshal([]byte(r.body), &page); err != nil {
			return "", err
		}
		if page.Limit == 0 {
			page.Limit = 3
		}
		list := []string{}
		first := max(int(page.Offset)-base, 0)
		for i := first; i < min(first+int(page.Limit), devices); i++ {
			list = append(list, fmt.Sprintf(`{"device_sn":"SN%d","model_id":"hwm1"}`, i))
		}
		return `{"errcode":0,"device_list":[` + strings.Join(list, ",") + `]}`, nil
	}
}

// Whether the platform counts devices from 0 or from 1 is not known.
func TestAllDevices(t *testing.T) {
	t.Parallel()
	for _, base := range []int{0, 1} {
		for _, devices := range []int{0, 1, 2, 3, 7, 9} {
			for _, size := range []int32{0, 1, 2, 5, 100} {
				p, u := newUpstream(t, shelf(devices, base))
				all := p.AllDevices(t.Context(), size)
				for range 2 {
					got, err := drain(all)
					require.NoError(t, err)
					var want []provider.Device
					for i := range devices {
						want = append(want, provider.Device{DeviceSN: "SN" + strconv.Itoa(i), ModelID: "hwm1"})
					}
					assert.Equal(t, want, got, "%d devices from %d on, %d at a time", devices, base, size)
				}
				assert.NotContains(t, u.requests()[0].body, "offset")
			}
		}
	}
}

func TestAllDevicesOfAPlatformThatRepeatsItself(t *testing.T) {
	t.Parallel()
	p, u := newUpstream(t, inOrder(`{"errcode":0,"device_list":[{"device_sn":"A"},{"device_sn":"B"}]}`))
	got, err := drain(p.AllDevices(t.Context(), 2))
	require.ErrorContains(t, err, "same devices again")
	assert.Len(t, got, 2)
	assert.Equal(t, []string{`{"limit":2}`, `{"offset":2,"limit":2}`}, u.bodies())
}

func TestAllDevicesStops(t *testing.T) {
	t.Parallel()
	p, u := newUpstream(t, shelf(9, 0))
	for _, err := range p.AllDevices(t.Context(), 3) {
		require.NoError(t, err)
		break
	}
	assert.Len(t, u.requests(), 1)
}

// The wire has a negative flag, as a boolean or as a number.
func TestSetPrinterSupportState(t *testing.T) {
	t.Parallel()
	for support, want := range map[provider.PrinterSupport][]string{
		provider.PrinterSupported:    {`{"device_sn":"SN","not_supported_printer":false}`, `{"device_sn":"SN","not_supported_printer":0}`},
		provider.PrinterNotSupported: {`{"device_sn":"SN","not_supported_printer":true}`, `{"device_sn":"SN","not_supported_printer":1}`},
	} {
		p, u := newUpstream(t, inOrder(`{"errcode":0}`))
		require.NoError(t, p.SetPrinterSupportState(t.Context(), "SN", support))
		assert.Equal(t, want[:1], u.bodies())

		for _, code := range []int{40035, 40058, 47001} {
			p, u = newUpstream(t, inOrder(fmt.Sprintf(`{"errcode":%d}`, code), `{"errcode":0}`))
			require.NoError(t, p.SetPrinterSupportState(t.Context(), "SN", support))
			assert.Equal(t, want, u.bodies())
		}
	}
	p, u := newUpstream(t, inOrder(`{"errcode":40058}`, `{"errcode":60011}`))
	err := p.SetPrinterSupportState(t.Context(), "SN", true)
	require.ErrorIs(t, err, wecom.Code(40058))
	require.ErrorIs(t, err, wecom.Code(60011))
	assert.Len(t, u.requests(), 2)

	p, u = newUpstream(t, inOrder(`{"errcode":60011}`))
	require.ErrorIs(t, p.SetPrinterSupportState(t.Context(), "SN", true), wecom.Code(60011))
	assert.Len(t, u.requests(), 1, "any other refusal is final")
}
