package modbus

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/firmware/driver"
)

// through crosses a storm at 9600 baud with a slave that may take twice its time-out.
func through(t *testing.T, w modbustest.Weather, n int) (c modbustest.Crossing) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := Manners{Timeout: 100 * time.Millisecond, Worst: 200 * time.Millisecond}
		storm := &modbustest.Storm{Weather: w, Prompt: 50 * time.Millisecond, Worst: m.Worst, Char: pair.PaceOf(at9600).Char, Rand: rand.New(rand.NewPCG(1, 2))}
		b := NewRTU("rs485-1", pair.New("rs485-1", func() (driver.Port, error) { return storm, nil }, at9600))
		c = storm.Sail(n, func(ctx context.Context, unit uint8, address, count uint16) ([]byte, error) {
			return b.Read(ctx, unit, m, maps.Holding, address, count)
		})
		b.Close()
	})
	t.Log(c)
	return c
}

// What a wire may do within its declaration makes no value wrong. The million stands in
// test/proof.
func TestNoWrongValueThroughAStorm(t *testing.T) {
	for name, w := range map[string]modbustest.Weather{
		"late":       {Late: 0.5},
		"split":      {Late: 0.2, Split: 0.7},
		"merged":     {Late: 0.2, Merged: 0.5, Echo: 0.1},
		"damaged":    {Damaged: 0.5},
		"everything": {Late: 0.3, Split: 0.3, Merged: 0.2, Echo: 0.05, Damaged: 0.2, Lost: 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			if c := through(t, w, 1000); c.Wrong > 0 || c.Right < 200 || c.Failed == 0 {
				t.Error(c)
			}
		})
	}
}

// The storm can harm: a master that believes what it reads sees wrong values.
func TestAStormHarmsWhoDoesNotLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storm := &modbustest.Storm{Weather: modbustest.Weather{Late: 0.3, Damaged: 0.2}, Prompt: 50 * time.Millisecond, Worst: 200 * time.Millisecond, Rand: rand.New(rand.NewPCG(1, 2))}
		c := storm.Sail(500, func(_ context.Context, unit uint8, address, count uint16) ([]byte, error) {
			storm.Write(sealed(unit, 3, byte(address>>8), byte(address), 0, byte(count)))
			storm.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			b := make([]byte, 256)
			n, err := storm.Read(b)
			if err != nil || n < 5 {
				return nil, driver.ErrTimeout
			}
			return b[3 : n-2], nil
		})
		if c.Wrong < 50 {
			t.Error(c)
		}
	})
}

// Beyond its declaration a wire can make values wrong; how often is bounded. A frame
// with a good head and random bytes passes CRC-16 once in 65 536 times.
func TestWrongValuesBeyondTheDeclaration(t *testing.T) {
	const n = 10_000
	c := through(t, modbustest.Weather{Random: 1}, n)
	if mean := float64(n) / 65536; float64(c.Wrong) > mean+5*math.Sqrt(mean) || c.Right > 0 {
		t.Errorf("%v; expected are %.1f", c, mean)
	}
}
