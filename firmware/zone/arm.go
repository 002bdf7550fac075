package zone

import (
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// notReady says why the partition cannot be armed now, zone by zone. Zones of
// the way out may be open while there is time to leave: a person stands there.
func (a *area) notReady(as string) []point.Words {
	var why []point.Words
	for _, z := range a.zones {
		if reason := z.notReady(); !reason.IsZero() && !z.bypassed && z.guards(as) {
			label := title(z.Label, z.ID)
			why = append(why, point.Words{Zh: label.Zh + reason.Zh, En: label.En + reason.En})
		}
	}
	return why
}

// notReady is why the zone alone is not ready to be armed.
func (z *loop) notReady() point.Words {
	switch {
	case traits[z.Type].control:
		return point.Words{}
	case z.wire.fault():
		return point.Words{Zh: "：线路" + wireWords[z.wire].Zh, En: ": line " + wireWords[z.wire].En}
	case z.tampered:
		return point.Words{Zh: "：被拆", En: ": tampered with"}
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
func (p *Panel) arm(now point.Instant, a *area, o Order, force bool) error {
	if a.mode != Disarmed && a.as == o.Mode {
		return nil // it is armed so, or will be
	}
	if why := a.notReady(o.Mode); len(why) > 0 {
		if !force {
			zh, en := joined(why)
			p.tell(now, a, event.PartitionRefused, o.Actor, "布防被拒绝："+zh, " not armed: "+en)
			r := Refuse("arm "+a.ID, NotReady)
			r.Reasons = why
			return r
		}
		p.leaveOut(now, a, o)
	}
	p.set(now, a, o)
	return nil
}

// set is arm once nothing stands against it.
func (p *Panel) set(now point.Instant, a *area, o Order) {
	if p.walk != nil && len(p.walk.zones) > 0 && p.walk.zones[0].area == a {
		p.endWalk(now, o.Actor)
	}
	p.notLate(a)
	a.by, a.ordered, a.as = o.Actor, true, o.Mode
	if a.ExitDelay <= 0 || o.Mode != Away {
		p.armed(now, a, o.Actor)
		return
	}
	a.mode, a.deadline = Exiting, now.Add(a.ExitDelay)
	p.judgeAll(now, a)
	p.tell(now, a, event.PartitionArming, o.Actor, "开始布防，"+a.ExitDelay.String()+"内离开", " arming: leave within "+a.ExitDelay.String())
}

// leaveOut bypasses what is not ready, each with a record.
func (p *Panel) leaveOut(now point.Instant, a *area, o Order) {
	for _, z := range a.zones {
		if r := z.notReady(); !r.IsZero() && !z.bypassed && z.guards(o.Mode) {
			p.setBypass(now, z, true, o.Actor)
		}
	}
}

// asWords name the ways of arming.
var asWords = map[string]point.Words{Away: {Zh: "外出", En: "away"}, Stay: {Zh: "留守", En: "stay"}, Night: {Zh: "夜间", En: "night"}}

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
	if a.as == "" {
		a.as = Away
	}
	p.tell(now, a, event.PartitionArmed, actor, "已布防（"+asWords[a.as].Zh+"）", " armed ("+asWords[a.as].En+")")
	for _, z := range a.zones {
		if z.entered { // an entry that a person answered by arming otherwise
			z.entered = false
			p.dirty["zone:"+z.ID] = true
		}
	}
	for _, z := range a.zones {
		if z.known && z.violated && z.guards(a.as) {
			p.trip(now, z)
		}
	}
	p.judgeAll(now, a)
	if p.allAway() {
		p.endConsent(now, "box")
	}
}
