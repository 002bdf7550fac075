package team

import (
	"time"

	"watchbox/firmware/point"
)

// order is what a unit was told last and has not shown yet.
type order uint8

const (
	none order = iota
	start
	stop
)

var orderNames = [...]string{"", "start", "stop"}

// unit is one member with all that is known of it.
type unit struct {
	Member
	index int

	known   bool          // its state can be read
	ever    bool          // it was read in this run
	on      bool          // as last read
	moved   time.Duration // on or off since then; the start of this run when it was never seen to move
	unread  time.Duration // unknown since then
	gone    bool          // unknown for lost: counts as absent until it is read again
	flags   map[point.Name]bool
	alarmed bool
	well    time.Duration // can serve since then; 0: always did

	hand    bool
	by      string
	duty    bool
	order   order
	ordered time.Duration // when it was last ordered anything
	tries   int
	faulty  point.Words // why; zero: it is not
	stuck   bool        // it does not stop
	ran     time.Duration
	kept    time.Duration // ran, as it was last written down
	seen    time.Duration // ran is counted up to here
}

// failed is true while it says itself that it cannot serve.
func (u *unit) failed() bool {
	if u.alarmed {
		return true
	}
	for _, f := range u.flags {
		if f {
			return true
		}
	}
	return false
}

// runs is true while it is on as far as anybody knows: a missing reading changes
// nothing until the unit counts as gone.
func (u *unit) runs() bool { return u.ever && u.on && !u.gone }

// serves is true for a unit that cools, or was told to and has time to.
func (u *unit) serves() bool {
	return u.usable() && (u.runs() && u.order != stop || u.order == start)
}

// usable is true for a unit that the team may count on or order.
func (u *unit) usable() bool { return !u.hand && !u.failed() && u.ever && !u.gone }

// take is a reading of its state. It tells whether it moved.
func (u *unit) take(now time.Duration, s point.Sample) (moved bool) {
	if !s.Quality.Usable() || s.Value.IsNone() {
		if u.known {
			u.known, u.unread = false, now
		}
		return false
	}
	on := s.Value.Truth()
	moved = u.ever && on != u.on
	if moved || !u.ever {
		u.count(now)
		u.moved = now
	}
	if u.gone {
		u.well = now
	}
	if u.ever && !u.known && now-u.unread >= blind {
		u.moved = now // nobody saw what it did meanwhile
	}
	u.known, u.ever, u.on, u.gone = true, true, on, false
	return moved
}

// count adds the time that it ran.
func (u *unit) count(now time.Duration) {
	if u.known && u.on {
		u.ran += max(0, now-u.seen)
	}
	u.seen = now
}

func (u *unit) label() point.Words {
	if u.Label.IsZero() {
		return point.Words{Zh: u.ID, En: u.ID}
	}
	return point.Words{Zh: u.Label.In("zh"), En: u.Label.In("en")}
}

func (u *unit) view() UnitView {
	v := UnitView{ID: u.ID, Label: u.label(), Point: u.Run, State: "unknown", OnDuty: u.duty, Hand: u.hand, By: u.by, Failed: u.failed(),
		Faulty: u.faulty, Ordered: orderNames[u.order], Hours: float64(u.ran/(6*time.Minute)) / 10}
	if u.known {
		v.State = map[bool]string{true: "on", false: "off"}[u.on]
	}
	return v
}
