package zone

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Pulse asks for a door's strike to be energised for a while, or at rest again
// (For is 0). The exit button and the fire contact free the lock without it.
type Pulse struct {
	Door   string
	Output point.Name
	For    time.Duration
}

// Panel runs zones, partitions and doors. One goroutine may use it. It reads no
// clock: each call brings the time, and only its monotonic part is compared.
//
// One step of its owner is: Sample, Command or Tick, then Take, then Retained.
type Panel struct {
	definition Definition
	zones      []*loop
	partitions []*area
	doors      []*door
	places     []*place // rooms that doors lead into
	burning    bool     // a fire zone is in alarm
	inputs     takers   // contacts, buttons, lines: each sample says how it is
	readers    takers   // of cards: each sample is an event
	walk       *walk    // the walk test that runs; nil for none
	version    uint64   // rises whenever the view may differ
	consent    consent
	simulated  bool // what happens now is the consequence of a simulated value

	signals []alarm.Signal
	records []event.Record
	pulses  []Pulse
	dirty   map[string]bool // retained state to write
}

// takers are told of the samples of a point.
type takers map[point.Name][]func(now point.Instant, s point.Sample)

func (t takers) listen(n point.Name, take func(point.Instant, point.Sample)) {
	if n != "" {
		t[n] = append(t[n], take)
	}
}

// New makes a panel with everything disarmed and nothing read yet. It always
// returns a panel: what the errors name is missing from it, the rest guards.
func New(d Definition) (*Panel, []error) {
	d, errs := clean(d)
	p := &Panel{dirty: map[string]bool{}}
	p.install(d, &Panel{})
	return p, errs
}

// Sample takes one reading. Readings of points that no zone or door uses are
// ignored. A bad one is a trouble; it never clears an alarm.
func (p *Panel) Sample(now point.Instant, s point.Sample) {
	p.Recall(now, s)
	p.hear(p.readers, now, s)
}

// Recall takes a reading that was told before, for what a reload made new: how a
// contact stands is still so, a card that was heard opens no second door.
func (p *Panel) Recall(now point.Instant, s point.Sample) { p.hear(p.inputs, now, s) }

func (p *Panel) hear(t takers, now point.Instant, s point.Sample) {
	p.simulated = s.Quality.IsSimulated()
	for _, take := range t[s.Point] {
		p.version++
		take(now, s)
	}
	if len(t[s.Point]) > 0 {
		p.heed(now)
	}
	p.simulated = false
}

// as does what is the consequence of a simulated value, or is not.
func (p *Panel) as(simulated bool, do func()) {
	was := p.simulated
	p.simulated = simulated
	do()
	p.simulated = was
}

// Hears tells whether a zone or door listens to the point.
func (p *Panel) Hears(n point.Name) bool { return len(p.inputs[n])+len(p.readers[n]) > 0 }

// Strikes names the door whose strike the output is; empty when it is none.
func (p *Panel) Strikes(output point.Name) (door string) {
	for _, d := range p.doors {
		if d.Strike == output && output != "" {
			return d.ID
		}
	}
	return ""
}

// Version rises whenever View may differ from before.
func (p *Panel) Version() uint64 { return p.version }

// Tick ends the delays that are due. Call it when Next is reached; more often
// does no harm.
func (p *Panel) Tick(now point.Instant) {
	if p.consent.over(now) {
		p.endConsent(now, "box")
	}
	if p.Next() > now.Mono {
		return
	}
	p.version++
	for _, a := range p.partitions {
		if a.running() && a.deadline.Mono <= now.Mono {
			p.expire(now, a)
		}
		if a.reinstates() <= now.Mono {
			p.reinstate(now, a)
		}
		if a.due() <= now.Mono {
			p.calendars(now, a)
		}
	}
	for _, z := range p.zones {
		if z.stuckAt <= now.Mono {
			p.stick(z)
		}
	}
	for _, d := range p.doors {
		if d.next() <= now.Mono {
			p.stay(now, d)
		}
	}
	if p.walk != nil && p.walk.end <= now.Mono {
		p.endWalk(now, "box")
	}
}

// Next is the monotonic time of the next delay that ends, or point.Never.
func (p *Panel) Next() time.Duration {
	next := p.consent.ends()
	for _, a := range p.partitions {
		if a.running() {
			next = min(next, a.deadline.Mono)
		}
		next = min(next, a.reinstates(), a.due())
	}
	for _, z := range p.zones {
		next = min(next, z.stuckAt)
	}
	if p.walk != nil {
		next = min(next, p.walk.end)
	}
	for _, d := range p.doors {
		next = min(next, d.next())
	}
	return next
}

// Take hands over what happened since the last Take, each in its order: alarm
// signals for the machine that knows Definitions, records without id for the
// journal, and strikes to pulse.
func (p *Panel) Take() ([]alarm.Signal, []event.Record, []Pulse) {
	signals, records, pulses := p.signals, p.records, p.pulses
	p.signals, p.records, p.pulses = nil, nil, nil
	return signals, records, pulses
}

func (p *Panel) signal(key string, active bool, text point.Words) {
	p.signals = append(p.signals, alarm.Signal{Key: key, Active: active, Text: text, Simulated: p.simulated})
}

func (p *Panel) record(now point.Instant, r event.Record) {
	r.At = now
	if p.simulated {
		r.Simulated, r.Text = true, r.Text.Simulated()
	}
	p.records = append(p.records, r)
}
