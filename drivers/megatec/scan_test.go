package megatec

import (
	"context"
	"sync"
	"testing"
	"time"

	"watchbox/drivers/megatec/megatectest"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
)

// latest keeps the last sample of each point.
type latest struct {
	mutex sync.Mutex
	of    map[point.Name]point.Sample
}

func (l *latest) Urgent(s point.Sample) { l.Sample(s) }

func (l *latest) Sample(s point.Sample) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.of[s.Point] = s
}

func (l *latest) look(name point.Name) string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	s := l.of[name]
	return s.Value.String() + " " + s.Quality.String()
}

// TestADayOnTheBus: a UPS at the real speed is read every two seconds; dead, it
// costs a question a minute and its points are bad; back, all is there again.
func TestADayOnTheBus(t *testing.T) {
	withUPS(t, megatectest.Voltronic, func(r *rig) {
		r.ups.Pace(2400)
		got := &latest{of: map[point.Name]point.Sample{}}
		began := time.Now()
		s := scan.New(got, func() point.Instant { return point.Instant{Mono: time.Since(began)} }, nil)
		if err := s.Add("", "ups5", r.Device); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		defer func() { cancel(); <-ended }()
		expect := func(when string, want map[point.Name]string) {
			t.Helper()
			for name, text := range want {
				if got.look(name) != text {
					t.Errorf("%s: %s is %s, want %s", when, name, got.look(name), text)
				}
			}
		}
		alive := map[point.Name]string{"ups5/input.voltage": "226 good", "ups5/battery.charge": "100 good", "ups5/device.mfr": "SANTAK good",
			"ups5/alarm": "false good", "ups5/input.voltage.fault": " bad/not-present", "ups5/ups.firmware.aux": "P01 good"}

		time.Sleep(time.Minute)
		expect("alive", alive)
		before := len(r.ups.Heard())
		time.Sleep(time.Hour)
		if n := len(r.ups.Heard()) - before; n < 4*1790 || n > 4*1800+4 {
			t.Errorf("asked %d times in an hour, want four questions every two seconds", n)
		}

		r.ups.Fault(megatectest.Silent, 0)
		time.Sleep(2 * time.Minute)
		expect("dead", map[point.Name]string{"ups5/input.voltage": " bad/timeout", "ups5/device.mfr": " bad/timeout", "ups5/alarm.fan": " bad/timeout"})
		before = len(r.ups.Heard())
		time.Sleep(time.Hour)
		if n := len(r.ups.Heard()) - before; n < 50 || n > 61 {
			t.Errorf("a dead UPS was asked %d times in an hour, want once a minute", n)
		}

		r.ups.Fault(megatectest.Healthy, 0)
		time.Sleep(4 * time.Minute) // each dialect has its turn
		expect("back", alive)
		if states := s.States(); !states[0].OK {
			t.Errorf("back, it is %+v", states[0])
		}
	}, "baud=2400")
}
