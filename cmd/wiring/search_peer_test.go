//go:build peer

package wiring

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"watchbox/drivers/peertest"
	"watchbox/firmware/bus"
	"watchbox/firmware/config"
)

// TestADeviceBehindASerialServerIsFound: pymodbus on a cable, behind socat, which passes
// the bytes of one connection at a time on as most serial servers do.
func TestADeviceBehindASerialServerIsFound(t *testing.T) {
	t.Setenv("WATCHBOX_SIM", t.TempDir())
	cable, port := peertest.NewCable(t), peertest.FreePort(t)
	peertest.Start(t, "socat", fmt.Sprintf("TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr,fork,max-children=1", port), "OPEN:"+cable.Near+",raw,echo=0")
	text := head + fmt.Sprintf("buses:\n  - {id: far, address: \"127.0.0.1:%d\", baud: 19200}\n", port)
	b, err := New(t.TempDir())
	must(t, err)
	site, problems := config.LoadText("site.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if site == nil {
		t.Fatal(problems)
	}
	var got bus.Progress
	peertest.Eventually(t, "socat, and the device", func() bool {
		s, err := b.Survey(site, "far", bus.Order{To: 4, Protocols: []string{bus.ModbusRTU}})
		must(t, err)
		for over := false; !over; {
			ctx, stop := context.WithTimeout(t.Context(), s.Limit())
			over = s.Step(ctx)
			stop()
		}
		must(t, s.Close())
		got = s.Progress()
		return len(got.Findings) > 0
	})
	if f := got.Findings; len(f) != 1 || f[0].Unit != 1 || f[0].Shape != "19200 8N1" {
		t.Errorf("%+v", f)
	}
	if !strings.Contains(got.Lines, "driver: modbus-rtu, bus: far, unit: 1") || len(got.Notes) != 1 {
		t.Errorf("%s %+v", got.Lines, got.Notes)
	}
}
