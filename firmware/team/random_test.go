package team

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"watchbox/firmware/point"
)

// watched is a plant whose every order is held against the rules.
type watched struct {
	*plant
	seed      uint64
	d         Team
	lastStart time.Duration
	everStart bool
	stopped   map[int]time.Duration // when the team last ordered it off
	started   map[int]time.Duration
	boot      time.Duration
	per       map[int][]time.Duration
}

// hold checks one order before the unit hears of it.
func (w *watched) hold(o Order, n int) error {
	u, now := w.units[n], w.now.Mono
	v := w.Views()[0]
	switch {
	case w.mains && now-w.boot > 2*time.Second:
		return fmt.Errorf("an order while the mains are away")
	case v.Units[n].Hand:
		return fmt.Errorf("an order for a unit in hand mode")
	case o.On && w.everStart && now-w.lastStart < w.d.Gap:
		return fmt.Errorf("two starts within %v", now-w.lastStart)
	case o.On && !u.on && u.moved > w.boot && now-u.moved < w.d.MinimumOff-3*time.Second:
		return fmt.Errorf("started %v after it went off", now-u.moved)
	case !o.On && u.on && u.moved > w.boot && now-u.moved < w.d.MinimumOn-3*time.Second:
		return fmt.Errorf("stopped %v after it went on", now-u.moved)
	}
	if o.On {
		w.lastStart, w.everStart = now, true
		return nil
	}
	left := 0
	for i, x := range v.Units {
		if i != n && x.State == "on" && !x.Failed && !x.Hand && x.Ordered == "" {
			left++
		}
	}
	if left < w.d.Duty {
		return fmt.Errorf("stopped with %d others known to run", left)
	}
	return nil
}

// meddle does something to a unit, or to the room.
func (w *watched) meddle(random *rand.Rand) {
	n := random.IntN(len(w.units))
	u := w.units[n]
	switch random.IntN(9) {
	case 0:
		u.ill = !u.ill
	case 1:
		if u.mute && w.now.Mono-u.since < blind {
			return
		}
		u.mute, u.since = !u.mute, w.now.Mono
	case 2:
		u.deaf = !u.deaf && random.IntN(3) == 0
	case 3:
		u.restart = !u.restart
	case 4:
		w.power(!w.mains)
	case 5:
		w.degrees = float64(20 + random.IntN(12))
	case 6:
		if !w.mains && (!u.mute || w.now.Mono-u.since > blind) && w.now.Mono-u.moved > 5*time.Second {
			w.move(u, !u.on) // somebody at its panel; what no reading can show is left to the unit's own timer
		}
	case 7:
		if w.Hand(w.now, point.Name(fmt.Sprintf("ac%d/on", n+1)), "li"); random.IntN(2) == 0 {
			if err := w.Release(w.now, "cooling", fmt.Sprintf("ac%d", n+1), false, "li"); err != nil {
				w.t.Fatal(err)
			}
		}
	case 8:
		if random.IntN(4) == 0 {
			w.plant.restart(w.d)
			w.boot, w.everStart = w.now.Mono, false
			for _, u := range w.units {
				u.moved = 0
			}
		}
	}
}

// calm puts everything right.
func (w *watched) calm() {
	for i, u := range w.units {
		u.ill, u.mute, u.deaf = false, false, false
		_ = w.Release(w.now, "cooling", fmt.Sprintf("ac%d", i+1), false, "li")
	}
	if w.mains {
		w.power(false)
	}
	w.degrees = 22
}

// TestWhateverHappens: units that fail, cannot be read, do not obey and are
// switched by hand, mains that come and go, restarts. The rules of the package
// hold for each order; no unit is ordered more than twelve times an hour; and
// when all is well again so many run as shall.
func TestWhateverHappens(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 3))
		n := 2 + random.IntN(4)
		d := cooling(n, 1+random.IntN(n-1))
		if random.IntN(2) == 0 {
			d.RotateEvery = time.Hour
		}
		w := &watched{plant: newPlant(t, d, 1), seed: seed, d: d, per: map[int][]time.Duration{}}
		w.boot = w.now.Mono
		every := time.Duration(1+random.IntN(600)) * time.Second
		for begun := w.now.Mono; w.now.Mono-begun < 12*time.Hour && w.now.Mono < 100*time.Hour; {
			if random.IntN(int(every/time.Second)) == 0 {
				w.meddle(random)
				begun = min(begun, w.now.Mono)
			}
			w.second()
			if len(w.log) > 5000 {
				t.Fatalf("seed %d: it never rests", seed)
			}
			if random.IntN(40_000) == 0 {
				break
			}
		}
		w.calm()
		for range 60 * 60 {
			w.second()
		}
		settled := false
		for range 30 * 60 { // a rotation may be on its way
			w.second()
			if running := w.count(); running < d.Duty {
				t.Fatalf("seed %d: %d run, duty is %d", seed, running, d.Duty)
			} else if running == d.Duty {
				settled = true
			}
		}
		if !settled || w.alarms["team/cooling/short"] {
			t.Fatalf("seed %d: %d run, duty is %d: %+v", seed, w.count(), d.Duty, w.Views())
		}
	}
}

func (w *watched) count() (running int) {
	for _, u := range w.units {
		if u.on {
			running++
		}
	}
	return running
}

// second lets one pass, and holds every order of it.
func (w *watched) second() {
	w.now = w.now.Add(time.Second)
	if int(w.now.Mono/time.Second)%2 == 0 {
		w.read()
	}
	w.Tick(w.now)
	orders, _, signals := w.Take()
	for _, s := range signals {
		w.alarms[s.Key] = s.Active
	}
	for _, o := range orders {
		var n int
		fmt.Sscanf(string(o.Point), "ac%d/on", &n)
		if err := w.hold(o, n-1); err != nil {
			w.t.Fatalf("seed %d, at %v: %+v: %v", w.seed, w.now.Mono, o, err)
		}
		w.often(n - 1)
		w.obey(o)
	}
	for _, k := range w.Retained() {
		if w.kept[k.Key] = k.Value; k.Value == nil {
			delete(w.kept, k.Key)
		}
	}
}

// often counts the orders of a unit in an hour.
func (w *watched) often(n int) {
	list := append(w.per[n], w.now.Mono)
	for len(list) > 0 && (list[0] > w.now.Mono || w.now.Mono-list[0] > time.Hour) {
		list = list[1:]
	}
	if w.per[n] = list; len(list) > 12 {
		w.t.Fatalf("seed %d: unit %d was ordered %d times in an hour", w.seed, n+1, len(list))
	}
}
