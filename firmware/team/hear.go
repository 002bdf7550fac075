package team

import (
	"slices"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// Sample takes a reading. It costs one look-up for points of no team.
func (m *Machine) Sample(now point.Instant, s point.Sample) {
	if len(m.by) == 0 {
		return
	}
	for _, t := range m.by[s.Point] {
		t.pretend(s)
		t.sample(now, s)
		t.dirty, m.stale = true, true
	}
}

// Alarms takes the alarms as they are; the slice is read only.
func (m *Machine) Alarms(now point.Instant, list []*alarm.Alarm) {
	for _, t := range m.crews {
		for _, u := range t.units {
			if len(u.Alarms) == 0 {
				continue
			}
			active := slices.ContainsFunc(list, func(a *alarm.Alarm) bool {
				return a.Active && slices.ContainsFunc(u.Alarms, func(p string) bool { return alarm.Like(p, a.Key) })
			})
			if active != u.alarmed {
				t.begin(now.Mono)
				t.flag(now, u, func() { u.alarmed = active })
				t.dirty, m.stale = true, true
			}
		}
	}
}

// pretend notes whether the point is simulated.
func (t *crew) pretend(s point.Sample) {
	switch {
	case !s.Quality.IsSimulated():
		delete(t.simulated, s.Point)
	case t.simulated == nil:
		t.simulated = map[point.Name]bool{s.Point: true}
	default:
		t.simulated[s.Point] = true
	}
}

func (t *crew) sample(now point.Instant, s point.Sample) {
	t.begin(now.Mono)
	usable := s.Quality.Usable() && !s.Value.IsNone()
	if s.Point == t.Mains && usable {
		t.power(now, s.Value.Truth())
	}
	if s.Point == t.Temperature {
		f, number := s.Value.Float()
		if t.measured = usable && number; t.measured {
			t.degrees = f
		}
	}
	for _, u := range t.units {
		if s.Point == u.state() && u.take(now.Mono, s) {
			t.moved(now, u)
		}
		for _, f := range u.Failed {
			if point.Name(f) == s.Point && usable {
				t.flag(now, u, func() { u.flags[s.Point] = s.Value.Truth() })
			}
		}
	}
}

// flag changes what the unit says of itself, and notes since when it is well.
func (t *crew) flag(now point.Instant, u *unit, change func()) {
	was := u.failed()
	change()
	switch is := u.failed(); {
	case is && !was:
		t.changed(now, u, "故障，不能值班", "cannot serve", "box")
	case was && !is:
		u.well = now.Mono
		t.changed(now, u, "故障消除", "well again", "box")
	}
}

// moved judges a unit that went on or off. One that went off unordered is not
// counted on, unless the mains took it.
func (t *crew) moved(now point.Instant, u *unit) {
	dark := t.dark || t.everDark && now.Mono < t.darkEnd+blackGrace
	switch {
	case u.on:
		t.mend(u)
	case u.order != stop && !dark && !u.hand && !u.failed() && t.chosen:
		u.order = none
		t.blame(now, u, "未经下令自行停机", "went off unordered")
	}
}

// power is what the mains contact says.
func (t *crew) power(now point.Instant, away bool) {
	if away == t.dark {
		return
	}
	t.dark = away
	t.lacking, t.missing = 0, 0
	if away {
		for _, u := range t.units {
			u.order, u.tries = none, 0
		}
		t.changed(now, nil, "市电中断，暂停调度", "the mains are away, nothing is ordered", "box")
		return
	}
	t.darkEnd, t.everDark, t.returned = now.Mono, true, true
	t.changed(now, nil, "市电恢复，逐台启动", "the mains are back, units start one after the other", "box")
}
