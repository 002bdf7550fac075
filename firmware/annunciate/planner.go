package annunciate

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// Planner turns alarms into levels and a picture. One goroutine may use it; it
// reads no clock and blocks on nothing.
type Planner struct {
	outputs []*output
	wall    *wallPlan
	alarms  []*alarm.Alarm
	panel   zone.View
	first   map[string]sight         // of each alarm that is listed
	test    time.Duration            // end of the lamp test
	back    map[point.Name][]*output // by the point that is read back
	signals []alarm.Signal
	began   time.Duration // first use; 0 before
	settled bool          // what the last run left is known: see Settle; until then stealth counts as on

	around     Around
	told, dead bool // of the wall's controller, as it was last told
}

// sight is when an alarm's noise was first seen: since then it gets at least 30 s.
type sight struct {
	sounded, seen time.Duration
	of            *alarm.Alarm // as it is listed now
}

// New makes a planner of everything that is right; nil wall means that there is
// none. The error names each annunciator that is missing from it, or the wall,
// and what is wrong: a start drives the rest.
func New(list []Annunciator, wall *Wall) (*Planner, error) {
	p := &Planner{first: map[string]sight{}}
	outputs, w, err := p.compile(list, wall)
	p.outputs, p.wall = outputs, w
	p.readBack()
	p.pair()
	return p, err
}

// readBack finds the outputs by what is read back from them.
func (p *Planner) readBack() {
	p.back = map[point.Name][]*output{}
	for _, o := range p.outputs {
		if o.Feedback != "" {
			p.back[o.Feedback] = append(p.back[o.Feedback], o)
		}
	}
}

// Reload swaps in other annunciators and keeps what was heard already. With an
// error nothing changes.
func (p *Planner) Reload(list []Annunciator, wall *Wall) error {
	outputs, w, err := p.compile(list, wall)
	if err != nil {
		return err
	}
	if w != nil {
		w.settle(p.around, p.wall)
	}
	p.outputs, p.wall, p.told = outputs, w, false
	p.readBack()
	p.pair()
	return nil
}

func (p *Planner) compile(list []Annunciator, wall *Wall) (outputs []*output, w *wallPlan, err error) {
	w, err = newWallPlan(wall)
	for _, a := range list {
		o, wrong := newOutput(a)
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("annunciator %s: %w", a.ID, wrong))
			continue
		}
		if i := slices.IndexFunc(p.outputs, func(old *output) bool { return old.ID == a.ID && old.Output == a.Output }); i >= 0 {
			old := p.outputs[i]
			o.sounding, o.heard, o.from, o.flashing, o.feedback = old.sounding, old.heard, old.from, old.flashing, old.feedback
			o.contact = old.contact
		} else {
			o.contact.given = p.latest()
		}
		outputs = append(outputs, o)
	}
	return outputs, w, err
}

// latest is the newest raise: an annunciator that a reload brings owes none of
// them a pulse.
func (p *Planner) latest() (raise time.Duration) {
	for _, a := range p.alarms {
		raise = max(raise, a.Raised.Mono)
	}
	return raise
}

// Update takes the alarms and the panel as they are. The list is kept and never
// written to, nor are the alarms on it; the same pointer means that this alarm did
// not change. The wall is drawn by Picture: it may wait, the siren may not.
func (p *Planner) Update(now point.Instant, alarms []*alarm.Alarm, panel zone.View) {
	gone, come := p.differ(alarms)
	p.alarms, p.panel = alarms, panel
	p.see(now, gone, come)
	for _, o := range p.outputs {
		was := o.hidden
		if o.hidden = o.Stealth && (!p.settled || stealthy(o.StealthFor, panel)); o.of == nil || o.hidden != was {
			o.asks = asks{of: make(map[*alarm.Alarm]ask, len(alarms))}
			o.take(now, p.start(now), nil, alarms, p.first)
		} else {
			o.take(now, p.start(now), gone, come, p.first)
		}
		o.raises(now)
		o.delays(panel)
	}
	if p.wall != nil {
		p.wall.stale = true
	}
}

// see notes each noise that is new to the planner and forgets the ended ones.
func (p *Planner) see(now point.Instant, gone, come []*alarm.Alarm) {
	for _, a := range gone {
		s := p.first[a.Key]
		s.of = nil
		p.first[a.Key] = s
	}
	for _, a := range come {
		s, known := p.first[a.Key]
		if began := sounded(a); !known || s.sounded != began {
			s = sight{sounded: began, seen: now.Mono}
		}
		s.of = a
		p.first[a.Key] = s
	}
	for _, a := range gone {
		if p.first[a.Key].of == nil {
			delete(p.first, a.Key)
		}
	}
}

// Drives tells whether an annunciator drives the output.
func (p *Planner) Drives(name point.Name) bool {
	return slices.ContainsFunc(p.outputs, func(o *output) bool { return o.Output == name })
}

// Supervises tells whether the point shows that an output, or the wall's controller,
// does what it is told.
func (p *Planner) Supervises(n point.Name) bool {
	return len(p.back[n]) > 0 || p.wall != nil && p.wall.Alive == n
}

// LampTest lights every lamp for three seconds and chirps once. Relays stay as
// they are, and what sounds goes on sounding.
func (p *Planner) LampTest(now point.Instant) { p.test = now.Mono + testLength }

// Levels tells what each output must be now, and the monotonic time at which to
// ask again (point.Never: nothing moves by itself). Outputs come in the order of
// the annunciators; one that several drive is on when any of them wants it.
func (p *Planner) Levels(now point.Instant) (levels []Level, next time.Duration) {
	next = point.Never
	at := make(map[point.Name]int, len(p.outputs))
	p.switchRelays(now.Mono, p.start(now))
	for _, o := range p.outputs {
		on, turns := o.level(now.Mono)
		on, turns = o.tested(now.Mono, p.test, on, turns)
		next = min(next, turns, p.supervise(o, now.Mono, o.loud() && now.Mono >= p.test))
		if i, twice := at[o.Output]; twice {
			levels[i].On, levels[i].Sounds = levels[i].On || on, levels[i].Sounds || o.sounds()
			continue
		}
		at[o.Output] = len(levels)
		levels = append(levels, Level{Output: o.Output, On: on, Sounds: o.sounds()})
	}
	return levels, next
}
