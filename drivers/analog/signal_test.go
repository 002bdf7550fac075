package analog

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"watchbox/drivers/analog/analogtest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func given(pairs ...string) map[string]string {
	o := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		o[pairs[i]] = pairs[i+1]
	}
	return o
}

// poll is one reading of a signal at the terminal with so many V.
func poll(t *testing.T, s *Signal, chip analogtest.Chip, volts float64) (map[string]point.Sample, error) {
	t.Helper()
	if err := chip.Drive(0, volts); err != nil {
		t.Fatal(err)
	}
	got := map[string]point.Sample{}
	err := s.Poll(context.Background(), 0, func(x point.Sample) { got[x.Point.Item()] = x })
	return got, err
}

// The bands of NAMUR NE 43, on a terminal that nothing pulls up and on one that is.
func TestACurrentIsScaledAndABrokenLoopIsSeen(t *testing.T) {
	chip, err := analogtest.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, pullUp := range []float64{0, analogtest.PullUp} {
		s, err := NewSignal(driver.Spec{Name: "dp1", Options: given("signal", "4-20mA", "shunt", "150", "low", "-50", "high", "50", "unit", "Pa")}, Terminal{chip.Raw(0), pullUp, analogtest.Supply})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			mA, value float64
			wire      int64
			reason    point.Reason
		}{
			{0, 0, wireBroken, point.DeviceFault}, {3.5, 0, wireBroken, point.DeviceFault}, {3.7, -50, wireWell, point.NoReason}, {4, -50, wireWell, point.NoReason},
			{8, -25, wireWell, point.NoReason}, {12, 0, wireWell, point.NoReason}, {20, 50, wireWell, point.NoReason}, {20.8, 50, wireWell, point.NoReason}, {21.2, 0, wireShort, point.DeviceFault},
		} {
			at := c.mA / 1000 * 150
			if pullUp > 0 { // the transmitter and the pull-up feed the resistor together
				at = (c.mA/1000 + analogtest.Supply/pullUp) / (1/150.0 + 1/pullUp)
			}
			got, err := poll(t, s, chip, at)
			if (err != nil) != (c.wire != wireWell) || err != nil && !errors.Is(err, driver.ErrTimeout) {
				t.Errorf("%v mA: %v", c.mA, err)
			}
			v, _ := got["value"].Value.Float()
			mA, _ := got["current"].Value.Float()
			if got["wire"].Value != point.OfInt(c.wire) || got["value"].Quality.Reason != c.reason || math.Abs(v-c.value) > 0.3 || math.Abs(mA-c.mA) > 0.02 {
				t.Errorf("pull-up %v, %v mA: %+v", pullUp, c.mA, got)
			}
			if c.reason != point.NoReason && !got["value"].Value.IsNone() {
				t.Errorf("%v mA: a broken loop has the value %v", c.mA, got["value"].Value)
			}
		}
	}
}

func TestAVoltageIsScaled(t *testing.T) {
	chip, err := analogtest.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSignal(driver.Spec{Name: "h1", Options: given("signal", "0-5V", "divider", "2", "low", "0", "high", "100", "unit", "%", "decimals", "0")}, Terminal{Raw: chip.Raw(0), Supply: analogtest.Supply})
	if err != nil {
		t.Fatal(err)
	}
	for volts, want := range map[float64]float64{0: 0, 1.25: 50, 2.5: 100, 2.6: 100} {
		got, err := poll(t, s, chip, volts)
		if v, _ := got["value"].Value.Float(); err != nil || len(got) != 1 || math.Abs(v-want) > 0.2 {
			t.Errorf("%v V: %v, %v", volts, got, err)
		}
	}
	if got, _ := poll(t, s, chip, 3.3); got["value"].Quality != point.BadBecause(point.OutOfRange) {
		t.Errorf("%v", got)
	}
	if p := s.Describe(); len(p) != 1 || p[0].Unit != "%" || p[0].Decimals != 0 || len(s.Blocks()[0].Points) != 1 {
		t.Errorf("%+v", p)
	}
}

func TestWhatIsNoSignalIsRefused(t *testing.T) {
	bare, pulled := Terminal{Raw: "x", Supply: 3.3}, Terminal{"x", 4700, 3.3}
	for name, c := range map[string]struct {
		terminal Terminal
		options  map[string]string
		says     string
	}{
		"no signal":         {bare, given("signal", "1-5V", "low", "0", "high", "1"), "allowed one of 4-20mA, 0-5V, 0-10V"},
		"no shunt":          {bare, given("signal", "4-20mA", "low", "0", "high", "1"), "options.shunt: read nothing"},
		"too large a shunt": {bare, given("signal", "4-20mA", "low", "0", "high", "1", "shunt", "250"), "options.shunt: read 250, allowed 10 to 153"},
		"no scale":          {bare, given("signal", "4-20mA", "shunt", "100"), "options.low: read nothing"},
		"one value twice":   {bare, given("signal", "4-20mA", "low", "3", "high", "3", "shunt", "100"), "options.high: read 3, allowed another number than low"},
		"no number":         {bare, given("signal", "4-20mA", "low", "NaN", "high", "3", "shunt", "100"), "options.low: read NaN"},
		"a volt, pulled up": {pulled, given("signal", "0-5V", "low", "0", "high", "3"), "address: read nothing, allowed a terminal that is not pulled up"},
		"another option":    {bare, given("signal", "0-5V", "low", "0", "high", "3", "colour", "red"), "options.colour: read an unknown option"},
		"a shunt for volts": {bare, given("signal", "0-5V", "low", "0", "high", "3", "shunt", "100"), "options.shunt: read an unknown option"},
	} {
		if _, err := NewSignal(driver.Spec{Name: "x", Options: c.options}, c.terminal); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(driver.Spec{Name: "x", Address: "AI3"}, bare); err == nil || !strings.Contains(err.Error(), "or the option signal") {
		t.Errorf("a loop without a pull-up: %v", err)
	}
}
