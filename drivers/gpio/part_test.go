package gpio_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/gpio"
	"watchbox/drivers/gpio/gpiotest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

var _ driver.Wired = (*gpio.Device)(nil)

// faults are the terminals that cannot be read.
func faults(d *gpio.Device) map[string]error {
	bad := map[string]error{}
	for _, l := range d.Lines() {
		if l.Fault != nil {
			bad[l.Terminal] = l.Fault
		}
	}
	return bad
}

// TestOneMissingInputCostsNoOther: of three contacts one hangs on a chip that is
// not there and one is held by another; the panic button guards.
func TestOneMissingInputCostsNoOther(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard) {
		room.Spoil("DI2", gpio.Absent)
		room.Spoil("DI3", gpio.Busy)
		if err := d.Poll(t.Context(), 0, h.emit); err != nil {
			t.Fatalf("a block with a living input: %v", err)
		}
		if bad := faults(d); len(bad) != 2 || !errors.Is(bad["DI2"], driver.ErrNotPresent) || !errors.Is(bad["DI3"], driver.ErrRefused) {
			t.Errorf("faults %v", bad)
		}
		for name, reason := range map[point.Name]point.Reason{"door1/contact": point.NotPresent, "terminals/leak": point.DeviceFault} {
			all := h.of(name, false)
			if s := all[len(all)-1]; s.Quality != point.BadBecause(reason) || !s.Value.IsNone() {
				t.Errorf("%s is told as %+v, want bad because of %v", name, s, reason)
			}
		}
		room.Set("DI1", true)
		synctest.Wait()
		if e := h.of("terminals/panic", true); len(e) != 1 || !e[0].Value.Truth() || e[0].Quality != (point.Quality{}) {
			t.Errorf("the panic button told %+v", e)
		}
		for _, c := range d.Contacts() {
			if c.Known != (c.Terminal == "DI1") {
				t.Errorf("contact %+v", c)
			}
		}
		room.Spoil("DI2", nil)
		room.Set("DI2", true)
		synctest.Wait()
		if err := d.Poll(t.Context(), 0, h.emit); err != nil || len(faults(d)) != 1 {
			t.Errorf("one is back: %v, faults %v", err, faults(d))
		}
		if all := h.of("door1/contact", false); all[len(all)-1].Value.Truth() || all[len(all)-1].Quality != (point.Quality{}) {
			t.Errorf("the door is told as %+v, want closed and good", all[len(all)-1])
		}
	})
}

// TestNoInputAtAllIsAFailure: then the device says so, and no line is blamed.
func TestNoInputAtAllIsAFailure(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard) {
		for _, terminal := range []string{"DI1", "DI2", "DI3"} {
			room.Spoil(terminal, gpio.Absent)
		}
		if err := d.Poll(t.Context(), 0, h.emit); !errors.Is(err, driver.ErrNotPresent) || len(faults(d)) != 0 {
			t.Errorf("no input at all: %v, faults %v", err, faults(d))
		}
	})
}

// TestOneMissingOutputCostsNoOther: the siren sounds beside a relay that is gone.
func TestOneMissingOutputCostsNoOther(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard) {
		room.Spoil("DO2", gpio.Absent)
		if err := d.Write(t.Context(), "siren", point.OfBool(true)); err != nil || !room.Level("DO1") {
			t.Errorf("the siren beside a missing relay: %v", err)
		}
		if err := d.Write(t.Context(), "relay", point.OfBool(true)); err == nil {
			t.Error("a missing relay obeyed")
		}
		if err := d.Poll(t.Context(), 1, h.emit); err != nil || len(faults(d)) != 1 {
			t.Errorf("read back: %v, faults %v", err, faults(d))
		}
		if s := h.of("oc/siren", false); len(s) != 1 || !s[0].Value.Truth() {
			t.Errorf("the siren reads back as %+v", s)
		}
		if s := h.of("terminals/relay", false); len(s) != 1 || s[0].Quality != point.BadBecause(point.NotPresent) {
			t.Errorf("the relay reads back as %+v", s)
		}
		room.Spoil("DO2", nil)
		time.Sleep(time.Second)
		if err := d.Write(t.Context(), "relay", point.OfBool(true)); err != nil || room.Level("DO2") {
			t.Errorf("the relay is back: %v", err)
		}
	})
}
