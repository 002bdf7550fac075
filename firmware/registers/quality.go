package registers

import (
	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

// A quality register is 0 for good, 256 + reason for uncertain, 512 + reason for
// bad. The numbers of the reasons are ours and never change, whatever becomes of
// their order in package point.
var reasons = map[point.Reason]uint16{point.NoReason: 0, point.NotPresent: 1, point.DeviceFault: 2, point.CommFailure: 3,
	point.Timeout: 4, point.Stale: 5, point.OutOfRange: 6, point.Overflow: 7, point.Substituted: 8, point.Blocked: 9,
	point.Simulated: 10, point.ClockUnset: 11}

// The reasons that only this server has.
const (
	otherReason = 99     // one of a later release
	neverRead   = 100    // nothing arrived since the box started
	noNumber    = 101    // the value is a text
	noPoint     = 102    // the point is gone from the site
	unassigned  = 0xffff // the whole register: nothing has this number
)

var levels = map[point.Level]uint16{point.Good: 0, point.Uncertain: 256, point.Bad: 512}

const bad = 512

// quality is what the register of an entry holds.
func quality(e live.Entry, known bool) uint16 {
	switch {
	case !known:
		return bad + noPoint
	case e.Point.Kind == point.Text:
		return bad + noNumber
	case !e.Seen:
		return bad + neverRead
	}
	reason, ok := reasons[e.Last.Quality.Reason]
	if !ok {
		reason = otherReason
	}
	return levels[e.Last.Quality.Level] + reason
}

// value is what may be read of an entry as a number.
func value(e live.Entry, known bool) (f float64, ok bool) {
	if !known || !e.Seen || !e.Last.Quality.Usable() {
		return 0, false
	}
	return e.Last.Value.Float()
}
