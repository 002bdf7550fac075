package zone

import (
	"encoding/json"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// area is one partition with its state.
type area struct {
	Partition
	zones []*loop

	mode     Mode
	as       string        // away, stay or night, while not disarmed
	spell    spell         // since it was armed
	auto     timed         // ArmedBy
	lateness timed         // Late
	late     bool          // and it was told
	deadline point.Instant // end of the running delay
	feigned  bool          // the entry that began it was simulated
	by       string        // who armed or disarmed it last
	adopted  bool          // lives on in the next definition
	ordered  bool          // somebody commanded it since the start: newer than what is restored
}

func adoptArea(x Partition, old []*area) *area {
	for _, id := range []string{x.ID, x.Was} {
		for _, a := range old {
			if id != "" && a.ID == id && !a.adopted {
				a.adopted = true
				keep := *a
				keep.Partition, keep.zones, keep.adopted = x, nil, false
				return &keep
			}
		}
	}
	return &area{Partition: x, mode: Disarmed}
}

func (a *area) key() string { return "partition/" + a.ID }

// running is true while a delay runs.
func (a *area) running() bool { return a.mode == Exiting || a.mode == Entering }

// tell records what happened to the partition.
func (p *Panel) tell(now point.Instant, a *area, t event.Type, actor, zh, en string) {
	label := title(a.Label, a.ID)
	r := event.Record{Type: t, Subject: a.key(), Actor: actor, Text: point.Words{Zh: label.Zh + zh, En: label.En + en}}
	if t == event.PartitionArming || t == event.PartitionArmed {
		r.Detail, _ = json.Marshal(how{a.as}) // a text cannot fail
	}
	p.record(now, r)
	p.dirty["partition:"+a.ID] = true
}

// enter starts the entry delay. Followers are quiet while it runs, instant
// zones are not.
func (p *Panel) enter(now point.Instant, a *area, z *loop) {
	label := title(z.Label, z.ID)
	a.mode, a.deadline, a.feigned = Entering, now.Add(a.EntryDelay), p.simulated
	p.tell(now, a, event.PartitionEntry, "box", "进入延时："+label.Zh+"，"+a.EntryDelay.String()+"内撤防", " entered by "+label.En+": disarm within "+a.EntryDelay.String())
	z.entered = true
	p.dirty["zone:"+z.ID] = true
	if a.EntryDelay <= 0 {
		p.expire(now, a)
	}
}

// expire ends a delay: after leaving the partition is armed, after entering
// without disarming the entry is an alarm.
func (p *Panel) expire(now point.Instant, a *area) {
	if a.mode == Exiting {
		p.armed(now, a, a.by)
		return
	}
	a.mode, a.deadline = Armed, point.Instant{}
	p.dirty["partition:"+a.ID] = true
	p.fail(now, a)
}

// fail makes an alarm of the entry that nobody disarmed in time: the contact
// may have closed since, so the zone remembers.
func (p *Panel) fail(now point.Instant, a *area) {
	for _, z := range a.zones {
		if z.entered {
			z.entered, z.missed = false, true
			p.dirty["zone:"+z.ID] = true
		}
	}
	p.judgeAll(now, a)
}

// disarm ends the guard of the partition and its bypasses.
func (p *Panel) disarm(now point.Instant, a *area, actor string) {
	was := a.mode
	a.mode, a.deadline, a.ordered, a.as = Disarmed, point.Instant{}, true, ""
	if was != Disarmed {
		a.by = actor
	}
	for _, z := range a.zones {
		if z.bypassed {
			p.setBypass(now, z, false, actor)
		}
		if z.missed || z.entered {
			z.missed, z.entered = false, false
			p.dirty["zone:"+z.ID] = true
		}
	}
	p.judgeAll(now, a)
	p.abort(now, a, actor)
	if was != Disarmed {
		p.tell(now, a, event.PartitionDisarmed, actor, "已撤防", " disarmed")
	}
}
