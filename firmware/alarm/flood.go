package alarm

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// FloodKey is the alarm that the machine itself raises while more alarms come
// than a person can read. A definition of that key in `more` overrides its texts.
const FloodKey = "box/flood"

func floodDefinition() Definition {
	return Definition{Key: FloodKey, Priority: 2, Class: ClassSupervisory,
		Label: point.Words{Zh: "报警过多", En: "alarm flood"},
		Instruction: point.Words{Zh: "先处理 1、2 级报警；3、4 级暂不响铃，全部在列表中，稍后逐条查看。",
			En: "Deal with priorities 1 and 2 first; 3 and 4 make no noise for now, all are listed: go through them afterwards."}}
}

// Flood is the state of the flood as a person sees it.
type Flood struct {
	On    bool
	Since point.Instant // when it began; zero when there is none
	Count int           // raises in it, with those of the window that began it
}

// flood counts raises within a sliding window. The ring holds the newest ones:
// as many as either limit has to look back, so that a raise costs the same
// however many there are.
type flood struct {
	Flood
	begin, end int
	window     time.Duration
	ring       []time.Duration
	raises     int           // that went through the ring
	base       time.Duration // when the window began anew: after a restart
	due        time.Duration // when the flood is over if nothing comes
}

// FloodLimits sets when a flood begins (more than begin raises within the
// window) and ends (fewer than end; at least 1, at most begin). EEMUA 191 and
// ISA-18.2 say 10, 5 and 10 min, which is what stands without this call. Values
// out of range leave the limits as they are. Call it after New, before samples.
func (m *Machine) FloodLimits(begin, end int, window time.Duration) {
	if begin < 1 || begin > 1000 || end < 1 || end > begin || window <= 0 || window > 24*time.Hour {
		return
	}
	f := &m.flood
	f.begin, f.end, f.window = begin, end, window
	f.ring, f.raises, f.due = make([]time.Duration, begin+1), 0, point.Never
}

// Flood tells whether more alarms come than a person can read.
func (m *Machine) Flood() Flood { return m.flood.Flood }

// count notes a raise; true when it begins a flood. What is suppressed or hidden
// by chattering is no raise, and the flood's own alarm does not count; nor does what
// is simulated: it makes no real alarm quiet.
func (m *Machine) count(now point.Instant, l *life) (begins bool) {
	f := &m.flood
	if l.Key == FloodKey || l.simulated() {
		return false
	}
	f.ring[f.raises%len(f.ring)] = now.Mono
	f.raises++
	if f.On {
		f.Count++
		f.due = f.deadline()
		m.dirty[FloodKey] = true
		return false
	}
	return f.raises >= len(f.ring) && now.Mono-f.ring[f.raises%len(f.ring)] < f.window
}

// deadline is when fewer than end raises are left in the window.
func (f *flood) deadline() time.Duration {
	if f.raises < f.end {
		return f.base + f.window
	}
	return max(f.base, f.ring[(f.raises-f.end)%len(f.ring)]) + f.window
}

// minor is what a flood keeps quiet.
func (l *life) minor() bool {
	return l.Priority >= 3 && !l.Guarded && l.Kind != KindFire
}

func (m *Machine) beginFlood(now point.Instant) {
	f, l := &m.flood, m.lives[FloodKey]
	f.Flood = Flood{On: true, Since: now, Count: len(f.ring)}
	f.due = f.deadline()
	m.hush(now)
	m.judge(now, l, true)
	m.emit(now, l, event.FloodBegan, box, strconv.Itoa(f.begin))
}

// endFlood ends it when few enough raises are left in the window.
func (m *Machine) endFlood(now point.Instant) {
	f, l := &m.flood, m.lives[FloodKey]
	if now.Mono < f.due {
		return
	}
	m.emit(now, l, event.FloodEnded, box, strconv.Itoa(f.Count))
	f.Flood, f.due = Flood{}, point.Never
	m.hush(now)
	m.judge(now, l, false)
}

// hush makes every minor alarm quiet, or ends that. What a quiet alarm explained
// and the flood lets through looks for another cause: somebody must be heard.
func (m *Machine) hush(now point.Instant) {
	m.Alarms()
	lives := make([]*life, len(m.rows))
	for i, r := range m.rows {
		lives[i] = r.life
	}
	slices.SortFunc(lives, func(a, b *life) int { return cmp.Compare(a.Key, b.Key) })
	for _, l := range lives {
		if quiet := m.flood.On && l.raised && l.minor(); quiet != l.Quiet {
			l.Quiet = quiet
			m.alter(l)
		}
	}
	for _, l := range lives {
		m.review(now, l)
	}
}

// review looks again at those whom l explains, now that somebody else is heard
// for them: in a flood that may be a quiet one.
func (m *Machine) review(now point.Instant, l *life) {
	if !m.flood.On {
		return
	}
	for _, e := range slices.Clone(l.design.hides) {
		if l.explains(e) {
			m.review(now, e)
		} else if e.design.release == point.Never {
			m.rebind(now, e)
		}
	}
}

// resume goes on with a flood of the last run: its window starts again.
func (f *flood) resume(now point.Instant, l *life, count int) {
	if !f.On {
		f.Flood = Flood{On: true, Since: rebase(l.Raised, now), Count: count}
		f.base, f.due = now.Mono, now.Mono+f.window
	}
}
