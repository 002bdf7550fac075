package zone

import (
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// named puts the partition's name where the texts have a %.
func (a *area) named(zh, en string) point.Words {
	label := title(a.Label, a.ID)
	return point.Words{Zh: strings.ReplaceAll(zh, "%", "「"+label.Zh+"」"), En: strings.ReplaceAll(en, "%", label.En)}
}

// stance is whether the partition guards.
func (a *area) stance() point.Words {
	switch a.mode {
	case Disarmed:
		return a.named("%未布防", "% is disarmed")
	case Exiting:
		return a.named("%在退出延时中", "the exit delay of % runs")
	}
	return a.named("%已布防", "% is armed")
}

func (p *Panel) explainPartition(d *event.Decision, a *area, item string, read func(point.Name) (event.Input, bool)) {
	d.Inputs = nil // it hangs on no contact of its own
	switch item {
	case "verified":
		p.explainVerified(d, a, read)
	case "late":
		say(d, a.stance(), p.lateness(a))
		if p.definition.Calendars == nil {
			return
		}
		if wait := p.definition.Calendars.Next(a.Late, d.At); wait < point.Never-d.At.Mono && d.Until == (point.Instant{}) {
			d.Until = d.At.Add(wait)
		}
	case "duress":
		say(d, a.stance(), a.hand())
	}
}

// hand is whose order the partition followed last; zero while nobody gave one.
func (a *area) hand() point.Words {
	if a.by == "" {
		return point.Words{}
	}
	return point.Words{Zh: "最近一次布撤防：" + a.by, En: "armed or disarmed last by " + a.by}
}

// explainVerified tells which detectors have raised since it was armed, and how
// long a second one would verify the first.
func (p *Panel) explainVerified(d *event.Decision, a *area, read func(point.Name) (event.Input, bool)) {
	var points []point.Name
	var raised point.Words
	for _, z := range a.zones {
		if z.trips > 0 {
			label := title(z.Label, z.ID)
			points = append(points, z.Input)
			raised = point.Words{Zh: raised.Zh + "、「" + label.Zh + "」", En: raised.En + ", " + label.En}
		}
	}
	rest(d, read, points...)
	raised = point.Words{Zh: strings.TrimPrefix(raised.Zh, "、"), En: strings.TrimPrefix(raised.En, ", ")}
	within := strings.Replace(a.Verify.String(), "m0s", "m", 1)
	switch s := a.spell; {
	case raised.IsZero():
		say(d, a.stance(), point.Words{Zh: "布防以来没有探测器报警", En: "no detector has raised since it was armed"})
	case s.verified:
		say(d, a.stance(), point.Words{Zh: raised.Zh + "在 " + within + " 内先后报警", En: raised.En + " raised one after the other within " + within})
	case s.first != "" && d.At.Mono <= s.firstAt+a.Verify:
		say(d, a.stance(), point.Words{Zh: raised.Zh + "已报警，等待另一个探测器", En: raised.En + " raised, a second detector would verify it"})
		d.Until = d.At.Add(s.firstAt + a.Verify - d.At.Mono)
	default:
		say(d, a.stance(), point.Words{Zh: raised.Zh + "报过警，" + within + " 内没有另一个探测器证实", En: raised.En + " raised, no second detector did within " + within})
	}
}

// lateness is what the calendar says of a partition that should be armed by now.
func (p *Panel) lateness(a *area) point.Words {
	name := func(zh, en string) point.Words {
		return point.Words{Zh: strings.ReplaceAll(zh, "%", a.Late), En: strings.ReplaceAll(en, "%", a.Late)}
	}
	switch t := a.lateness; {
	case !t.known:
		return point.Words{Zh: "时钟未经确认，无法判断时段", En: "nobody vouches for the clock, the calendar cannot be told"}
	case a.late:
		return name("时段「%」开始时未布防", "it was not armed when “%” began")
	case t.on:
		return name("时段「%」开始时已布防，或当时设备未运行", "when “%” began it was armed, or the box did not run")
	}
	return name("时段「%」尚未开始", "“%” has not begun")
}
