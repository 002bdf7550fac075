package i2c

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/i2c/i2ctest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func bus(t *testing.T) (i2ctest.Bus, Bus) {
	t.Helper()
	fake, err := i2ctest.New(t.TempDir())
	must(t, err)
	return fake, Bus{fake.Adapter()}
}

func poll(t *testing.T, b Bus, chip, address string) (map[string]point.Sample, error) {
	t.Helper()
	s, err := New(driver.Spec{Name: "th1", Address: address, Options: map[string]string{"chip": chip}}, b)
	must(t, err)
	got := map[string]point.Sample{}
	err = s.Poll(t.Context(), 0, func(x point.Sample) { got[x.Point.Item()] = x })
	return got, err
}

func TestEveryChipIsRead(t *testing.T) {
	hwmon := map[string]string{"hwmon/hwmon7/temp1_input": "23500\n", "hwmon/hwmon7/humidity1_input": "45250\n"}
	iio := map[string]string{"iio:device2/in_temp_input": "23500\n", "iio:device2/in_humidityrelative_input": "45250\n", "iio:device2/in_pressure_input": "100.653000000\n"}
	want := map[string]float64{"ambient.temperature": 23.5, "ambient.humidity": 45.25, "ambient.pressure": 1006.53}
	for _, chip := range Chips() {
		fake, b := bus(t)
		files := hwmon
		if strings.HasPrefix(chip, "bm") {
			files = iio
		}
		must(t, fake.Put(0x44, chip, files, "driver"))
		got, err := poll(t, b, chip, "0x44")
		if err != nil || len(got) != len(chips[chip]) {
			t.Errorf("%s: %v, %v", chip, got, err)
		}
		for item, s := range got {
			if v, _ := s.Value.Float(); math.Abs(v-want[item]) > 1e-6 || s.Quality.Level != point.Good {
				t.Errorf("%s: %s is %v", chip, item, s)
			}
		}
	}
}

func TestWhatASensorCannotMeasureIsBad(t *testing.T) {
	fake, b := bus(t)
	must(t, fake.Put(0x44, "sht3x", map[string]string{"hwmon/hwmon0/temp1_input": "130000\n", "hwmon/hwmon0/humidity1_input": "50000\n"}, "driver"))
	got, err := poll(t, b, "sht3x", "0x44")
	if err != nil || got["ambient.temperature"].Quality != point.BadBecause(point.OutOfRange) || got["ambient.humidity"].Quality.Level != point.Good {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWhoIsAwayIsNamed(t *testing.T) {
	fake, b := bus(t)
	for name, c := range map[string]struct {
		bus    Bus
		reason point.Reason
		says   string
	}{
		"no chip": {b, point.Timeout, "i2c th1: 0x44 on i2c-1: the kernel has no sensor there"},
		"no bus":  {Bus{fake.Dir + "/i2c-9"}, point.CommFailure, "the box has no such I²C bus"},
	} {
		_, err := poll(t, c.bus, "sht3x", "0x44")
		if driver.ReasonOf(err) != c.reason || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, fake.Put(0x44, "sht3x", map[string]string{"hwmon/hwmon0/temp1_input": "x\n"}, "driver"))
	if _, err := poll(t, b, "sht3x", "0x44"); !errors.Is(err, driver.ErrGarbage) {
		t.Errorf("garbage: %v", err)
	}
}

func TestWhatIsNoSensorIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		address string
		options map[string]string
		says    string
	}{
		"no address":     {"", map[string]string{"chip": "lm75"}, "0x08 to 0x77"},
		"reserved":       {"0x78", map[string]string{"chip": "lm75"}, "0x08 to 0x77"},
		"a path":         {"../0x48", map[string]string{"chip": "lm75"}, "0x08 to 0x77"},
		"no chip":        {"0x48", nil, "options.chip: read nothing, allowed one of aht20, bme280, bmp280, lm75"},
		"a clock":        {"0x68", map[string]string{"chip": "ds3231"}, "options.chip: read ds3231"},
		"another option": {"0x48", map[string]string{"chip": "lm75", "speed": "1"}, "options.speed: read an unknown option, allowed one of chip"},
	} {
		_, err := New(driver.Spec{Name: "th1", Address: c.address, Options: c.options}, Bus{})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := New(driver.Spec{Name: "th1", Address: "0x48", Period: time.Second, Options: map[string]string{"chip": "lm75"}}, Bus{})
	if err != nil || s.at != 0x48 || s.blocks[0].Period != time.Second {
		t.Errorf("%+v, %v", s, err)
	}
}

// The kernel is told what is wanted and not there, and forgets what is wanted no
// more; the board's own chips are never touched.
func TestTheKernelIsToldWhatIsWanted(t *testing.T) {
	fake, b := bus(t)
	must(t, fake.Put(0x48, "ads1115", nil, "driver", "of_node"))
	must(t, fake.Put(0x44, "sht3x", nil, "driver"))
	must(t, fake.Put(0x45, "sht4x", nil, "driver"))
	must(t, fake.Put(0x49, "lm75", nil)) // nothing answered when the kernel looked
	must(t, fake.Put(0x50, "24c02", nil, "driver"))
	err := b.Attach(map[int]string{0x44: "sht3x", 0x48: "lm75", 0x4a: "lm75", 0x50: "lm75"})
	for _, says := range []string{"0x48 is taken by the box's own ads1115", "no lm75 answers at 0x4a", "0x50 is taken by"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: want %s", err, says)
		}
	}
	if got := fake.Told("new_device"); !slices.Equal(got, []string{"lm75 0x4a"}) {
		t.Errorf("told: %q", got)
	}
	if got := fake.Told("delete_device"); !slices.Equal(got, []string{"0x45", "0x49"}) {
		t.Errorf("forgotten: %q", got)
	}
	for _, bad := range []map[int]string{{0x4b: "lm75 0x50\nlm75"}, {0x03: "lm75"}, {0x1048: "lm75"}} {
		if err := b.Attach(bad); err == nil || fake.Told("new_device")[0] != "" {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := (Bus{"/none/i2c-7"}).Attach(map[int]string{0x48: "lm75"}); err == nil || !strings.Contains(err.Error(), "i2c bus i2c-7") {
		t.Errorf("no bus: %v", err)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"0x48", "72", "0b1001000", "-1", "0x148", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := ParseAddress(text); err == nil && (a < 0x08 || a > 0x77) {
			t.Errorf("%q is 0x%x", text, a)
		}
	})
}
