package zone

import (
	"fmt"
	"slices"
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

// Reload swaps in another definition: what keeps its id (or names the former
// one by Was) keeps its state and timers. With errors nothing changes. A
// partition that vanishes while armed is recorded.
func (p *Panel) Reload(now point.Instant, d Definition) []error {
	d, errs := clean(d)
	if len(errs) > 0 {
		return errs
	}
	p.endWalk(now, "box")
	old := *p
	p.version++
	p.install(d, &old)
	if !d.Consent {
		p.endConsent(now, "box")
	}
	p.touchAll(&old)
	p.touchAll(p)
	for _, a := range old.partitions {
		if a.adopted || a.mode == Disarmed {
			continue
		}
		p.record(now, event.Record{Type: event.PartitionDisarmed, Subject: "partition/" + a.ID, Actor: "box",
			Text: point.Words{Zh: title(a.Label, a.ID).Zh + " 已从配置中删除", En: title(a.Label, a.ID).En + " removed by configuration"}})
	}
	for _, z := range p.zones {
		p.judge(now, z)
	}
	p.heed(now)
	for _, d := range p.doors {
		if d.known {
			p.tellDoor(d, true)
		}
	}
	return nil
}

// clean leaves out what cannot work and says so.
func clean(d Definition) (Definition, []error) {
	var errs []error
	seen := map[string]bool{}
	ok := func(kind, id string, faults ...string) bool {
		switch {
		case id == "":
			faults = append(faults, "has no id")
		case seen[kind+id]:
			faults = append(faults, "is there twice")
		}
		faults = slices.DeleteFunc(faults, func(s string) bool { return s == "" })
		seen[kind+id] = true
		for _, f := range faults {
			errs = append(errs, fmt.Errorf("%s %q: %s", kind, id, f))
		}
		return len(faults) == 0
	}
	out := Definition{Admit: d.Admit, Calendars: d.Calendars, Rooms: d.Rooms, Consent: d.Consent, Replay: d.Replay}
	for _, a := range d.Partitions {
		if ok("partition", a.ID, when(a.ExitDelay < 0 || a.EntryDelay < 0, "has a negative delay")) {
			out.Partitions = append(out.Partitions, a)
		}
	}
	for _, z := range d.Zones {
		if ok("zone", z.ID, zoneFaults(z, out.Partitions)...) {
			out.Zones = append(out.Zones, z)
		}
	}
	for _, x := range d.Doors {
		if ok("door", x.ID, when(x.Contact == "", "has no contact"), when(x.Unlock <= 0 || x.HeldOpen <= 0, "has no time to open or to stay open")) {
			out.Doors = append(out.Doors, x)
		}
	}
	return out, errs
}

func when(is bool, fault string) string {
	if is {
		return fault
	}
	return ""
}

func zoneFaults(z Zone, partitions []Partition) []string {
	has := slices.ContainsFunc(partitions, func(a Partition) bool { return a.ID == z.Partition })
	return []string{
		when(z.Input == "", "has no input"),
		when(traits[z.Type].priority == 0, fmt.Sprintf("has the unknown type %q", z.Type)),
		loopFault(z.Loop),
		when(traits[z.Type].armed && !has, fmt.Sprintf("has no partition: %q", z.Partition)),
	}
}

func loopFault(l *Loop) string {
	if l == nil {
		return ""
	}
	if err := l.Check(); err != nil {
		return err.Error()
	}
	return ""
}

// install makes the parts of a definition, each with the state of its
// namesake in old.
func (p *Panel) install(d Definition, old *Panel) {
	p.definition = d
	p.inputs, p.readers = takers{}, takers{}
	p.zones, p.partitions, p.doors = nil, nil, nil
	for _, x := range d.Partitions {
		p.partitions = append(p.partitions, adoptArea(x, old.partitions))
	}
	for _, x := range d.Zones {
		z := adoptLoop(x, old.zones)
		z.area = nil
		for _, a := range p.partitions {
			if traits[x.Type].armed && a.ID == x.Partition {
				z.area = a
				a.zones = append(a.zones, z)
			}
		}
		p.zones = append(p.zones, z)
		p.inputs.listen(x.Input, func(now point.Instant, s point.Sample) { p.read(now, z, s) })
		p.inputs.listen(x.Tamper, func(now point.Instant, s point.Sample) { p.tamper(now, z, s) })
	}
	for _, x := range d.Doors {
		p.installDoor(adoptDoor(x, old.doors))
	}
	p.installPlaces(old.places)
}
