package zone

import (
	"encoding/json"
	"fmt"
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// how is the detail of the records that tell of arming: without it nobody could
// say later which zones guarded.
type how struct {
	As string `json:"as"` // away, stay or night
}

// Of finds the zone whose alarm, trouble, line or tamper the key is.
func (d Definition) Of(key string) (z Zone, ok bool) {
	rest, mine := strings.CutPrefix(key, "zone/")
	id, _, _ := strings.Cut(rest, "/")
	for _, z := range d.Zones {
		if mine && z.ID == id {
			return z, true
		}
	}
	return z, false
}

// Beside lists the zones that share the partition of z, z among them; a 24-hour
// zone is alone: nothing else decides whether it rings.
func (d Definition) Beside(z Zone) (list []Zone) {
	if z.Always() {
		return []Zone{z}
	}
	for _, x := range d.Zones {
		if !x.Always() && x.Partition == z.Partition {
			list = append(list, x)
		}
	}
	return list
}

// Tells is whether the sample says how the zone's contact stands: a bad one does
// not, nor does one of a line that is cut or shorted.
func (z Zone) Tells(s point.Sample) bool {
	if !s.Quality.Usable() || s.Value.IsNone() {
		return false
	}
	_, ok := (&loop{Zone: z}).contact(s.Value)
	return ok
}

// Follow does again what a record of this panel's journal tells: the replay of
// the past is told by it who armed, disarmed, bypassed and walked through. What
// the panel finds out again from its readings and its clock (an entry, the end of
// a delay) changes nothing the second time. An error is a record that does not
// say enough. For a panel of a Definition with Replay only.
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
	for _, a := range p.partitions {
		if a.key() == r.Subject {
			return p.follow(now, a, r)
		}
	}
	return nil
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
		a.by, a.as = r.Actor, h.As
		p.armed(now, a, r.Actor)
	}
	return nil
}
