package zone

import (
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Explain adds to what the alarm machine decided about an alarm of a zone, a door
// or a partition what only the panel knows at d.At: the readings that it rests on,
// what the contact shows, whether anybody guards or was let through, and when the
// delay that runs will end. read gives the newest reading of a point; false for
// one that was never read.
func (p *Panel) Explain(d *event.Decision, read func(point.Name) (event.Input, bool)) {
	kind, rest, _ := strings.Cut(d.Key, "/")
	id, item, _ := strings.Cut(rest, "/")
	switch kind {
	case "zone":
		for _, z := range p.zones {
			if z.ID == id {
				p.explain(d, z, item, read)
			}
		}
	case "door":
		for _, x := range p.doors {
			if x.ID == id {
				p.explainDoor(d, x, item, read)
			}
		}
	case "partition":
		for _, a := range p.partitions {
			if a.ID == id {
				p.explainPartition(d, a, item, read)
			}
		}
	}
}

func (p *Panel) explain(d *event.Decision, z *loop, item string, read func(point.Name) (event.Input, bool)) {
	input := z.Input
	if item == "tamper" {
		input = z.Tamper
	}
	rest(d, read, input)
	switch {
	case item == "tamper", item == "stuck", item == "" && traits[z.Type].control:
		return
	case item != "":
		say(d, z.showing())
		return
	}
	say(d, z.showing(), z.guarding())
	if end := p.ends(z); d.Until == (point.Instant{}) && end != point.Never {
		d.Until = d.At.Add(end - d.At.Mono)
	}
}

// rest makes the decision rest on the readings of those points that were read.
func rest(d *event.Decision, read func(point.Name) (event.Input, bool), points ...point.Name) {
	var inputs []event.Input
	for _, n := range points {
		if in, ok := read(n); ok && n != "" {
			inputs = append(inputs, in)
		}
	}
	if len(inputs) > 0 {
		d.Inputs = inputs
	}
}

// say adds to the decision's text in brackets what is said.
func say(d *event.Decision, all ...point.Words) {
	var zh, en []string
	for _, w := range all {
		if !w.IsZero() {
			zh, en = append(zh, w.Zh), append(en, w.En)
		}
	}
	if len(zh) > 0 {
		d.Text = point.Words{Zh: d.Text.Zh + "（" + strings.Join(zh, "；") + "）", En: d.Text.En + " (" + strings.Join(en, "; ") + ")"}
	}
}

// ends is when what keeps the zone quiet ends by itself: a delay of its
// partition, or its walk test; point.Never when nothing of the kind runs.
func (p *Panel) ends(z *loop) time.Duration {
	switch {
	case z.walking:
		return p.walk.end
	case z.area != nil && z.area.running() && !z.bypassed && z.guards(z.area.as):
		return z.area.deadline.Mono
	}
	return point.Never
}

// showing is what the contact or the line says.
func (z *loop) showing() point.Words {
	switch {
	case z.wire.fault():
		return point.Words{Zh: "线路" + wireWords[z.wire].Zh, En: "the line is " + wireWords[z.wire].En}
	case !z.known:
		return point.Words{Zh: "触点尚未读到", En: "the contact has not been read yet"}
	case z.trouble && z.violated:
		return point.Words{Zh: "触点现在读不到，最后一次读数是已动作", En: "the contact cannot be read; when it last could it was away from rest"}
	case z.trouble:
		return point.Words{Zh: "触点现在读不到，最后一次读数是静止", En: "the contact cannot be read; when it last could it was at rest"}
	case z.violated:
		return point.Words{Zh: "触点已动作", En: "the contact is away from rest"}
	}
	return point.Words{Zh: "触点静止", En: "the contact is at rest"}
}

// guarding is why the zone does not ring for what it shows, or what made it
// ring; zero for one that simply guards.
func (z *loop) guarding() point.Words {
	if z.walking {
		return point.Words{Zh: "正在步行测试，不报警", En: "a walk test of it runs, it rings nobody"}
	}
	if z.area == nil {
		return point.Words{}
	}
	switch a := z.area; {
	case z.bypassed:
		return a.named("此防区已旁路，至%撤防为止", "the zone is bypassed until % is disarmed")
	case a.mode != Disarmed && !z.guards(a.as):
		as := asWords[a.as]
		return a.named("%按「"+as.Zh+"」布防，不含此防区", "% is armed “"+as.En+"”, which leaves this zone out")
	case z.missed:
		return a.named("%进入延时已过，无人撤防", "the entry delay of % is over and nobody disarmed")
	case a.mode == Entering && z.Type != "instant":
		return a.named("%在进入延时中，等人撤防", "the entry delay of % runs, somebody is expected to disarm")
	}
	return z.area.stance()
}
