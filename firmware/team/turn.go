package team

import (
	"cmp"
	"slices"
	"time"

	"watchbox/firmware/point"
)

// account adds up hours run and the length of the present duty.
func (t *crew) account(now time.Duration) {
	served := time.Duration(0)
	for _, u := range t.units {
		before := u.ran
		if u.count(now); u.duty {
			served = max(served, u.ran-before)
		}
		if u.ran-u.kept >= hoursKept {
			u.kept, t.keep = u.ran, true
		}
		if u.known && u.on {
			t.at(now, now+hoursKept)
		}
	}
	t.served += served
}

// rotate hands the duty to those that ran least when its time has come. It waits
// while anything is unsettled.
func (t *crew) rotate(now point.Instant) {
	if !t.turn(now) {
		return
	}
	if t.assist || t.lacking > 0 || slices.ContainsFunc(t.units, func(u *unit) bool { return u.order != none }) {
		t.at(now.Mono, now.Mono+recheck)
		return
	}
	t.rotated, t.served, t.keep = now.Wall, 0, true
	list := slices.DeleteFunc(slices.Clone(t.units), func(u *unit) bool { return !u.usable() || !u.faulty.IsZero() })
	if len(list) < t.Duty {
		return
	}
	slices.SortStableFunc(list, func(a, b *unit) int { return cmp.Or(cmp.Compare(a.ran, b.ran), cmp.Compare(a.index, b.index)) })
	next := list[:t.Duty]
	var fresh *unit
	for _, u := range t.units {
		is := slices.Contains(next, u)
		if is && !u.duty {
			fresh = u
		}
		u.duty = is
	}
	if fresh != nil {
		t.changed(now, fresh, "轮换：转为值班", "rotation: on duty now", "box")
	}
}

// turn is true when the duty's time is over. By the wall clock only while
// somebody vouches for it.
func (t *crew) turn(now point.Instant) bool {
	switch {
	case t.RotateEvery > 0:
		if t.served >= t.RotateEvery {
			return true
		}
		t.at(now.Mono, now.Mono+t.RotateEvery-t.served)
	case t.RotateDay != "" && now.Clock != point.ClockUnknown:
		if t.rotated.After(now.Wall) || t.rotated.IsZero() { // the clock was set back, or first had to be set
			t.rotated, t.keep = now.Wall, true
		}
		next := t.nextTurn(t.rotated)
		if !now.Wall.Before(next) {
			return true
		}
		t.at(now.Mono, now.Mono+min(recheck, next.Sub(now.Wall)))
	case t.RotateDay != "":
		t.at(now.Mono, now.Mono+recheck)
	}
	return false
}

var days = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// nextTurn is the first moment of rotation after from.
func (t *crew) nextTurn(from time.Time) time.Time {
	from = from.In(t.zone)
	for d := 0; ; d++ {
		at := time.Date(from.Year(), from.Month(), from.Day()+d, t.hour, t.minute, 0, 0, t.zone)
		if at.After(from) && (t.RotateDay == "daily" || days[at.Weekday()] == t.RotateDay) {
			return at
		}
	}
}

// warm begins and ends the assistance. A temperature that cannot be read changes
// nothing, and its time begins again.
func (t *crew) warm(now point.Instant) {
	if t.Temperature == "" || !t.measured {
		t.warmer, t.cooler = 0, 0
		return
	}
	since := func(is bool, at *time.Duration) bool {
		if !is {
			*at = 0
			return false
		}
		if *at == 0 {
			*at = now.Mono
		}
		return t.at(now.Mono, *at+t.AssistAfter)
	}
	hot := since(!t.assist && t.degrees > t.AssistAbove, &t.warmer)
	cold := since(t.assist && t.degrees < t.AssistBelow, &t.cooler)
	if !hot && !cold {
		return
	}
	t.assist, t.keep = hot, true
	if hot {
		t.changed(now, nil, "温度高，增开一台", "the room is warm, one more helps", "box")
	} else {
		t.changed(now, nil, "温度恢复，撤下协助", "the room is cool again, the help rests", "box")
	}
}
