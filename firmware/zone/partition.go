package zone

import (
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// area is one partition with its state.
type area struct {
	Partition
	zones []*loop

	mode     Mode
	deadline point.Instant // end of the running delay
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
	p.record(now, event.Record{Type: t, Subject: a.key(), Actor: actor, Text: point.Words{Zh: label.Zh + zh, En: label.En + en}})
	p.dirty["partition:"+a.ID] = true
}

// notReady says why the partition cannot be armed now, zone by zone. Zones of
// the way out may be open while there is time to leave: a person stands there.
func (a *area) notReady() []point.Words {
	var why []point.Words
	for _, z := range a.zones {
		if reason := z.notReady(); !reason.IsZero() && !z.bypassed {
			label := title(z.Label, z.ID)
			why = append(why, point.Words{Zh: label.Zh + reason.Zh, En: label.En + reason.En})
		}
	}
	return why
}

// notReady is why the zone alone is not ready to be armed.
func (z *loop) notReady() point.Words {
	switch {
	case z.trouble:
		return point.Words{Zh: "：回路故障", En: ": loop fault"}
	case !z.known:
		return point.Words{Zh: "：尚未读到", En: ": not read yet"}
	case z.violated && z.Type == "follower" && z.area.ExitDelay > 0:
		return point.Words{}
	case z.violated:
		return point.Words{Zh: "：未复位", En: ": not at rest"}
	}
	return point.Words{}
}

// arm starts the exit delay, or refuses with the reasons. force bypasses what
// is not ready, each with a record.
func (p *Panel) arm(now point.Instant, a *area, actor string, force bool) error {
	if a.mode != Disarmed {
		return nil // it is armed, or will be
	}
	if why := a.notReady(); len(why) > 0 {
		if !force {
			zh, en := joined(why)
			p.tell(now, a, event.PartitionRefused, actor, "布防被拒绝："+zh, " not armed: "+en)
			return refusal{"arm " + a.ID, en, ErrNotReady}
		}
		for _, z := range a.zones {
			if r := z.notReady(); !r.IsZero() && !z.bypassed {
				p.setBypass(now, z, true, actor)
			}
		}
	}
	a.by, a.ordered = actor, true
	if a.ExitDelay <= 0 {
		p.armed(now, a, actor)
		return nil
	}
	a.mode, a.deadline = Exiting, now.Add(a.ExitDelay)
	p.tell(now, a, event.PartitionArming, actor, "开始布防，"+a.ExitDelay.String()+"内离开", " arming: leave within "+a.ExitDelay.String())
	return nil
}

func joined(why []point.Words) (zh, en string) {
	var z, e []string
	for _, w := range why {
		z, e = append(z, w.Zh), append(e, w.En)
	}
	return strings.Join(z, "；"), strings.Join(e, "; ")
}

// armed sets the partition. What is open at this moment counts as opened now.
func (p *Panel) armed(now point.Instant, a *area, actor string) {
	a.mode, a.deadline = Armed, point.Instant{}
	p.tell(now, a, event.PartitionArmed, actor, "已布防", " armed")
	for _, z := range a.zones {
		if z.known && z.violated {
			p.trip(now, z)
		}
	}
	p.judgeAll(now, a)
}

// enter starts the entry delay. Followers are quiet while it runs, instant
// zones are not.
func (p *Panel) enter(now point.Instant, a *area, z *loop) {
	label := title(z.Label, z.ID)
	a.mode, a.deadline = Entering, now.Add(a.EntryDelay)
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
	a.mode, a.deadline, a.by, a.ordered = Disarmed, point.Instant{}, actor, true
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
	if was != Disarmed {
		p.tell(now, a, event.PartitionDisarmed, actor, "已撤防", " disarmed")
	}
}
