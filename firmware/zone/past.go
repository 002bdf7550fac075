package zone

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// how is the detail of the records that tell of arming: without it nobody could
// say later which zones guarded.
type how struct {
	As string `json:"as"` // away, stay or night
}

// About is the part of the panel that decides about the alarm: a 24-hour zone
// alone, another zone or a partition with all zones of the partition, a door with
// the fire zones that free it. must are the points whose readings say how it
// stood. ok is false for a key that is no zone's, door's or partition's.
func (d Definition) About(key string) (part Definition, must []point.Name, ok bool) {
	kind, rest, _ := strings.Cut(key, "/")
	id, item, _ := strings.Cut(rest, "/")
	part = d
	part.Zones, part.Partitions, part.Doors = nil, nil, nil
	for _, z := range d.Zones {
		if kind != "zone" || z.ID != id {
			continue
		}
		if z.Always() {
			part.Zones = []Zone{z}
		} else {
			part = d.area(part, z.Partition)
		}
		return part, Definition{Zones: []Zone{z}}.Inputs(), true
	}
	for _, x := range d.Doors {
		if kind == "door" && x.ID == id {
			part.Doors = []Door{x}
			part.Zones = slices.DeleteFunc(slices.Clone(d.Zones), func(z Zone) bool { return z.Type != "fire" })
			return part, part.Inputs(), true
		}
	}
	if part = d.area(part, id); kind == "partition" && len(part.Partitions) == 1 {
		if item == "verified" {
			must = part.Inputs()
		}
		return part, must, true
	}
	return part, nil, false
}

// area adds a partition with its zones.
func (d Definition) area(part Definition, id string) Definition {
	for _, a := range d.Partitions {
		if a.ID == id {
			part.Partitions = append(part.Partitions, a)
		}
	}
	for _, z := range d.Zones {
		if !z.Always() && z.Partition == id {
			part.Zones = append(part.Zones, z)
		}
	}
	return part
}

// Inputs are the points of its contacts, lines and buttons.
func (d Definition) Inputs() (names []point.Name) {
	for _, z := range d.Zones {
		names = append(names, z.Input, z.Tamper)
	}
	for _, x := range d.Doors {
		names = append(names, x.Contact, x.Exit)
	}
	return slices.DeleteFunc(names, func(n point.Name) bool { return n == "" })
}

// Tells is whether the sample says all about how that contact stands: a bad one
// does not, nor does one of a line that is cut or shorted, nor that a door is
// open: how it was opened is older.
func (d Definition) Tells(s point.Sample) bool {
	usable := s.Quality.Usable() && !s.Value.IsNone()
	for _, z := range d.Zones {
		if z.Input == s.Point && !(usable && (&loop{Zone: z}).reads(s.Value)) {
			return false
		}
	}
	for _, x := range d.Doors {
		if x.Contact == s.Point && !(usable && !s.Value.Truth()) {
			return false
		}
	}
	return true
}

func (z *loop) reads(v point.Value) bool {
	_, ok := z.contact(v)
	return ok
}

// Follow does again what a record of this panel's journal tells: the replay of
// the past is told by it who armed, disarmed, bypassed, tested and was let through
// by card. What the panel finds out again from its readings and its clock (an
// entry, the end of a delay) changes nothing the second time. An error is a record
// that does not say enough. For a panel of a Definition with Replay only.
func (p *Panel) Follow(now point.Instant, r event.Record) error {
	switch r.Type {
	case event.WalkTestBegan:
		_ = p.beginWalk(now, r.Subject, r.Actor) // refused where it runs already
	case event.WalkTestEnded:
		p.endWalk(now, r.Actor)
	}
	for _, z := range p.zones {
		if on := r.Type == event.ZoneBypassed; z.key() == r.Subject && on != z.bypassed && (on || r.Type == event.ZoneUnbypassed) {
			p.applyBypass(now, z, on, r.Actor)
		}
	}
	for _, d := range p.doors {
		if d.key() == r.Subject {
			p.followDoor(now, d, r)
		}
	}
	for _, a := range p.partitions {
		switch r.Subject {
		case a.key():
			return p.follow(now, a, r)
		case a.key() + "/duress":
			p.signal(r.Subject, r.Type == event.AlarmRaised, point.Words{})
			p.signal(r.Subject, false, point.Words{}) // what a person does, no reading tells
		}
	}
	return nil
}

// followDoor lets through whom the journal says was let through, and counts the
// cards that were refused as tally did then.
func (p *Panel) followDoor(now point.Instant, d *door, r event.Record) {
	var x struct{ Card, Reader, Reason, Fire string }
	_ = json.Unmarshal(r.Detail, &x) // the exit button's has none
	_, refused := refusals[x.Reason]
	switch {
	case r.Type == event.DoorGranted, r.Type == event.DoorExit && x.Reader == "exit":
		p.release(now.Add(r.At.Wall.Sub(now.Wall)), d, r.Actor, x.Card) // it may be older than the replay
		d.last.Record = r.ID
		p.dirty["door:"+d.ID] = true
	case r.Type == event.DoorDenied && refused && x.Fire == "":
		p.tally(now, d, Masked(x.Card), x.Reason)
	}
	if r.Type == event.DoorGranted || r.Type == event.DoorWaiting || r.Type == event.DoorDenied && !refused && x.Reason != noSecond.En {
		p.tally(now, d, Masked(x.Card), "")
	}
}

func (p *Panel) follow(now point.Instant, a *area, r event.Record) error {
	if r.Type == event.PartitionDisarmed {
		p.disarm(now, a, r.Actor)
	}
	if r.Type != event.PartitionArming && r.Type != event.PartitionArmed {
		return nil
	}
	var h how
	if json.Unmarshal(r.Detail, &h) != nil || asWords[h.As].IsZero() {
		return fmt.Errorf("record %v: it does not say how %s was armed", r.ID, a.ID)
	}
	switch same := a.mode != Disarmed && a.as == h.As; {
	case r.Type == event.PartitionArming && !same:
		p.set(now, a, Order{Actor: r.Actor, Mode: h.As})
	case r.Type == event.PartitionArmed && same && a.mode == Exiting:
		p.expire(now, a) // the button of the last one out
	case r.Type == event.PartitionArmed && !same:
		p.notLate(a)
		a.by, a.as = r.Actor, h.As
		p.armed(now, a, r.Actor)
	}
	return nil
}
