package onewire

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"watchbox/drivers/onewire/onewiretest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

const inlet, outlet, stranger = "28-0316a2795f2c", "28-0000075a1b2c", "28-3c01f096aa10"

func chain(t *testing.T) (onewiretest.Chain, Chain) {
	t.Helper()
	c, err := onewiretest.New(filepath.Join(t.TempDir(), "w1_bus_master1"))
	if err != nil {
		t.Fatal(err)
	}
	return c, Chain{Master: c.Dir, Named: []string{inlet, outlet}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sensor(t *testing.T, name, rom string, c Chain) *Sensor {
	t.Helper()
	s, err := New(driver.Spec{Name: name, Room: "hall", Address: rom}, c)
	must(t, err)
	return s
}

func poll(t *testing.T, d driver.Poller) (map[point.Name]point.Sample, error) {
	t.Helper()
	got := map[point.Name]point.Sample{}
	err := d.Poll(t.Context(), 0, func(s point.Sample) { got[s.Point] = s })
	return got, err
}

func TestSensorsAreReadByTheirNumber(t *testing.T) {
	fake, c := chain(t)
	for _, celsius := range []float64{21.5, -10.125, 0, 125, -55, 84.9375} {
		must(t, fake.Set(inlet, celsius))
		must(t, fake.Set(outlet, 30))
		got, err := poll(t, sensor(t, "inlet", inlet, c))
		if v, _ := got["inlet/ambient.temperature"].Value.Float(); err != nil || v < celsius-0.001 || v > celsius+0.001 {
			t.Errorf("%v °C: %v, %v", celsius, got, err)
		}
	}
}

// A sensor that went is silent, the others read on, and the one that nobody named
// is told by its number.
func TestADeadSensorIsToldWithWhatMayReplaceIt(t *testing.T) {
	fake, c := chain(t)
	must(t, fake.Set(outlet, 30))
	must(t, fake.Set(stranger, 19))
	for name, break1 := range map[string]func() error{
		"it does not answer": func() error { return fake.Say(inlet, "") },
		"it is gone":         func() error { return fake.Unplug(inlet) },
	} {
		must(t, break1())
		_, err := poll(t, sensor(t, "inlet", inlet, c))
		if driver.ReasonOf(err) != point.Timeout || !strings.Contains(err.Error(), stranger) || strings.Contains(err.Error(), outlet) {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := poll(t, sensor(t, "outlet", outlet, c)); err != nil || len(got) != 1 {
			t.Errorf("%s: the other one: %v, %v", name, got, err)
		}
	}
	replaced := sensor(t, "inlet", stranger, Chain{Master: c.Master, Named: []string{stranger, outlet}})
	if got, err := poll(t, replaced); err != nil || got["inlet/ambient.temperature"].Value != point.OfReal(19) {
		t.Errorf("after the new number was written: %v, %v", got, err)
	}
}

func TestTheChainTellsWhoHasNoName(t *testing.T) {
	fake, c := chain(t)
	w, err := NewWatch(driver.Spec{Name: "chain"}, c)
	must(t, err)
	for _, rom := range []string{inlet, outlet, stranger} {
		must(t, fake.Set(rom, 20))
	}
	got, err := poll(t, w)
	if err != nil || got["chain/sensors"].Value != point.OfInt(3) || got["chain/unknown"].Value != point.OfInt(1) || got["chain/unknown.roms"].Value != point.OfText(stranger) {
		t.Errorf("%v, %v", got, err)
	}
	for _, d := range []driver.Poller{sensor(t, "inlet", inlet, Chain{Master: "/none"}), &Watch{face: w.face, chain: Chain{Master: "/none"}}} {
		if _, err := poll(t, d); !errors.Is(err, driver.ErrDisconnect) {
			t.Errorf("no bus: %v", err)
		}
	}
}

func TestWhatTheKernelCanShow(t *testing.T) {
	good := onewiretest.Reading([8]byte{0x58, 0x01, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10})
	for name, c := range map[string]struct {
		text    string
		celsius float64
		err     error
	}{
		// the example of a working sensor and that of a failed sum, as the kernel prints them
		"a reading":        {"58 01 4b 46 7f ff 0c 10 c2 : crc=c2 YES\n58 01 4b 46 7f ff 0c 10 c2 t=21500\n", 21.5, nil},
		"a wrong sum":      {"58 01 4b 46 7f ff ff ff ff : crc=a6 NO\n58 01 4b 46 7f ff 0c 10 c2 t=21500\n", 0, driver.ErrGarbage},
		"nothing":          {"", 0, driver.ErrTimeout},
		"short to ground":  {"00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n", 0, driver.ErrGarbage},
		"no power before":  {onewiretest.Reading([8]byte{0x50, 0x05, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10}), 0, driver.ErrRefused},
		"no power, clone":  {onewiretest.Reading([8]byte{0x50, 0x05, 0x4b, 0x46, 0x7f, 0xff, 0x10, 0x10}), 0, driver.ErrRefused},
		"no power during":  {onewiretest.Reading([8]byte{0xff, 0x07, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10}), 0, driver.ErrRefused},
		"half a reading":   {good[:40], 0, driver.ErrGarbage},
		"no temperature":   {strings.Replace(good, "t=", "u=", 1), 0, driver.ErrGarbage},
		"letters":          {strings.Replace(good, "t=", "t=x", 1), 0, driver.ErrGarbage},
		"not of this kind": {"21500\n", 0, driver.ErrGarbage},
	} {
		got, err := ParseReading(c.text)
		if !errors.Is(err, c.err) || got != c.celsius {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if good != "58 01 4b 46 7f ff 0c 10 c2 : crc=c2 YES\n58 01 4b 46 7f ff 0c 10 c2 t=21500\n" {
		t.Errorf("the fake prints otherwise than the kernel: %q", good)
	}
}

func TestWhatIsNoSensorIsRefused(t *testing.T) {
	for address, ok := range map[string]bool{inlet: true, "28-0316A2795F2C": true, "10-000802824e58": true, "": false, "28-0316a2795f2": false,
		"01-0316a2795f2c": false, "28.0316a2795f2c": false, "../28-0316a2795f2c": false, "28-0316a2795f2c/x": false} {
		if _, err := New(driver.Spec{Name: "a", Address: address}, Chain{}); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := New(driver.Spec{Name: "a", Address: inlet, Options: map[string]string{"bulk": "yes"}}, Chain{}); err == nil {
		t.Error("an option that nobody heeds was taken")
	}
}

func FuzzParseReading(f *testing.F) {
	f.Add(onewiretest.Reading([8]byte{0x91, 0x01, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10}))
	f.Add("58 01 4b 46 7f ff ff ff ff : crc=a6 NO\n58 01 4b 46 7f ff 0c 10 c2 t=21500\n")
	f.Add("00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseReading(text)
		if err == nil && (v != v || v == 85 || !strings.Contains(text, "YES")) {
			t.Errorf("%q is %v °C", text, v)
		}
	})
}
