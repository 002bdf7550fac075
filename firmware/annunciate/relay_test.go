package annunciate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// relayStory plays raises and clears of alarms "a" and "b" and tells when each
// relay moved: "r+2s r-5s".
func relayStory(t *testing.T, steps string, list ...Annunciator) string {
	t.Helper()
	p := plan(t, nil, list...)
	p.Settle(at(0))
	alarms := map[string]alarm.Alarm{}
	moves, was := []string{}, map[point.Name]bool{}
	play := map[time.Duration][]string{}
	end := time.Duration(0)
	for _, s := range strings.Fields(steps) {
		what, when, _ := strings.Cut(s, "@")
		d, err := time.ParseDuration(when)
		if err != nil {
			t.Fatal(err)
		}
		play[d], end = append(play[d], what), max(end, d)
	}
	for d := time.Duration(0); d <= end; d += 100 * time.Millisecond {
		for _, what := range play[d] {
			key := what[1:]
			switch what[0] {
			case '+':
				alarms[key] = standing(key, 3, alarm.ClassAlarm, d)
			case '-':
				delete(alarms, key)
			}
		}
		var now []alarm.Alarm
		for _, key := range []string{"a", "b"} {
			if a, stands := alarms[key]; stands {
				now = append(now, a)
			}
		}
		p.Update(at(d), these(now...), zone.View{})
		levels, next := p.Levels(at(d))
		if next != point.Never && next <= at(d).Mono {
			t.Fatalf("at %v: the next deadline %v is not in the future", d, next-at(0).Mono)
		}
		for i, l := range levels {
			if l.On != was[l.Output] {
				moves = append(moves, fmt.Sprintf("%s%s%v", list[i].ID, map[bool]string{true: "+", false: "-"}[l.On], d))
			}
			was[l.Output] = l.On
		}
	}
	return strings.Join(moves, " ")
}

func relayFor(id, key string) Annunciator {
	return Annunciator{ID: id, Kind: "relay", Output: point.Name("mr/" + id), Alarms: []string{key}}
}

func TestRelayRules(t *testing.T) {
	s := time.Second
	with := func(f func(*Annunciator)) []Annunciator {
		r := relayFor("r", "a")
		f(&r)
		return []Annunciator{r}
	}
	pair := func(f func(r, q *Annunciator)) []Annunciator {
		r, q := relayFor("r", "a"), relayFor("q", "b")
		f(&r, &q)
		return []Annunciator{r, q}
	}
	for name, c := range map[string]struct {
		list  []Annunciator
		steps string
		want  string
	}{
		"it follows":                             {with(func(*Annunciator) {}), "+a@1s -a@5s x@9s", "r+1s r-5s"},
		"delay":                                  {with(func(r *Annunciator) { r.Delay = 2 * s }), "+a@1s -a@5s x@9s", "r+3s r-5s"},
		"an alarm shorter than the delay":        {with(func(r *Annunciator) { r.Delay = 2 * s }), "+a@1s -a@2s +a@3s -a@9s x@9s", "r+5s r-9s"},
		"pulse, once for a raise":                {with(func(r *Annunciator) { r.Pulse = 2 * s }), "+a@1s -a@20s x@30s", "r+1s r-3s"},
		"a pulse outlives its alarm":             {with(func(r *Annunciator) { r.Pulse = 2 * s }), "+a@1s -a@2s x@9s", "r+1s r-3s"},
		"each raise has its pulse":               {with(func(r *Annunciator) { r.Pulse = 2 * s }), "+a@1s -a@5s +a@6s x@9s", "r+1s r-3s r+6s r-8s"},
		"a raise in a pulse lengthens it":        {with(func(r *Annunciator) { r.Pulse = 2 * s }), "+a@1s -a@2s +a@2.5s x@9s", "r+1s r-4.5s"},
		"pulse after the delay":                  {with(func(r *Annunciator) { r.Pulse, r.Delay = 2*s, 3*s }), "+a@1s x@9s", "r+4s r-6s"},
		"no pulse when the alarm went":           {with(func(r *Annunciator) { r.Pulse, r.Delay = 2*s, 3*s }), "+a@1s -a@2s x@9s", ""},
		"minimum-on":                             {with(func(r *Annunciator) { r.MinimumOn = 4 * s }), "+a@1s -a@2s x@9s", "r+1s r-5s"},
		"minimum-on that is over":                {with(func(r *Annunciator) { r.MinimumOn = 4 * s }), "+a@1s -a@7s x@9s", "r+1s r-7s"},
		"minimum-off runs from the start":        {with(func(r *Annunciator) { r.MinimumOff = 4 * s }), "+a@1s -a@9s x@9s", "r+4s r-9s"},
		"minimum-off":                            {with(func(r *Annunciator) { r.MinimumOff = 4 * s }), "+a@5s -a@6s +a@7s x@19s", "r+5s r-6s r+10s"},
		"a pulse is not lost in minimum-off":     {with(func(r *Annunciator) { r.MinimumOff, r.Pulse = 4*s, s }), "+a@1s x@9s", "r+4s r-5s"},
		"interlock: who is on stays":             {pair(func(r, q *Annunciator) { r.Interlock = []string{"q"} }), "+b@1s +a@2s -b@5s x@9s", "q+1s q-5s r+5.5s"},
		"interlock: the first of two":            {pair(func(r, q *Annunciator) { q.Interlock = []string{"r"} }), "+b@1s +a@1s -a@5s x@9s", "r+1s r-5s q+5.5s"},
		"interlock holds over a minimum-on":      {pair(func(r, q *Annunciator) { q.Interlock, r.MinimumOn = []string{"r"}, 6*s }), "+a@1s -a@2s +b@3s x@9s", "r+1s r-7s q+7.5s"},
		"interlock: a pulse waits for its turn":  {pair(func(r, q *Annunciator) { r.Interlock, r.Pulse = []string{"q"}, s }), "+b@1s +a@2s -b@5s x@9s", "q+1s q-5s r+5.5s r-6.5s"},
		"a relay that nobody excludes goes free": {pair(func(r, q *Annunciator) {}), "+b@1s +a@2s x@3s", "q+1s r+2s"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := relayStory(t, c.steps, c.list...); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestARestartGivesNoSecondPulse: until the retained state is merged in nobody
// knows whether what is read is a raise.
func TestARestartGivesNoSecondPulse(t *testing.T) {
	for name, c := range map[string]struct {
		settle, old bool
		want        bool
	}{
		"it stood before":           {settle: true, old: true},
		"it was raised meanwhile":   {settle: true, want: true},
		"the store does not answer": {want: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := relayFor("r", "a")
			r.Pulse = 2 * time.Second
			p, on := plan(t, nil, r), false
			for d := time.Duration(0); d < 10*time.Second; d += 100 * time.Millisecond {
				a := standing("a", 3, alarm.ClassAlarm, time.Second)
				if c.settle && d == 3*time.Second {
					p.Settle(at(d))
				}
				if c.old && d >= 3*time.Second {
					a.Raised = point.Instant{Boot: "an earlier one", Mono: 400 * time.Hour}
				}
				list := []alarm.Alarm{a}
				if d < time.Second {
					list = nil
				}
				p.Update(at(d), these(list...), zone.View{})
				levels, _ := p.Levels(at(d))
				if on = on || levels[0].On; levels[0].On && d < 3*time.Second {
					t.Fatal("a pulse before anybody knows")
				}
			}
			if on != c.want {
				t.Errorf("pulse: %v, want %v", on, c.want)
			}
		})
	}
}

func TestInterlockGoesByWhatIsReadBack(t *testing.T) {
	r, q := relayFor("r", "a"), relayFor("q", "b")
	r.Interlock, q.Feedback, q.Within = []string{"q"}, "mr/q-contact", time.Second
	p := plan(t, nil, r, q)
	p.Settle(at(0))
	p.Update(at(0), these(standing("a", 3, alarm.ClassAlarm, 0)), zone.View{})
	p.Sample(at(0), point.Sample{Point: "mr/q-contact", Value: point.OfBool(true)}) // welded
	for d := time.Duration(0); d < 20*time.Second; d += 100 * time.Millisecond {
		if levels, _ := p.Levels(at(d)); levels[0].On {
			t.Fatalf("at %v both are on", d)
		}
	}
	p.Sample(at(20*time.Second), point.Sample{Point: "mr/q-contact", Value: point.OfBool(false)})
	if levels, _ := p.Levels(at(20 * time.Second)); !levels[0].On {
		t.Error("it is free and the first one stays off")
	}
}

// TestAPulseIsReadBack: a pulse shorter than the time that an output may take.
func TestAPulseIsReadBack(t *testing.T) {
	for name, dead := range map[string]bool{"it moved": false, "it did not move": true} {
		t.Run(name, func(t *testing.T) {
			r := relayFor("r", "a")
			r.Pulse, r.Feedback, r.Within = time.Second, "mr/back", 2*time.Second
			p, told, moved := plan(t, nil, r), false, false
			p.Settle(at(0))
			for d := time.Duration(0); d < 10*time.Second; d += 100 * time.Millisecond {
				if d >= time.Second {
					p.Update(at(d), these(standing("a", 3, alarm.ClassAlarm, time.Second)), zone.View{})
				}
				levels, _ := p.Levels(at(d))
				moved = moved || levels[0].On
				p.Sample(at(d), point.Sample{Point: "mr/back", Value: point.OfBool(levels[0].On && !dead)})
				for _, s := range p.Signals() {
					told = s.Active
				}
			}
			if !moved || told != dead {
				t.Errorf("moved %v, told %v, want %v", moved, told, dead)
			}
		})
	}
}

// TestRelaysInAnyOrder plays random raises and clears on random relays and holds
// what they do against the rules, one by one.
func TestRelaysInAnyOrder(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		pick := func(list ...time.Duration) time.Duration { return list[random.IntN(len(list))] }
		var list []Annunciator
		for i := range 4 {
			r := relayFor(fmt.Sprintf("r%d", i), []string{"a", "b", "*"}[random.IntN(3)])
			r.Delay, r.MinimumOn, r.MinimumOff = pick(0, time.Second), pick(0, 2*time.Second), pick(0, 3*time.Second)
			if random.IntN(3) == 0 {
				r.Pulse = r.MinimumOn + time.Second
			}
			list = append(list, r)
		}
		list[0].Interlock, list[2].Interlock = []string{"r1", "r2"}, []string{"r3"}
		holdRelays(t, seed, random, list)
	}
}

func holdRelays(t *testing.T, seed uint64, random *rand.Rand, list []Annunciator) {
	p := plan(t, nil, list...)
	p.Settle(at(0))
	on, moved, raised := map[int]bool{}, map[int]time.Duration{}, time.Duration(0)
	alarms := map[string]alarm.Alarm{}
	for d := time.Duration(0); d < time.Minute; d += 100 * time.Millisecond {
		if random.IntN(8) == 0 {
			key := []string{"a", "b"}[random.IntN(2)]
			if _, stands := alarms[key]; stands {
				delete(alarms, key)
			} else {
				alarms[key], raised = standing(key, 3, alarm.ClassAlarm, d), d
			}
		}
		var now []alarm.Alarm
		for _, a := range alarms {
			now = append(now, a)
		}
		p.Update(at(d), these(now...), zone.View{})
		levels, _ := p.Levels(at(d))
		for i, l := range levels {
			if l.On == on[i] {
				continue
			}
			if l.On && d-moved[i] < list[i].MinimumOff || !l.On && d-moved[i] < list[i].MinimumOn || !l.On && list[i].Pulse > 0 && d-moved[i] < list[i].Pulse {
				t.Fatalf("seed %d, at %v: relay %d turned %v too soon", seed, d, i, l.On)
			}
			on[i], moved[i] = l.On, d
		}
		for _, x := range [][2]int{{0, 1}, {0, 2}, {2, 3}} {
			if on[x[0]] && on[x[1]] {
				t.Fatalf("seed %d, at %v: %v are on together", seed, d, x)
			}
		}
		for i := range list {
			if on[i] && list[i].Pulse > 0 && d-max(moved[i], raised) > list[i].Pulse {
				t.Fatalf("seed %d: pulse %d does not end", seed, i)
			}
		}
	}
}
