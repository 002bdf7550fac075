package analog

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"watchbox/drivers/analog/analogtest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func read(t *testing.T, d *Device) (map[point.Name]float64, error) {
	t.Helper()
	got := map[point.Name]float64{}
	err := d.Poll(context.Background(), 0, func(s point.Sample) { got[s.Point], _ = s.Value.Float() })
	return got, err
}

func TestResistorsOnTheTerminal(t *testing.T) {
	chip, err := analogtest.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(driver.Spec{Name: "ai1"}, Terminal{chip.Raw(0), analogtest.PullUp, analogtest.Supply})
	if err != nil {
		t.Fatal(err)
	}
	for _, ohms := range []float64{0, 470, 2200, 4700, 6900, 47000} {
		if err := chip.Hang(0, ohms); err != nil {
			t.Fatal(err)
		}
		got, err := read(t, d)
		if r := got["ai1/resistance"]; err != nil || math.Abs(r-ohms) > 1+ohms*0.01 {
			t.Errorf("%v Ω on the terminal: read %v, %v", ohms, r, err)
		}
	}
	if err := chip.Hang(0, -1); err != nil {
		t.Fatal(err)
	}
	if got, err := read(t, d); err != nil || got["ai1/resistance"] != Open {
		t.Errorf("open terminal: read %v, %v", got, err)
	}
}

func TestWhatAChannelCanSay(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		volts float64
		err   error
	}{
		"own scale":         {map[string]string{"in_voltage3_raw": "1000\n", "in_voltage3_scale": "0.5\n", "in_voltage_scale": "9\n"}, 0.5, nil},
		"shared and offset": {map[string]string{"in_voltage3_raw": "1000", "in_voltage_scale": "1", "in_voltage_offset": "-200"}, 0.8, nil},
		"no scale":          {map[string]string{"in_voltage3_raw": "1650"}, 1.65, nil},
		"no channel":        {nil, 0, driver.ErrNotPresent},
		"garbage":           {map[string]string{"in_voltage3_raw": "12x"}, 0, driver.ErrGarbage},
		"not a number":      {map[string]string{"in_voltage3_raw": "NaN"}, 0, driver.ErrGarbage},
		"too long":          {map[string]string{"in_voltage3_raw": string(make([]byte, 1000))}, 0, driver.ErrGarbage},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range c.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			d, err := New(driver.Spec{Name: "ai1"}, Terminal{filepath.Join(dir, "in_voltage3_raw"), 1000, 3.3})
			if err != nil {
				t.Fatal(err)
			}
			got, err := read(t, d)
			if !errors.Is(err, c.err) || err == nil && math.Abs(got["ai1/voltage"]-c.volts) > 1e-9 {
				t.Fatalf("read %v, %v", got, err)
			}
		})
	}
}
