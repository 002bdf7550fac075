package modbus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/firmware/driver"
)

// rig is a bus with a plant behind it, both in one bubble.
type rig struct {
	t     *testing.T
	plant *modbustest.Plant
	bus   *Bus
	m     Manners

	mutex sync.Mutex
	end   io.Closer // the present far end of the line
	down  error     // what open answers while the adapter is away
}

// onLine runs f in a bubble with a bus at that speed. Unit 1 and 2 answer after
// 10 ms; register n holds 1000·unit + n.
func onLine(t *testing.T, line driver.Line, f func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, plant: modbustest.New(), m: Manners{Timeout: 200 * time.Millisecond, Worst: 400 * time.Millisecond}}
		for n := uint8(1); n <= 2; n++ {
			fill(r.plant.Unit(n), n)
		}
		var serving sync.WaitGroup
		r.bus = NewRTU("rs485-1", pair.New("rs485-1", func() (driver.Port, error) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			if r.down != nil {
				return nil, r.down
			}
			port, end := modbustest.Wire()
			r.end = end
			serving.Go(func() { r.plant.ServeRTU(end, line) })
			return port, nil
		}, line))
		defer serving.Wait()
		defer r.bus.Close()
		f(r)
	})
}

func fill(u *modbustest.Unit, n uint8) {
	u.Turnaround(10 * time.Millisecond)
	for i := range uint16(200) {
		u.Set(maps.Holding, i, 1000*uint16(n)+i)
		u.Set(maps.Coil, i, i&1)
	}
}

// unplug takes the adapter away with that error for further opens, or back with nil.
func (r *rig) unplug(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.down = err; err != nil && r.end != nil {
		r.end.Close()
	}
}

func (r *rig) read(unit uint8, address, count uint16) ([]uint16, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	b, err := r.bus.Read(ctx, unit, r.m, maps.Holding, address, count)
	var words []uint16
	for ; len(b) > 1; b = b[2:] {
		words = append(words, binary.BigEndian.Uint16(b))
	}
	return words, err
}

// right reads and insists on the values.
func (r *rig) right(unit uint8, address, count uint16) {
	r.t.Helper()
	got, err := r.read(unit, address, count)
	if err != nil {
		r.t.Fatalf("read unit %d register %d+%d: %v", unit, address, count, err)
	}
	for i, v := range got {
		if want := 1000*uint16(unit) + address + uint16(i); v != want {
			r.t.Fatalf("unit %d register %d: got %d, want %d", unit, address+uint16(i), v, want)
		}
	}
}

// wrong reads and insists on the class of the failure.
func (r *rig) wrong(unit uint8, address, count uint16, class error, text string) {
	r.t.Helper()
	got, err := r.read(unit, address, count)
	if !errors.Is(err, class) || !strings.Contains(err.Error(), text) {
		r.t.Fatalf("unit %d: got %v, %v; want %v with %q", unit, got, err, class, text)
	}
}

var at9600 = driver.Line{Baud: 9600}

func TestKeepsTheCeiling(t *testing.T) {
	for _, baud := range []int{2400, 9600, 19200, 115200} {
		t.Run(fmt.Sprint(baud), func(t *testing.T) {
			onLine(t, driver.Line{Baud: baud}, func(r *rig) {
				r.right(1, 0, 10)
				const rounds = 20
				began := time.Now()
				for range rounds {
					r.right(1, 0, 10)
				}
				p := pair.PaceOf(driver.Line{Baud: baud})
				ceiling := p.Of(8+25) + 2*p.Gap + 10*time.Millisecond
				if each := time.Since(began) / rounds; each < ceiling || each > ceiling*102/100 {
					t.Errorf("an exchange took %v, the wire allows %v", each, ceiling)
				}
			})
		})
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault modbustest.Fault
		class error // nil: the answer is taken all the same
		text  string
	}{
		{modbustest.Fault{Kind: modbustest.Silent}, driver.ErrTimeout, "timeout after 200ms"},
		{modbustest.Fault{Kind: modbustest.Slow, Delay: 300 * time.Millisecond}, driver.ErrTimeout, "timeout after 200ms, the answer came after 3"},
		{modbustest.Fault{Kind: modbustest.Slow, Delay: 100 * time.Millisecond}, nil, ""},
		{modbustest.Fault{Kind: modbustest.BadSum}, driver.ErrGarbage, "wrong check sum"},
		{modbustest.Fault{Kind: modbustest.WrongUnit}, driver.ErrTimeout, "only foreign frames"},
		{modbustest.Fault{Kind: modbustest.Foreign}, nil, ""},
		{modbustest.Fault{Kind: modbustest.Short}, driver.ErrGarbage, "bytes not understood"},
		{modbustest.Fault{Kind: modbustest.Noise}, nil, ""},
		{modbustest.Fault{Kind: modbustest.Exception, Code: 6}, driver.ErrRefused, "exception 6 (device busy)"},
		{modbustest.Fault{Kind: modbustest.Exception, Code: 2}, driver.ErrNotPresent, "illegal data address"},
		{modbustest.Fault{Kind: modbustest.Split, Code: 4, Delay: 50 * time.Millisecond}, driver.ErrRefused, "exception 4"},
		{modbustest.Fault{Kind: modbustest.Stale}, driver.ErrTimeout, ""},
		{modbustest.Fault{Kind: modbustest.Dribble, Delay: 5 * time.Millisecond}, nil, ""},
		{modbustest.Fault{Kind: modbustest.Dribble, Delay: 300 * time.Millisecond}, driver.ErrGarbage, "bytes not understood"},
		{modbustest.Fault{Kind: modbustest.Babble}, driver.ErrGarbage, "bytes not understood"},
	} {
		t.Run(c.fault.Kind.String(), func(t *testing.T) {
			onLine(t, at9600, func(r *rig) {
				r.right(1, 4, 2)
				r.plant.Unit(1).Fault(c.fault)
				began := time.Now()
				if c.class == nil {
					r.right(1, 10, 3)
				} else {
					r.wrong(1, 10, 3, c.class, c.text)
				}
				if took := time.Since(began); took > 700*time.Millisecond {
					t.Errorf("one attempt took %v", took)
				}
				r.plant.Unit(1).Fault(modbustest.Fault{})
				time.Sleep(10 * time.Second) // whatever it still had to say is out
				r.right(2, 20, 3)
				r.right(1, 30, 4)
			})
		})
	}
}

// TestLateAnswerIsNotTheNext is the fault that platform.md saw: register 111
// must not get the value of 110.
func TestLateAnswerIsNotTheNext(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		r.plant.Unit(1).Fault(modbustest.Fault{Kind: modbustest.Slow, Delay: 350 * time.Millisecond, Times: 1})
		r.wrong(1, 110, 1, driver.ErrTimeout, "came after")
		for n := uint16(111); n < 130; n++ {
			r.right(1, n, 1)
		}
		if s := r.bus.Stats(); s.Late != 1 || s.Timeouts != 1 {
			t.Errorf("counted %+v", s)
		}
	})
}

// TestQuarantineOutlivesTheCall cuts the quarantine by the caller's deadline: the
// next request must wait for the rest of it.
func TestQuarantineOutlivesTheCall(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		r.plant.Unit(1).Fault(modbustest.Fault{Kind: modbustest.Slow, Delay: 350 * time.Millisecond, Times: 1})
		ctx, cancel := context.WithTimeout(context.Background(), 250*time.Millisecond)
		defer cancel()
		if _, err := r.bus.Read(ctx, 1, r.m, maps.Holding, 110, 1); !errors.Is(err, driver.ErrTimeout) {
			t.Fatal(err)
		}
		r.right(1, 111, 1)
	})
}

func TestEcho(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		r.plant.Echo(true)
		r.right(1, 0, 2)
		ctx := context.Background()
		if err := r.bus.WriteRegisters(ctx, 1, r.m, 5, 77); err != nil {
			t.Fatal(err)
		}
		// The echo of a write looks like its answer: silence must still be seen.
		r.plant.Unit(1).Fault(modbustest.Fault{Kind: modbustest.Silent})
		if err := r.bus.WriteCoil(ctx, 1, r.m, 3, true); !errors.Is(err, driver.ErrTimeout) {
			t.Errorf("the echo was taken for the answer: %v", err)
		}
		r.wrong(1, 0, 1, driver.ErrTimeout, "timeout after")
	})
}

func TestWrites(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		ctx := context.Background()
		u := r.plant.Unit(2)
		for _, err := range []error{
			r.bus.WriteCoil(ctx, 2, r.m, 8, true),
			r.bus.WriteRegisters(ctx, 2, r.m, 20, 4711),
			r.bus.WriteRegisters(ctx, 2, r.m, 30, 1, 2, 3),
			r.bus.WriteRegisters(ctx, 2, r.m, 40),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		got := []uint16{u.Value(maps.Coil, 8), u.Value(maps.Holding, 20), u.Value(maps.Holding, 30), u.Value(maps.Holding, 32)}
		if fmt.Sprint(got) != "[1 4711 1 3]" {
			t.Errorf("the unit holds %v", got)
		}
		if err := r.bus.WriteRegisters(ctx, 2, r.m, 5000, 1); !errors.Is(err, driver.ErrNotPresent) {
			t.Errorf("write to nowhere: %v", err)
		}
	})
}

func TestUnplugged(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		r.right(1, 0, 1)
		r.unplug(errors.New("no such device"))
		r.wrong(1, 0, 1, driver.ErrDisconnect, "lost")
		r.wrong(1, 0, 1, driver.ErrDisconnect, "open bus rs485-1: no such device")
		r.unplug(nil)
		r.right(1, 0, 1)
		if s := r.bus.Stats(); s.Opens != 2 {
			t.Errorf("opened %d times", s.Opens)
		}
	})
}

// TestHungAdapter opens the port anew when nothing at all is heard any more.
func TestHungAdapter(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		for range 4 {
			r.wrong(9, 0, 1, driver.ErrTimeout, "timeout")
		}
		if s := r.bus.Stats(); s.Opens != 2 {
			t.Errorf("opened %d times", s.Opens)
		}
		for range 3 {
			r.wrong(9, 0, 1, driver.ErrTimeout, "timeout")
			r.right(1, 0, 1)
		}
		if s := r.bus.Stats(); s.Opens > 3 {
			t.Errorf("one dead unit made the port open %d times", s.Opens)
		}
	})
}

// TestManyCallers is what goburrow's own transporter does wrong: 189 of 200.
func TestManyCallers(t *testing.T) {
	onLine(t, driver.Line{Baud: 115200}, func(r *rig) {
		var work sync.WaitGroup
		for g := range 4 {
			work.Go(func() {
				for i := range 50 {
					unit, at := uint8(1+(g+i)%2), uint16((g*50+i)%190)
					got, err := r.read(unit, at, 1)
					if err != nil || got[0] != 1000*uint16(unit)+at {
						t.Errorf("unit %d register %d: %v, %v", unit, at, got, err)
					}
				}
			})
		}
		work.Wait()
	})
}

func TestBusyBusTimesOut(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		go r.read(9, 0, 1)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if _, err := r.bus.Read(ctx, 1, r.m, maps.Holding, 0, 1); !errors.Is(err, driver.ErrTimeout) {
			t.Errorf("got %v", err)
		}
	})
}

func TestCancelEndsTheWait(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(30*time.Millisecond, cancel)
		began := time.Now()
		if _, err := r.bus.Read(ctx, 9, r.m, maps.Holding, 0, 1); err == nil {
			t.Error("a unit that is not there answered")
		}
		if took := time.Since(began); took > 60*time.Millisecond {
			t.Errorf("the call lived %v after its context", took)
		}
		r.right(1, 0, 1)
	})
}

func TestPauseBetweenRequests(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		r.right(1, 0, 1)
		r.right(2, 0, 1)
		r.m.Pause = 500 * time.Millisecond
		began := time.Now()
		r.right(1, 0, 1)
		r.right(1, 0, 1)
		if took := time.Since(began); took < 900*time.Millisecond {
			t.Errorf("the pause was not kept: %v", took)
		}
	})
}

// A unit settles after a write, whichever way that came: another unit does not wait for
// it, and a pause is not waited for beside it.
func TestAUnitSettlesAfterAWrite(t *testing.T) {
	writes := map[string]func(r *rig) error{
		"of ours": func(r *rig) error { return r.bus.WriteRegisters(context.Background(), 1, r.m, 3, 7) },
		"of another master": func(r *rig) error {
			_, err := r.bus.Ask(context.Background(), 1, r.m, []byte{6, 0, 3, 0, 7})
			return err
		},
	}
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			onLine(t, at9600, func(r *rig) {
				r.m.Settle, r.m.Pause = 500*time.Millisecond, 100*time.Millisecond
				took := func(unit uint8) time.Duration {
					began := time.Now()
					r.right(unit, 0, 1)
					return time.Since(began)
				}
				if took(1); took(1) > 200*time.Millisecond {
					t.Error("it settled after a read")
				}
				if err := write(r); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if d := took(2); d > 200*time.Millisecond {
					t.Errorf("another unit had to wait %v", d)
				}
				if took(1); time.Since(began) < 500*time.Millisecond || time.Since(began) > 580*time.Millisecond {
					t.Errorf("asked again after %v, want 500 ms and the exchange", time.Since(began))
				}
			})
		})
	}
}

// Whoever writes, and however: a unit settles for that long and no longer.
func TestAUnitSettlesAfterAnybodysWrite(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		r.m.Settle, r.m.Pause = 500*time.Millisecond, 400*time.Millisecond
		if _, err := r.bus.Ask(context.Background(), 1, r.m, []byte{6, 0, 3, 0, 7}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		r.right(1, 5, 1)
		if took := time.Since(began); took < 450*time.Millisecond || took > 700*time.Millisecond {
			t.Errorf("the next request came after %v", took)
		}
	})
}

func TestClosedBus(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		r.right(1, 0, 1)
		if err := r.bus.Close(); err != nil {
			t.Fatal(err)
		}
		r.wrong(1, 0, 1, driver.ErrDisconnect, "closed")
	})
}
