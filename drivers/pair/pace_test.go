package pair

import (
	"testing"
	"time"

	"watchbox/firmware/driver"
)

func TestPace(t *testing.T) {
	for _, c := range []struct {
		line driver.Line
		char time.Duration
		gap  time.Duration
	}{
		{driver.Line{Baud: 9600}, 1041666, 3645831},
		{driver.Line{Baud: 9600, Parity: "even"}, 1145833, 4010415},
		{driver.Line{Baud: 9600, StopBits: 2}, 1145833, 4010415},
		{driver.Line{Baud: 1000, DataBits: 7}, 9 * time.Millisecond, 31500 * time.Microsecond},
		{driver.Line{Baud: 115200}, 86805, 1750 * time.Microsecond},
		{driver.Line{}, 0, 0},
	} {
		if p := PaceOf(c.line); p.Char != c.char || p.Gap != c.gap {
			t.Errorf("%+v: %v and %v, want %v and %v", c.line, p.Char, p.Gap, c.char, c.gap)
		}
	}
}
