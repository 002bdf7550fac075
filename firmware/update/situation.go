package update

import (
	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
	"watchbox/firmware/simulation"
	"watchbox/firmware/zone"
)

// Obstacles are the alarm situations in which the box does not go away for a
// new firmware (standards.md 5): an unacknowledged alarm of priority 1 or 2, a
// siren that sounds, an entry delay that runs, a partition that is armed away; and
// a simulation under way: somebody tests this box, and what it shows is not what is.
// sounding are the sounders that ring now.
func Obstacles(alarms []*alarm.Alarm, panel zone.View, sounding []point.Words, simulations []simulation.SimulationView) (list []point.Words) {
	for _, a := range alarms {
		if a.Standing() && !a.Acknowledged && a.Priority <= 2 {
			w := named(a.Text, a.Label)
			list = append(list, point.Words{Zh: "有未确认的报警：" + w.In("zh"), En: "an alarm is unacknowledged: " + w.In("en")})
		}
	}
	for _, s := range sounding {
		list = append(list, point.Words{Zh: "警号正在响：" + s.In("zh"), En: "a siren sounds: " + s.In("en")})
	}
	for _, s := range simulations {
		list = append(list, point.Words{Zh: "正在模拟：" + s.Title.In("zh"), En: "simulated: " + s.Title.In("en")})
	}
	for _, p := range panel.Partitions {
		switch {
		case p.Mode == zone.Entering:
			list = append(list, point.Words{Zh: "进入延时中：" + p.Label.In("zh"), En: "an entry delay runs: " + p.Label.In("en")})
		case p.As == zone.Away && p.Mode != zone.Disarmed:
			list = append(list, point.Words{Zh: "已外出布防：" + p.Label.In("zh"), En: "armed away: " + p.Label.In("en")})
		}
	}
	return list
}

func named(text, label point.Words) point.Words {
	if text.IsZero() {
		return label
	}
	return text
}

// allow is nil when nothing stands in the way, or a person insists and says why.
func allow(obstacles []point.Words, insist bool, reason string) error {
	switch {
	case len(obstacles) == 0:
		return nil
	case !insist:
		r := refuse(Situation, nil, "现在不宜升级", "this is no moment for an update")
		r.Reasons = obstacles
		return r
	case reason == "":
		return refuse(NoReason, nil, "坚持升级须写明原因", "who insists must give a reason")
	}
	return nil
}
