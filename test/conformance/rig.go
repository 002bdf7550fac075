// Package conformance holds the box's decisions against the standards: one file
// per clause, in words that an installer can read, played on the real engine
// (zones, alarms, annunciators, journal and retained state) with a clock that
// the file moves. Nothing here is certified: the box behaves as the clauses say.
package conformance

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/app"
	"watchbox/firmware/command"
	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// rig is one box in the hand: its site, its clock, and all that left it.
type rig struct {
	*engine.Engine
	site     *config.Site
	fittings app.Fittings
	now      point.Instant
	boots    int
	booted   int           // length of the journal at the last restart
	bootedAt time.Duration // monotonic
	people   people
	watch    func() // called whenever time has passed and the engine has turned

	journal  []event.Record
	retained map[string][]byte
	levels   map[point.Name]bool
	sounded  map[point.Name]time.Duration // when each output was last on
	changes  []alarm.Change
	picture  annunciate.Picture
	pulses   int
	readings map[point.Name]point.Sample // newest of each point, to read again after a restart
}

// newRig starts a box on a Sunday at three in the morning, every contact at rest.
func newRig(site *config.Site, f app.Fittings) (*rig, error) {
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		return nil, err
	}
	r := &rig{watch: func() {}, site: site, fittings: f, retained: map[string][]byte{}, readings: map[point.Name]point.Sample{}}
	r.now = point.Instant{Boot: "boot", Mono: time.Hour, Wall: time.Date(2026, 3, 1, 3, 0, 0, 0, zone), Clock: point.ClockSynchronised}
	for _, p := range f.Devices[0].Device.Describe() {
		v := point.OfBool(false)
		if p.Kind == point.Real {
			continue
		}
		r.readings[p.Name] = point.Sample{Point: p.Name, Value: v}
	}
	r.people.sent = map[string]int{}
	if site.DialOut != nil {
		kinds := map[string]string{}
		for _, c := range site.Channels {
			kinds[c.ID] = c.Driver
		}
		r.people.desk = dialout.NewDesk(*site.DialOut, site.Contacts, kinds, dialout.Site{ID: site.ID, Label: site.Label, Zone: zone})
	}
	return r, r.start()
}

// start makes the engine of what was retained, reads every contact, and settles.
func (r *rig) start() error {
	parts, errs := app.Parts(r.site, r.fittings, r.now)
	if len(errs) > 0 {
		return fmt.Errorf("site: %v", errs)
	}
	r.bootedAt = r.now.Mono
	r.levels, r.sounded = map[point.Name]bool{}, map[point.Name]time.Duration{}
	r.Engine = engine.New(parts, func() point.Instant { return r.now }, r, r)
	for _, s := range r.readings {
		s.At = point.Instant{}
		r.Edge(s)
	}
	r.Turn()
	kept := map[string][]byte{}
	for k, v := range r.retained {
		kept[k] = v
	}
	r.Identify("box", "epoch", uint64(len(r.journal)+1), kept)
	r.settle()
	return nil
}

// restart is a power cut: what was handed to the journal is on the disk, the
// rest is gone; the monotonic clock begins anew.
func (r *rig) restart(down time.Duration) error {
	r.boots++
	r.booted = len(r.journal)
	r.now.Boot, r.now.Mono = fmt.Sprintf("boot%d", r.boots), time.Hour
	r.now.Wall = r.now.Wall.Add(down)
	return r.start()
}

// settle lets the engine finish, and publishes its view.
func (r *rig) settle() {
	r.Turn() // every timer that is due
	done := false
	r.After(func() { done = true })
	for !done {
		r.Turn()
	}
}

// stride is how long the engine sleeps while a wait is long: out of step with a
// lamp that blinks once a second, or a look at each stride would never see it lit.
const stride = 700 * time.Millisecond

// pass lets time go by: the engine sleeps as long as it would on a box, but for a
// stride while a wait is long.
func (r *rig) pass(d time.Duration) {
	for d > 0 {
		step := max(r.Nap(), time.Millisecond)
		if d > 10*time.Minute {
			step = stride
		}
		step = min(step, d)
		r.now = r.now.Add(step)
		d -= step
		for _, on := range r.levels {
			if on {
				r.hear()
				break
			}
		}
		r.Turn()
		r.people.turn(r.now)
		r.watch()
	}
	r.settle()
}

// read brings a reading, as an edge.
func (r *rig) read(s point.Sample) {
	r.readings[s.Point] = s
	r.Edge(s)
	r.settle()
}

// order carries out a command and answers with what the engine said.
func (r *rig) order(c engine.Command) error {
	answer := make(chan error, 1)
	go func() { answer <- r.Do(context.Background(), c) }()
	for {
		select {
		case err := <-answer:
			r.settle()
			return err
		default:
			r.Turn()
			runtime.Gosched()
		}
	}
}

// selected carries out the first step of a write.
func (r *rig) selected(c engine.Command) (s command.Selection, err error) {
	done := make(chan struct{})
	go func() { defer close(done); s, err = r.Select(context.Background(), c) }()
	for {
		select {
		case <-done:
			return s, err
		default:
			r.Turn()
			runtime.Gosched()
		}
	}
}
