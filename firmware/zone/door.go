package zone

import (
	"encoding/json"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// door is one door with its state. The box sees and records; the exit button
// and the fire contact free the lock by wire, whether the box lives or not.
type door struct {
	Door
	known, open          bool
	sense                              // whether its contact can be read
	pressed              bool          // the exit button is held down
	allowed              time.Duration // until then opening is in order
	warnAt, heldAt       time.Duration // then an open door is warned about, and held open; point.Never while closed
	warned, forced, held bool
	freed                bool      // by the fire contact
	simulated            bool      // what moved its contact last was a simulated value
	opening              opening   // how the door that stands open was opened
	last                 Grant     // the last card that was let through
	waiting              first     // of two persons
	wrong                int       // cards refused in a row
	passing              []passage // let through, and the door is not open yet
}

func adoptDoor(x Door, old []*door) *door {
	for _, id := range []string{x.ID, x.Was} {
		for _, d := range old {
			if id == "" || d.ID != id {
				continue
			}
			keep := *d
			keep.Door, keep.last.Door = x, x.ID
			if !x.TwoPerson {
				keep.waiting = first{}
			}
			if d.Contact != x.Contact {
				keep.sense = sense{}
				keep.known, keep.open, keep.warned, keep.forced, keep.held, keep.opening = false, false, false, false, false, unseenOpening
				keep.warnAt, keep.heldAt, keep.passing = point.Never, point.Never, nil
			}
			return &keep
		}
	}
	return &door{Door: x, last: Grant{Door: x.ID}, warnAt: point.Never, heldAt: point.Never}
}

func (p *Panel) installDoor(d *door) {
	p.doors = append(p.doors, d)
	p.inputs.listen(d.Contact, func(now point.Instant, s point.Sample) { p.contact(now, d, s) })
	p.inputs.listen(d.Exit, func(now point.Instant, s point.Sample) { p.exit(now, d, s) })
	if p.definition.Replay {
		return // the journal tells which cards were let through
	}
	p.readers.listen(d.Reader, func(now point.Instant, s point.Sample) { p.card(now, d, s, inward) })
	p.readers.listen(d.ExitReader, func(now point.Instant, s point.Sample) { p.card(now, d, s, outward) })
}

// next is when stay has something to do.
func (d *door) next() time.Duration {
	if d.waiting.who != "" {
		return min(d.warnAt, d.heldAt, d.waiting.until)
	}
	return min(d.warnAt, d.heldAt)
}

// unseen is true while nobody will see the door open: it stands open, or its
// contact cannot be read.
func (d *door) unseen() bool { return d.ajar() || d.trouble || !d.known }

// ajar is a door that stands open, and not by a simulated value.
func (d *door) ajar() bool { return d.open && !d.simulated }

func (p *Panel) doorRecord(now point.Instant, d *door, t event.Type, actor, zh, en string, detail map[string]string) {
	r := event.Record{Type: t, Subject: d.key(), Room: d.Room, Actor: actor, Text: point.Words{Zh: zh, En: en}}
	if detail != nil {
		r.Detail, _ = json.Marshal(detail) // a map of texts cannot fail
	}
	p.record(now, r)
	p.dirty["door:"+d.ID] = true
}

// tellDoor tells the alarm machine how the door is.
func (p *Panel) tellDoor(d *door, always bool) {
	if !d.known && !always {
		return
	}
	label := title(d.Label, d.ID)
	text := func(is bool, zh, en string) point.Words {
		if !is || d.last.Who == "" {
			return point.Words{}
		}
		return point.Words{Zh: label.Zh + zh + "，最后放行 " + d.last.Who, En: label.En + en + ", last granted to " + d.last.Who}
	}
	p.signals = append(p.signals,
		alarm.Signal{Key: d.key() + "/forced", Active: d.forced, Text: text(d.forced, "被强行打开", " forced open"), Simulated: d.simulated},
		alarm.Signal{Key: d.key() + "/held", Active: d.held, Text: text(d.held, "开门超时", " held open"), Simulated: d.simulated})
}

// state is closed, open, warned, forced, held or trouble.
func (d *door) state() string {
	switch {
	case d.forced:
		return "forced"
	case d.held:
		return "held"
	case d.trouble, !d.known:
		return "trouble"
	case d.warned:
		return "warned"
	case d.open:
		return "open"
	}
	return "closed"
}
