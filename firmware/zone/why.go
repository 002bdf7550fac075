package zone

import (
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Explain adds to what the alarm machine decided about a zone's alarm what only
// the panel knows: the reading that the zone rests on, what the contact shows,
// whether the partition guards, and when the delay that runs will end. read gives
// the newest reading of a point; false for one that was never read.
func (p *Panel) Explain(d *event.Decision, read func(point.Name) (event.Input, bool)) {
	rest, mine := strings.CutPrefix(d.Key, "zone/")
	if !mine {
		return
	}
	id, item, _ := strings.Cut(rest, "/")
	for _, z := range p.zones {
		if z.ID == id {
			p.explain(d, z, item, read)
			return
		}
	}
}

func (p *Panel) explain(d *event.Decision, z *loop, item string, read func(point.Name) (event.Input, bool)) {
	input := z.Input
	if item == "tamper" {
		input = z.Tamper
	}
	if in, ok := read(input); ok {
		d.Inputs = []event.Input{in}
	}
	w := z.why()
	switch {
	case item == "tamper", item == "stuck", item == "" && traits[z.Type].control:
		return
	case item != "":
		w = z.showing()
	}
	d.Text = point.Words{Zh: d.Text.Zh + "（" + w.Zh + "）", En: d.Text.En + " (" + w.En + ")"}
	if end := p.ends(z); item == "" && d.Until == (point.Instant{}) && end != point.Never {
		d.Until = d.At.Add(end - d.At.Mono)
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

// why says in a guard's words what a zone shows and whether it guards now: the
// answer to "the window was open, why did it not ring?".
func (z *loop) why() point.Words {
	shows, guards := z.showing(), z.guarding()
	if guards.IsZero() {
		return shows
	}
	return point.Words{Zh: shows.Zh + "；" + guards.Zh, En: shows.En + "; " + guards.En}
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
	label := title(z.area.Label, z.area.ID)
	named := func(zh, en string) point.Words {
		return point.Words{Zh: strings.ReplaceAll(zh, "%", "「"+label.Zh+"」"), En: strings.ReplaceAll(en, "%", label.En)}
	}
	switch as := asWords[z.area.as]; {
	case z.bypassed:
		return named("此防区已旁路，至%撤防为止", "the zone is bypassed until % is disarmed")
	case z.area.mode == Disarmed:
		return named("%未布防", "% is disarmed")
	case !z.guards(z.area.as):
		return named("%按「"+as.Zh+"」布防，不含此防区", "% is armed “"+as.En+"”, which leaves this zone out")
	case z.area.mode == Exiting:
		return named("%在退出延时中", "the exit delay of % runs")
	case z.missed:
		return named("%进入延时已过，无人撤防", "the entry delay of % is over and nobody disarmed")
	case z.area.mode == Entering && z.Type != "instant":
		return named("%在进入延时中，等人撤防", "the entry delay of % runs, somebody is expected to disarm")
	}
	return named("%已布防", "% is armed")
}
