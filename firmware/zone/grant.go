package zone

import (
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Grant is the last card that a door let through; zero but for Door while none was.
type Grant struct {
	Door   string        `json:"door"`
	Who    string        `json:"who,omitempty"`
	Card   string        `json:"card,omitempty"` // masked
	At     point.Instant `json:"at,omitzero"`
	Record event.ID      `json:"record,omitzero"` // in the journal
}

// lastDetail names who was let through last, for the record of a door that
// stands open; nil when nobody was.
func (d *door) lastDetail() map[string]string {
	if d.last.Who == "" {
		return nil
	}
	return map[string]string{"lastWho": d.last.Who, "lastCard": d.last.Card, "lastGrant": d.last.Record.String()}
}

// tieWithin is how long before an intrusion a card may have been let through and
// still be worth naming.
const tieWithin = 5 * time.Minute

// Tie is the door that an alarm has to do with, and whom it let through last:
// its own for a door that is forced or held open, for an intrusion the newest
// within 5 min at a door of the room. nil when there is none.
func (p *Panel) Tie(now point.Instant, a alarm.Alarm) *Grant {
	var newest *door
	for _, d := range p.doors {
		switch {
		case strings.HasPrefix(a.Key, d.key()+"/"):
			tie := d.last
			return &tie
		case a.Kind != alarm.KindIntrusion || a.Room == "" || a.Room != d.Room && a.Room != d.Area || d.last.Who == "":
		case d.last.At.Boot != now.Boot || now.Since(d.last.At) > tieWithin:
		case newest == nil || d.last.At.Mono > newest.last.At.Mono:
			newest = d
		}
	}
	if newest == nil {
		return nil
	}
	tie := newest.last
	return &tie
}

// Recorded tells the panel under which id a record of a door stands in the
// journal, so that an alarm of the door can name it.
func (p *Panel) Recorded(r event.Record) {
	if r.Type != event.DoorGranted && r.Type != event.DoorExit || r.Actor == "" {
		return
	}
	for _, d := range p.doors {
		if r.Subject == d.key() && r.At == d.last.At && r.Actor == d.last.Who {
			d.last.Record = r.ID
			p.dirty["door:"+d.ID] = true
		}
	}
}

// Number tells, once the journal is open, which id a record has that was
// numbered before.
func (p *Panel) Number(final func(event.ID) event.ID) {
	for _, d := range p.doors {
		d.last.Record = final(d.last.Record)
	}
}
