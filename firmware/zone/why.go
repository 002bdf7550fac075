package zone

import (
	"strings"

	"watchbox/firmware/point"
)

// Why says in a guard's words what a zone shows and whether it guards now: the
// answer to "the window was open, why did it not ring?". Zero for a key that is
// no zone's own.
func (p *Panel) Why(key string) point.Words {
	for _, z := range p.zones {
		if z.key() != key || traits[z.Type].control {
			continue
		}
		shows, guards := z.showing(), z.guarding()
		if guards.IsZero() {
			return shows
		}
		return point.Words{Zh: shows.Zh + "；" + guards.Zh, En: shows.En + "; " + guards.En}
	}
	return point.Words{}
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
