package megatec

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/megatec/megatectest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// A dead UPS costs one question of its reply time, and each dialect has its turn.
func TestSilenceIsCheap(t *testing.T) {
	withUPS(t, megatectest.QS, func(r *rig) {
		r.ups.Fault(megatectest.Silent, 0)
		var since int
		for _, question := range []string{"Q1", "QGS", "QS", "Q1"} {
			began := time.Now()
			r.wantError(r.probe(), driver.ErrTimeout, "silent for 1s")
			if took := time.Since(began); took > 1500*time.Millisecond {
				t.Errorf("a probe took %v", took)
			}
			if got := r.asked(&since); got != question {
				t.Errorf("probed with %q, want %s", got, question)
			}
		}
	})
}

// The answer to an earlier question is waited over.
func TestALateAnswerIsNotTakenForAnother(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.must(2)
		r.ups.Fault(megatectest.Late, 1100*time.Millisecond) // Q1 needs 0.2 s more at 2400 baud
		r.ups.Say("Q1", "(111.0 195.0 220.1 014 50.0 27.3 30.2 00000001")
		r.must(1)
		r.want("input.voltage", "111", "good")
		r.ups.Say("F", "#999.9 099 099.9 99.9")
		r.Device.turns = map[*query]*turn{}
		r.must(1) // F comes after its time
		r.want("input.voltage.nominal", "", "bad/timeout")
		r.ups.Fault(megatectest.Healthy, 0)
		r.must(1)
		r.want("input.voltage", "111", "good")
	})
}

// A unit may think for nearly a second and then needs the time of its characters.
func TestASlowUnitIsHeardOut(t *testing.T) {
	withUPS(t, megatectest.Voltronic, func(r *rig) {
		r.ups.Pace(2400)
		r.ups.Fault(megatectest.Late, 950*time.Millisecond)
		r.must(4)
		r.want("input.voltage", "226", "good")
		r.want("alarm.fan", "false", "good")
		r.want("battery.runtime", "4080", "good")
		r.want("device.model", "C3K", "good")
	})
}

// What came after its time is no news when the question is put again.
func TestAStaleAnswerIsThrownAway(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.must(2)
		r.ups.Fault(megatectest.Late, 1500*time.Millisecond)
		r.wantError(r.poll(), driver.ErrTimeout, "Q1: no answer in time: silent for 1s")
		time.Sleep(time.Second)
		r.ups.Fault(megatectest.Healthy, 0)
		r.ups.Change(func(s *megatectest.State) { s.Input = 101 })
		r.must(1)
		r.want("input.voltage", "101", "good")
	})
}

// A unit that chatters does not keep us.
func TestAFloodOfLinesEnds(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.ups.Say("Q1", strings.Repeat("hello\r", 1000))
		began := time.Now()
		r.wantError(r.poll(), driver.ErrGarbage, `Q1 answered 5 characters "hello", want 46`)
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestUnplugAndReplug(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.must(1)
		r.down = fmt.Errorf("no adapter: %w", driver.ErrDisconnect)
		r.end.Close()
		r.wantError(r.poll(), driver.ErrDisconnect)
		r.wantError(r.poll(), driver.ErrDisconnect, "open: no adapter")
		r.wantError(r.probe(), driver.ErrDisconnect)
		r.down = errors.New("strange")
		r.wantError(r.poll(), driver.ErrDisconnect, "strange")
		r.down = nil
		r.must(1)
		// Some USB adapters hang: after three silent questions the port is opened anew.
		r.open = 0
		r.ups.Fault(megatectest.Silent, 0)
		for _, want := range []int{0, 0, 0, 1, 1, 1, 2} {
			if r.probe(); r.open != want {
				t.Errorf("the port was opened %d times, want %d", r.open, want)
			}
		}
	})
}

func TestWhoGivesUpIsHeardAtOnce(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.ups.Fault(megatectest.Silent, 0)
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(100*time.Millisecond, cancel)
		began := time.Now()
		if err := r.Poll(ctx, 0, func(point.Sample) {}); !errors.Is(err, driver.ErrTimeout) {
			t.Errorf("%v", err)
		}
		if took := time.Since(began); took > 150*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}
