package commission

import (
	"math"
	"slices"
	"strings"

	"watchbox/firmware/alarm"
	"watchbox/firmware/command"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// Sample takes a reading. It costs one look-up while nothing is tested.
func (m *Machine) Sample(now point.Instant, s point.Sample) {
	if len(m.watched) == 0 || !s.Quality.Usable() || s.Value.IsNone() {
		return
	}
	simulated := s.Quality.IsSimulated()
	for _, t := range m.watched[s.Point] {
		was, over := t.last[s.Point], t.feint[s.Point] && !simulated
		if t.feint[s.Point] = simulated; over {
			t.last[s.Point] = s.Value // that a simulation is over moved nothing
		} else if m.news(s, was) {
			t.last[s.Point] = s.Value
			m.saw(now, t, simulated, m.moved(s.Point, was, s.Value))
		}
	}
}

// steps is by how many of its last shown place a measured value must move to be seen:
// the air of a quiet room is no test of a sensor.
const steps = 10

// news tells whether the reading shows that something was done.
func (m *Machine) news(s point.Sample, was point.Value) bool {
	p, is := m.points[s.Point], s.Value
	f, ok1 := was.Float()
	g, ok2 := is.Float()
	if p == nil || p.Kind != point.Real || !ok1 || !ok2 || s.Quality.IsSimulated() {
		return was != is
	}
	return math.Abs(g-f) >= steps*math.Pow10(-p.Decimals)*(1-1e-9)
}

// moved says how a point changed. What a reader read is shown by its last four places.
func (m *Machine) moved(n point.Name, was, is point.Value) point.Words {
	p := m.points[n]
	if p == nil {
		p = &point.Point{Name: n}
	}
	title, to := p.Title(), shown(p, is)
	if was.IsNone() || p.Kind == point.Text {
		return point.Words{Zh: title.Zh + "：" + to.Zh, En: title.En + ": " + to.En}
	}
	from := shown(p, was)
	return point.Words{Zh: title.Zh + "：" + from.Zh + " → " + to.Zh, En: title.En + ": " + from.En + " → " + to.En}
}

func shown(p *point.Point, v point.Value) point.Words {
	if v.Kind() == point.Text {
		text := zone.Masked(v.String())
		return point.Words{Zh: text, En: text}
	}
	return command.Shown(p, v)
}

// Level takes what an output was told to be; of a set-point nothing.
func (m *Machine) Level(now point.Instant, output point.Name, on bool) {
	if len(m.watched[output]) == 0 || m.points[output] != nil && m.points[output].Kind != point.Bool {
		return
	}
	w := map[bool]point.Words{true: {Zh: "输出接通", En: "output switched on"}, false: {Zh: "输出断开", En: "output switched off"}}[on]
	for _, t := range m.watched[output] {
		m.saw(now, t, false, w)
	}
}

// Alarm takes a change of an alarm: a raise that belongs to an item is what its test
// was for.
func (m *Machine) Alarm(c alarm.Change) {
	if len(m.tests) == 0 || c.Type != event.AlarmRaised {
		return
	}
	for _, t := range m.tests {
		if c.Alarm.Key == t.item.Key || strings.HasPrefix(c.Alarm.Key, t.item.Key+"/") || slices.Contains(t.item.Watch, c.Alarm.Point) {
			text := alarm.Text(c, point.Words{})
			m.saw(c.At, t, c.Alarm.Simulated, point.Words{Zh: "报警：" + text.Zh, En: "alarm: " + text.En})
		}
	}
}

// saw notes it. Of many the first ones stay, and the newest.
func (m *Machine) saw(now point.Instant, t *test, simulated bool, w point.Words) {
	s := Seen{At: now.Wall, Text: w, Simulated: simulated}
	if t.Saw = append(slices.Clone(t.Saw), s); len(t.Saw) > seenLimit {
		t.Saw = slices.Delete(t.Saw, seenLimit-2, len(t.Saw)-1)
	}
	m.altered[t.item.Key] = true
}
