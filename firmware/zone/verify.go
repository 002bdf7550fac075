package zone

import (
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// spell is what happened in a partition since it was armed, or re-instated.
type spell struct {
	alarmed  bool          // some detector has raised
	at       time.Duration // when the first did
	first    string        // that zone, for verification
	firstAt  time.Duration
	verified bool
}

// alarmed notes that a zone of the partition has raised. After EN 50131-9 the
// first is unverified; a second, another detector within the window, verifies.
// Tamper is told apart and verifies nothing; nothing is verified while unset, and a
// simulated alarm neither verifies nor counts as one of those that a detector may give.
func (p *Panel) alarmed(now point.Instant, z *loop) {
	if z.simulated {
		return
	}
	a := z.area
	z.trips++
	s := &a.spell
	if !s.alarmed {
		s.alarmed, s.at = true, now.Mono
	}
	switch {
	case a.Verify <= 0 || s.verified:
	case s.first == "" || s.first == z.ID || now.Mono > s.firstAt+a.Verify:
		s.first, s.firstAt = z.ID, now.Mono
	default:
		s.verified = true
		p.signal(a.key()+"/verified", true, point.Words{})
		p.tell(now, a, event.PartitionVerified, "box", "：两个探测器先后报警，入侵已核实", ": two detectors one after the other, the intrusion is verified")
	}
}

// swing leaves out a detector that has raised as often as it may in one armed
// period (EN 50131-1 allows 3 to 10), once it is at rest again.
func (p *Panel) swing(now point.Instant, z *loop) {
	if z.area == nil || z.Trips <= 0 || z.trips < z.Trips || z.bypassed {
		return
	}
	p.setBypass(now, z, true, "box")
}

// reinstates tells when the partition guards again without what still raises;
// point.Never while nothing has.
func (a *area) reinstates() time.Duration {
	if a.RearmAfter <= 0 || !a.spell.alarmed || a.mode != Armed {
		return point.Never
	}
	return a.spell.at + a.RearmAfter
}

// reinstate lets the partition guard as if it were armed anew: a detector that
// still raises is left out until the next disarm, the others may raise again.
func (p *Panel) reinstate(now point.Instant, a *area) {
	a.spell = spell{}
	var zh, en []string
	for _, z := range a.zones {
		if !z.told || z.bypassed {
			continue
		}
		label := title(z.Label, z.ID)
		zh, en = append(zh, label.Zh), append(en, label.En)
		z.missed = false
		p.setBypass(now, z, true, "box")
		p.judge(now, z)
	}
	text := point.Words{Zh: "：报警后自动恢复设防", En: ": guards again after the alarm"}
	if len(zh) > 0 {
		text = point.Words{Zh: text.Zh + "，排除 " + strings.Join(zh, "、"), En: text.En + ", without " + strings.Join(en, ", ")}
	}
	p.signal(a.key()+"/verified", false, point.Words{})
	p.tell(now, a, event.PartitionReset, "box", text.Zh, text.En)
}

// abort tells upstream that a user was there soon after the alarm.
func (p *Panel) abort(now point.Instant, a *area, actor string) {
	if a.spell.alarmed && a.Abort > 0 && now.Mono <= a.spell.at+a.Abort {
		p.tell(now, a, event.PartitionAborted, actor, "：用户在报警后撤防，疑为误报", ": a user disarmed soon after the alarm, probably a false one")
	}
	if a.spell.verified {
		p.signal(a.key()+"/verified", false, point.Words{})
	}
	a.spell = spell{}
	for _, z := range a.zones {
		z.trips = 0
	}
}
