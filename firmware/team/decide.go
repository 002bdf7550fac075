package team

import (
	"cmp"
	"slices"
	"time"

	"watchbox/firmware/point"
)

// decide looks at everything and orders at most one thing. It sets when to look again.
func (t *crew) decide(now point.Instant) {
	t.due, t.dirty = point.Never, false
	t.lose(now)
	t.follow(now)
	t.account(now.Mono)
	if t.dark {
		t.short(now, false)
		return
	}
	if !t.choose(now) {
		return
	}
	t.rotate(now)
	t.warm(now)
	list := t.candidates(now.Mono)
	serving := 0
	for _, u := range list {
		if u.serves() {
			serving++
		}
	}
	lacks := serving < t.needed()
	if !lacks {
		t.lacking = 0
	} else if t.lacking == 0 {
		t.lacking = now.Mono
	}
	if !t.start(now, list, serving) {
		t.stop(now, list)
	}
	t.judge(now)
}

// at asks to be looked at again at d.
func (t *crew) at(now, d time.Duration) bool {
	if d <= now {
		return true
	}
	t.due = min(t.due, d)
	return false
}

func (t *crew) needed() int {
	n := t.Duty
	if t.assist {
		n++
	}
	return min(n, len(t.units))
}

// lose notes the units that could not be read for too long.
func (t *crew) lose(now point.Instant) {
	for _, u := range t.units {
		if !u.known && !u.gone && t.at(now.Mono, u.unread+t.Lost) {
			u.gone, u.order, u.tries = true, none, 0
			t.changed(now, u, "读不到状态，按缺席处理", "cannot be read, counts as absent", "box")
		}
	}
}

// follow looks whether orders were obeyed. While a unit cannot be read nobody
// knows: it is waited for.
func (t *crew) follow(now point.Instant) {
	for _, u := range t.units {
		if !u.usable() {
			u.order, u.tries = none, 0
		}
		if u.order == none || !u.known {
			continue
		}
		if u.on == (u.order == start) {
			u.order, u.tries, u.stuck = none, 0, false
			t.mend(u)
			continue
		}
		if !t.at(now.Mono, u.ordered+t.Confirm) {
			continue
		}
		u.tries++
		was := u.order
		if u.order = none; u.tries < t.Attempts {
			continue
		}
		u.tries = 0
		if u.stuck = was == stop; u.stuck {
			t.blame(now, u, "下令停机后仍在运行", "was told to stop and still runs")
		} else {
			t.blame(now, u, "下令开机后没有运行", "was told to start and does not run")
		}
	}
}

// choose makes the first duty, of those that run: when every unit was read, or
// nobody may be waited for any more.
func (t *crew) choose(now point.Instant) bool {
	if t.chosen {
		return true
	}
	for _, u := range t.units {
		if !u.ever && !t.at(now.Mono, t.began+t.Takeover) {
			return false
		}
	}
	list := slices.Clone(t.units)
	slices.SortStableFunc(list, func(a, b *unit) int {
		return cmp.Or(order2(b.usable() && b.runs(), a.usable() && a.runs()), order2(b.usable(), a.usable()), cmp.Compare(a.index, b.index))
	})
	for i, u := range list {
		u.duty = i < t.Duty
	}
	t.chosen, t.rotated, t.served, t.keep = true, time.Time{}, 0, true
	return true
}

// order2 puts true after false.
func order2(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// candidates are the units that could serve, first those that shall.
func (t *crew) candidates(now time.Duration) (list []*unit) {
	for _, u := range t.units {
		if u.usable() {
			list = append(list, u)
		}
	}
	settled := func(u *unit) bool { return u.duty && (u.well == 0 || t.at(now, u.well+t.Return)) }
	slices.SortStableFunc(list, func(a, b *unit) int {
		return cmp.Or(order2(!a.faulty.IsZero() && !a.runs(), !b.faulty.IsZero() && !b.runs()), order2(settled(b), settled(a)),
			order2(b.serves(), a.serves()), cmp.Compare(a.ran, b.ran), cmp.Compare(a.index, b.index))
	})
	return list
}

// judge tells when too few run for longer than any start takes.
func (t *crew) judge(now point.Instant) {
	running := 0
	for _, u := range t.units {
		if u.usable() && u.runs() {
			running++
		}
	}
	if running >= t.Duty {
		t.returned, t.missing = false, 0
		t.short(now, false)
		return
	}
	if t.missing == 0 {
		t.missing = now.Mono
	}
	if t.at(now.Mono, t.missing+t.Takeover+t.Confirm+t.MinimumOff) {
		t.short(now, true)
	}
}
