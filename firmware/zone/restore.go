package zone

import (
	"encoding/json"
	"slices"
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Restore merges the state of the last run: an exit delay that ran then has
// ended (armed), an entry delay has run out (alarm). A partition that somebody
// commanded since the start keeps that. Damaged state of a partition counts as
// armed: the guard that was perhaps on stays on, and the record says so. A
// key that stays and was turned meanwhile is obeyed, any other key is not. The
// lists of those inside come back with nobody being sure of them; a card that
// waited for a second person's must be shown again. Keys of other parts are
// ignored.
func (p *Panel) Restore(now point.Instant, retained map[string][]byte) {
	p.version++
	for _, d := range p.doors {
		p.restoreDoor(d, value(retained, "door:", d.ID, d.Was))
	}
	for _, x := range p.places {
		p.restorePlace(x, retained["inside:"+x.id])
	}
	keys := map[*loop]string{}
	for _, z := range p.zones {
		var k keptLoop
		if b := value(retained, "zone:", z.ID, z.Was); z.area == nil && b != nil && json.Unmarshal(b, &k) == nil && k.Stuck && (z.violated || !z.known) {
			z.stuckAt, z.stuck = point.Never, true // it was let go and pressed again, or still hangs; the first reading tells
		} else if z.area != nil && !z.area.ordered && b != nil && json.Unmarshal(b, &k) == nil {
			z.bypassed, z.entered, z.missed = k.Bypassed, k.Entered, k.Missed
			keys[z] = k.Key
		}
	}
	for _, a := range p.partitions {
		if b := value(retained, "partition:", a.ID, a.Was); b != nil && !a.ordered {
			p.restoreArea(now, a, b)
		}
	}
	for _, z := range p.zones {
		p.restorePosition(now, z, keys[z])
	}
	p.restoreConsent(now, retained[consentKey])
	for key := range retained {
		kind, _, _ := strings.Cut(key, ":")
		if kind == "partition" || kind == "zone" || kind == "door" || kind == "inside" {
			p.dirty[key] = true // what nobody owns any more is deleted
		}
	}
	p.touchAll(p)
	p.repeat()
}

// repeat tells the alarms that hang on no contact how they are now: what the
// last run raised must be able to end.
func (p *Panel) repeat() {
	if len(p.partitions) > 0 {
		p.signal(CodesKey, false, point.Words{}) // only ever a moment
	}
	for _, a := range p.partitions {
		p.signal(a.key()+"/duress", false, point.Words{})
		if a.Verify > 0 {
			p.signal(a.key()+"/verified", a.spell.verified, point.Words{})
		}
		if a.Late != "" {
			p.signal(a.key()+"/late", a.late, point.Words{})
		}
	}
	for _, d := range p.doors {
		if d.Reader != "" {
			p.signal(d.key()+"/wrong-cards", false, point.Words{})
		}
	}
	for _, z := range p.zones {
		if z.Type == "panic" {
			p.signal(z.key()+"/stuck", z.stuck, point.Words{})
		}
	}
}

func value(retained map[string][]byte, kind, id, was string) []byte {
	if b := retained[kind+id]; b != nil || was == "" {
		return b
	}
	return retained[kind+was]
}

func (p *Panel) restoreArea(now point.Instant, a *area, b []byte) {
	var k keptArea
	if json.Unmarshal(b, &k) != nil || !slices.Contains([]Mode{Disarmed, Exiting, Armed, Entering}, k.Mode) {
		k = keptArea{Mode: Exiting, By: "box"}
		defer p.tell(now, a, event.PartitionArmed, "box", "：保存的状态已损坏，按布防处理", ": its kept state is damaged, taken as armed")
	}
	a.by, a.deadline, a.as = k.By, point.Instant{}, k.As
	if k.Mode != Disarmed && a.as == "" {
		a.as = Away // kept by a release that knew no other way
	}
	switch k.Mode {
	case Disarmed:
		a.mode = Disarmed
	case Exiting:
		p.armed(now, a, a.by)
	case Entering:
		a.mode = Armed
		p.blame(a)
		p.fail(now, a)
	case Armed:
		a.mode = Armed
		for _, z := range a.zones {
			if z.known && z.violated && !z.missed {
				p.trip(now, z)
			}
		}
		p.judgeAll(now, a)
	}
}

// blame finds the zone of an entry delay whose own state was lost: rather all
// entry zones than none.
func (p *Panel) blame(a *area) {
	for _, z := range a.zones {
		if z.entered {
			return
		}
	}
	for _, z := range a.zones {
		z.entered = z.Type == "entry" && !z.bypassed
	}
}

func (p *Panel) restoreDoor(d *door, b []byte) {
	var k keptDoor
	if b == nil || json.Unmarshal(b, &k) != nil {
		return
	}
	if d.last.Who == "" {
		d.last = Grant{Door: d.ID, Who: k.Who, Card: k.Card, At: k.At, Record: k.Record}
	}
	d.wrong = max(d.wrong, k.Wrong)
	if d.known && !d.open {
		return // closed meanwhile: told already
	}
	d.forced, d.held = d.forced || k.Forced, d.held || k.Held
	if d.forced || d.held {
		d.warnAt, d.heldAt = point.Never, point.Never
	}
	if d.known {
		p.tellDoor(d, false)
	}
}
