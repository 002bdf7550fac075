package team

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// crew is one team with its state.
type crew struct {
	Team
	units        []*unit
	zone         *time.Location
	hour, minute int

	began       time.Duration
	simulated   map[point.Name]bool // points of the team that are simulated now: it acts all the same, and says so
	chosen      bool                // who is on duty
	dark        bool                // the mains are away
	returned    bool                // and came back: what starts now starts for that
	darkEnd     time.Duration
	everDark    bool
	started     time.Duration // newest start order
	everStarted bool
	lacking     time.Duration // too few serve since then; 0: enough
	missing     time.Duration // too few run since then
	isShort     bool
	assist      bool
	measured    bool
	degrees     float64
	warmer      time.Duration
	cooler      time.Duration
	rotated     time.Time
	served      time.Duration // of the present duty
	why         point.Words

	due   time.Duration
	dirty bool // something was told
	keep  bool // retained state to write

	orders  []Order
	records []event.Record
	signals []alarm.Signal
}

// Machine runs every team of a site. One goroutine may use it; it reads no clock.
type Machine struct {
	crews   []*crew
	by      map[point.Name][]*crew
	dropped []string // retained keys to delete
	views   []TeamView
	stale   bool
	live    bool // the retained state is merged in
}

// New makes a machine of every team that is right; the errors name the others.
// The wall clock is read in zone. It orders nothing before Restore: nobody knows
// yet which unit a person has taken in hand.
func New(list []Team, zone *time.Location) (*Machine, []error) {
	m := &Machine{stale: true}
	crews, errs := compile(list, zone)
	m.crews = crews
	m.index()
	return m, errs
}

func compile(list []Team, zone *time.Location) (crews []*crew, errs []error) {
	for _, d := range list {
		t, err := newCrew(d, zone)
		if err != nil {
			errs = append(errs, fmt.Errorf("team %s: %w", d.ID, err))
			continue
		}
		crews = append(crews, t)
	}
	return crews, errs
}

func newCrew(d Team, zone *time.Location) (*crew, error) {
	if zone == nil {
		zone = time.UTC
	}
	t := &crew{Team: d, zone: zone, dirty: true}
	t.defaults()
	if t.RotateAt == "" {
		t.RotateAt = "10:00"
	}
	at, err := time.Parse("15:04", t.RotateAt)
	t.hour, t.minute = at.Hour(), at.Minute()
	switch {
	case err != nil:
		return nil, fmt.Errorf("rotate-at %q: want a time of day such as 10:00", t.RotateAt)
	case len(d.Members) < 2 || len(d.Members) > 8:
		return nil, fmt.Errorf("%d members: want 2 to 8", len(d.Members))
	case t.Duty >= len(d.Members):
		return nil, fmt.Errorf("duty %d of %d: want at least one in reserve", t.Duty, len(d.Members))
	case t.Temperature != "" && t.AssistBelow >= t.AssistAbove:
		return nil, fmt.Errorf("assist-below %v: want less than assist-above %v", t.AssistBelow, t.AssistAbove)
	case t.RotateDay != "" && t.RotateDay != "daily" && !slices.Contains(days, t.RotateDay):
		return nil, fmt.Errorf("rotate-day %q: want daily or a day of the week", t.RotateDay)
	}
	for i, m := range d.Members {
		if m.ID == "" || m.Run.Check() != nil || slices.ContainsFunc(d.Members[:i], func(o Member) bool { return o.ID == m.ID || o.Run == m.Run }) {
			return nil, fmt.Errorf("member %q: want an id and a run point of its own", m.ID)
		}
		t.units = append(t.units, &unit{Member: m, index: i, flags: map[point.Name]bool{}})
	}
	return t, nil
}

// defaults are those of the site file, for a team that is made without one.
func (t *crew) defaults() {
	set := func(d *time.Duration, otherwise time.Duration) {
		if *d == 0 {
			*d = otherwise
		}
	}
	set(&t.Gap, 30*time.Second)
	set(&t.Confirm, time.Minute)
	set(&t.Lost, 5*time.Minute)
	set(&t.AssistAfter, 5*time.Minute)
	t.Duty, t.Attempts = max(t.Duty, 1), max(t.Attempts, 1)
}

// index finds the teams by the points that they hear of.
func (m *Machine) index() {
	m.by = map[point.Name][]*crew{}
	add := func(p point.Name, t *crew) {
		if p != "" && !slices.Contains(m.by[p], t) {
			m.by[p] = append(m.by[p], t)
		}
	}
	for _, t := range m.crews {
		add(t.Mains, t)
		add(t.Temperature, t)
		for _, u := range t.units {
			add(u.state(), t)
			for _, f := range u.Failed {
				add(point.Name(f), t)
			}
		}
	}
}

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

// pretends is true while what the team decides may rest on a simulated value.
func (t *crew) pretends() bool { return len(t.simulated) > 0 }

// marked is the text with the mark of a simulation, where one is due.
func (t *crew) marked(w point.Words) point.Words {
	if t.pretends() {
		return w.Simulated()
	}
	return w
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

// begin notes the start of this run: every timer begins there.
func (t *crew) begin(now time.Duration) {
	if t.began != 0 {
		return
	}
	t.began = now
	for _, u := range t.units {
		u.unread, u.moved, u.seen = now, now, now
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

// Tick decides what is due.
func (m *Machine) Tick(now point.Instant) {
	if !m.live {
		return
	}
	for _, t := range m.crews {
		t.begin(now.Mono)
		if t.dirty || now.Mono >= t.due {
			t.decide(now)
			m.stale = true
		}
	}
}

// Next is when Tick has something to do.
func (m *Machine) Next() time.Duration {
	next := point.Never
	if !m.live {
		return next
	}
	for _, t := range m.crews {
		if t.dirty {
			return 0
		}
		next = min(next, t.due)
	}
	return next
}

// Take hands over what is to be ordered, journaled and told to the alarms.
func (m *Machine) Take() (orders []Order, records []event.Record, signals []alarm.Signal) {
	for _, t := range m.crews {
		orders, records, signals = append(orders, t.orders...), append(records, t.records...), append(signals, t.signals...)
		t.orders, t.records, t.signals = nil, nil, nil
	}
	return orders, records, signals
}

// Views are the teams as they are. Nobody writes to the slice; a change replaces it.
func (m *Machine) Views() []TeamView {
	if !m.stale {
		return m.views
	}
	m.stale, m.views = false, nil
	for _, t := range m.crews {
		m.views = append(m.views, t.view())
	}
	return m.views
}

func (t *crew) view() TeamView {
	v := TeamView{ID: t.ID, Label: t.label(), Room: t.Room, Duty: t.Duty, Needed: t.needed(), Assist: t.assist, Blackout: t.dark, Short: t.isShort, Why: t.why}
	if t.RotateDay != "" && !t.rotated.IsZero() {
		v.Next = t.nextTurn(t.rotated)
	}
	for _, u := range t.units {
		v.Units = append(v.Units, u.view())
	}
	return v
}

// The errors of a person's order to a team.
var (
	ErrUnknown = errors.New("no such team or unit")
	ErrState   = errors.New("the unit is as ordered already")
)

// Hand takes the unit that the point switches out of its team: a person wrote to
// it. Points of no team are passed over.
func (m *Machine) Hand(now point.Instant, run point.Name, actor string) {
	for _, t := range m.crews {
		for _, u := range t.units {
			if u.Run == run && !u.hand {
				t.hands(now, u, true, actor)
				m.stale = true
			}
		}
	}
}

// Release puts a unit in hand mode (out), or gives it back to its team; that
// also forgives its faults.
func (m *Machine) Release(now point.Instant, id, member string, out bool, actor string) error {
	for _, t := range m.crews {
		for _, u := range t.units {
			if t.ID != id || u.ID != member {
				continue
			}
			if u.hand == out && u.faulty.IsZero() {
				return fmt.Errorf("team %s: %s: %w", id, member, ErrState)
			}
			t.hands(now, u, out, actor)
			m.stale = true
			return nil
		}
	}
	return fmt.Errorf("team %s: %s: %w", id, member, ErrUnknown)
}

func (t *crew) hands(now point.Instant, u *unit, out bool, actor string) {
	t.begin(now.Mono)
	u.hand, u.by, u.order, u.tries, u.stuck = out, "", none, 0, false
	t.keep, t.dirty = true, true
	if out {
		u.by = actor
		t.changed(now, u, "转为手动，不参与调度", "in hand mode, out of the team", actor)
		return
	}
	u.faulty = point.Words{}
	t.signals = append(t.signals, alarm.Signal{Key: unitKey(t.ID, u.ID)})
	t.changed(now, u, "交还自动调度", "given back to the team", actor)
}
