package zone

import (
	"encoding/json"
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// A walk test ends by itself: of a partition after 30 min, of a panic button
// after 10.
const (
	walkLength  = 30 * time.Minute
	panicLength = 10 * time.Minute
)

// walk is a walk test: of all zones of a partition, or of one panic button. At
// most one runs, so that every other panic button rings.
type walk struct {
	target string // as it was ordered
	zones  []*loop
	seen   map[*loop]bool
	end    time.Duration
	actor  string
}

// testing tells whether the zone is being walked through now.
func (p *Panel) testing(z *loop) bool {
	if p.walk == nil {
		return false
	}
	for _, x := range p.walk.zones {
		if x == z {
			return true
		}
	}
	return false
}

// beginWalk starts a walk test of a partition that is disarmed, or of a panic zone.
func (p *Panel) beginWalk(now point.Instant, target, actor string) error {
	if p.walk != nil {
		return Refuse("walk-test "+target, WalkRuns, same(p.walk.target))
	}
	w := &walk{target: target, seen: map[*loop]bool{}, end: now.Mono + walkLength, actor: actor}
	for _, a := range p.partitions {
		if a.ID != target {
			continue
		}
		if a.mode != Disarmed {
			return Refuse("walk-test "+target, ArmedNow, title(a.Label, a.ID))
		}
		for _, z := range a.zones {
			if !traits[z.Type].control {
				w.zones = append(w.zones, z)
			}
		}
	}
	for _, z := range p.zones {
		if z.ID == target && z.Type == "panic" {
			w.zones, w.end = []*loop{z}, now.Mono+panicLength
		}
	}
	if len(w.zones) == 0 {
		return Refuse("walk-test "+target, NothingToWalk, same(target))
	}
	p.walk = w
	p.record(now, event.Record{Type: event.WalkTestBegan, Subject: target, Actor: actor,
		Text: point.Words{Zh: "步行测试开始：" + target, En: "Walk test of " + target + " began"}})
	for _, z := range w.zones {
		p.judge(now, z)
	}
	return nil
}

// walked notes a zone that left its rest during the test.
func (p *Panel) walked(now point.Instant, z *loop) {
	if !p.testing(z) || p.walk.seen[z] || z.simulated { // nobody walked there
		return
	}
	p.walk.seen[z] = true
	label := title(z.Label, z.ID)
	p.record(now, event.Record{Type: event.ZoneTested, Subject: z.key(), Room: z.Room, Actor: p.walk.actor,
		Text: point.Words{Zh: "步行测试：" + label.Zh + " 已触发", En: "Walk test: " + label.En + " was seen"}})
}

// endWalk ends the test with the list of what was seen and what was not. What is
// away from rest then is an alarm again, where it would be one.
func (p *Panel) endWalk(now point.Instant, actor string) {
	w := p.walk
	if w == nil {
		return
	}
	p.walk = nil
	var seen, missed []string
	for _, z := range w.zones {
		if w.seen[z] {
			seen = append(seen, title(z.Label, z.ID).Zh)
		} else {
			missed = append(missed, title(z.Label, z.ID).Zh)
		}
	}
	text := point.Words{Zh: "步行测试结束：全部触发", En: "Walk test ended: all were seen"}
	if len(missed) > 0 {
		text = point.Words{Zh: "步行测试结束，未触发：" + strings.Join(missed, "、"), En: "Walk test ended, not seen: " + strings.Join(missed, ", ")}
	}
	r := event.Record{Type: event.WalkTestEnded, Subject: w.target, Actor: actor, Text: text}
	r.Detail, _ = json.Marshal(map[string][]string{"seen": seen, "missed": missed}) // texts cannot fail
	p.record(now, r)
	for _, z := range w.zones {
		p.judge(now, z)
	}
}
