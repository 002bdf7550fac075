//go:build proof

package proof

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/firmware/driver"
)

// cross makes n reads at 9600 baud through the weather, in fake time, of slaves that
// are asked with a time-out of half of what they may take.
func cross(t *testing.T, w modbustest.Weather, n int) (c modbustest.Crossing) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		line := driver.Line{Baud: 9600}
		m := modbus.Manners{Timeout: 100 * time.Millisecond, Worst: 200 * time.Millisecond}
		s := &modbustest.Storm{Weather: w, Prompt: 50 * time.Millisecond, Worst: m.Worst, Char: pair.PaceOf(line).Char, Rand: rand.New(rand.NewPCG(*seed, 7))}
		b := modbus.NewRTU("storm", pair.New("storm", func() (driver.Port, error) { return s, nil }, line))
		c = s.Sail(n, func(ctx context.Context, unit uint8, address, count uint16) ([]byte, error) {
			return b.Read(ctx, unit, m, maps.Holding, address, count)
		})
		b.Close()
	})
	t.Log(c)
	return c
}

const million = 1_000_000

// TestAMillionExchanges: answers delayed up to the declared worst reply time, cut into
// pieces, behind an echo or another unit's frame, damaged by patterns that CRC-16 must
// detect, or lost. No value that the master believes is wrong.
func TestAMillionExchanges(t *testing.T) {
	c := cross(t, modbustest.Weather{Late: 0.2, Split: 0.2, Merged: 0.1, Echo: 0.05, Damaged: 0.1, Lost: 0.05}, million)
	if c.Wrong > 0 || c.Right < million/3 {
		t.Error(c)
	}
}

// TestBeyondTheDeclaration measures what no master can exclude on RTU, which numbers no
// request, beside what is to be expected at most.
func TestBeyondTheDeclaration(t *testing.T) {
	for _, c := range []struct {
		name    string
		weather modbustest.Weather
		n       int
		bound   float64 // wrong values in n exchanges
		why     string
	}{
		{"random bytes behind a good head", modbustest.Weather{Random: 1}, million, million / 65536.0, "CRC-16 misses one in 65 536"},
		// Alike are one unit of two and one length of two: a quarter. Who takes a wrong
		// answer leaves his own to the next: a third in all. Of those that come within ten
		// times Worst nine tenths are beyond the quarantine.
		{"one in a hundred up to ten times too late", modbustest.Weather{Overdue: 0.01}, million / 10, million / 10 * 0.01 * 0.9 / 3, "a question of the same unit and length is under way"},
		{"one in a hundred twice", modbustest.Weather{Double: 0.01}, million / 10, million / 10 * 0.01 / 3, "the same"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := cross(t, c.weather, c.n)
			t.Logf("%s: %d wrong of %d, at most %.1f to be expected: %s", c.name, got.Wrong, got.Exchanges, c.bound, c.why)
			if float64(got.Wrong) > c.bound+5*math.Sqrt(c.bound) {
				t.Errorf("more than chance allows")
			}
		})
	}
}
