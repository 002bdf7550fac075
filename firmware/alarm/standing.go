package alarm

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// standing is how long an alarm is active before it counts as a standing alarm
// (ISA-18.2: stale after 24 h): listed apart, told once, without noise.
const standing = 24 * time.Hour

// grow makes it one.
func (m *Machine) grow(now point.Instant, l *life) {
	l.Old, l.aged = true, point.Never
	m.emit(now, l, event.AlarmStanding, box, "")
}
