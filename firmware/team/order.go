package team

import "watchbox/firmware/point"

// start orders the first unit that is wanted, off and free to start. Where too few serve, any one that is free will do.
func (t *crew) start(now point.Instant, list []*unit, serving int) bool {
	lacks := serving < t.needed()
	if !lacks {
		list = list[:min(len(list), t.needed())]
	}
	for _, u := range list {
		if u.serves() || u.order != none || !u.known || u.on {
			continue
		}
		from := max(u.moved+t.MinimumOff, t.started+t.Gap)
		if !t.everStarted {
			from = u.moved + t.MinimumOff
		}
		if lacks {
			from = max(from, t.lacking+t.Takeover)
		}
		if !u.faulty.IsZero() {
			from = max(from, u.ordered+retryAfter, u.moved+retryAfter)
		}
		if !t.at(now.Mono, from) {
			continue
		}
		t.started, t.everStarted = now.Mono, true
		t.send(now, u, start, serving)
		return true
	}
	return false
}

// stop orders one unit that is not wanted off: when every wanted one is known to
// run and has for a while, and enough are left.
func (t *crew) stop(now point.Instant, list []*unit) {
	n := t.needed()
	if len(list) <= n {
		return
	}
	for _, u := range t.units {
		if u.order != none {
			return // one thing after the other
		}
	}
	for _, u := range list[:n] {
		if !u.known || !u.on || !t.at(now.Mono, u.moved+t.Gap) {
			return
		}
	}
	for i := len(list) - 1; i >= n; i-- {
		u := list[i]
		if !u.known || !u.on || u.stuck || !t.at(now.Mono, max(u.moved+t.MinimumOn, t.started+t.Gap)) {
			continue
		}
		t.send(now, u, stop, n)
		return
	}
}

// send orders the unit and says why.
func (t *crew) send(now point.Instant, u *unit, o order, serving int) {
	u.order, u.ordered = o, now.Mono
	t.at(now.Mono, now.Mono+t.Confirm)
	t.at(now.Mono, now.Mono+t.Gap)
	why := t.reason(u, o, serving)
	t.orders = append(t.orders, Order{Point: u.Run, On: o == start, Reason: t.marked(why)})
	verb := point.Words{Zh: "开机：", En: "start: "}
	if o == stop {
		verb = point.Words{Zh: "停机：", En: "stop: "}
	}
	t.changed(now, u, verb.Zh+why.Zh, verb.En+why.En, "box")
}

// reason is why a unit is started or stopped.
func (t *crew) reason(u *unit, o order, serving int) point.Words {
	lacks := serving < t.Duty
	switch {
	case o == stop && u.duty:
		return point.Words{Zh: "多出一台", En: "one too many"}
	case o == stop:
		return point.Words{Zh: "转入备用", En: "into reserve"}
	case t.returned && lacks:
		return point.Words{Zh: "市电恢复，逐台启动", En: "the mains are back, one after the other"}
	case lacks && u.duty:
		return point.Words{Zh: "轮到值班", En: "it is on duty"}
	case lacks:
		return point.Words{Zh: "顶替值班机组", En: "in place of one on duty"}
	case t.assist && !u.duty:
		return point.Words{Zh: "温度高，协助制冷", En: "the room is warm, it assists"}
	}
	return point.Words{Zh: "轮换值班", En: "its turn of duty"}
}
