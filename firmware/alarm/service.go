package alarm

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// The longest removals from service at once. A guarded alarm, such as a stuck
// panic button, needs two persons and comes back within a shift.
const (
	MaxRemoval        = 90 * 24 * time.Hour
	MaxGuardedRemoval = 8 * time.Hour
)

func (l *life) removed() bool { return !l.RemovedUntil.IsZero() }

// OutOfService takes one alarm out of service until a time, for a reason:
// maintenance, a stuck button. It raises nothing and makes no noise, stays
// listed, and comes back by itself. second is the other person whom a guarded
// alarm needs; it may be empty for others. until goes by the wall clock, at most
// MaxRemoval away, MaxGuardedRemoval for a guarded alarm.
func (m *Machine) OutOfService(now point.Instant, key string, until time.Time, actor, second, reason string) error {
	return m.one(now, key, func(l *life) error {
		length := until.Sub(now.Wall)
		if err := l.removable(length, actor, second, reason); err != nil {
			return err
		}
		l.RemovedUntil, l.RemovedBy, l.RemovedWhy = until, both(actor, second), reason
		l.removedFor, l.removedEnd = length, now.Mono+length
		m.aside[l.Key] = true
		m.emit(now, l, event.AlarmOutOfService, l.RemovedBy, reason)
		return nil
	})
}

func both(actor, second string) string {
	if second == "" || second == actor {
		return actor
	}
	return actor + ", " + second
}

// removable says in plain words why the alarm cannot be taken out of service so.
func (l *life) removable(length time.Duration, actor, second, reason string) error {
	switch {
	case reason == "":
		return refuse(l, "请填写停用原因", "taking it out of service needs a reason")
	case length <= 0:
		return refuse(l, "停用的结束时间必须在将来", "the end must lie in the future")
	case l.Guarded && (actor == "" || second == "" || actor == second):
		return refuse(l, "紧急与防拆报警须由两人共同停用", "panic and tamper are taken out of service by two persons only")
	case l.Guarded && length > MaxGuardedRemoval:
		return refuse(l, "紧急与防拆报警最多停用 8 小时", "panic and tamper are out of service for 8 hours at most")
	case length > MaxRemoval:
		return refuse(l, "最多停用 90 天", "an alarm is out of service for 90 days at most")
	}
	return nil
}

// InService ends a removal before its time. What still stands is loud again.
func (m *Machine) InService(now point.Instant, key string, actor string) error {
	return m.one(now, key, func(l *life) error {
		if !l.removed() {
			return refuse(l, "没有被停用", "it is in service")
		}
		m.inService(now, l, actor, "")
		return nil
	})
}

// inService ends a removal: what stands is loud again, also when somebody had
// acknowledged it, for nobody has heard it since; a raise that was held comes.
func (m *Machine) inService(now point.Instant, l *life, actor, why string) {
	l.RemovedUntil, l.RemovedBy, l.RemovedWhy = time.Time{}, "", ""
	l.removedEnd, l.removedFor = point.Never, 0
	if l.raised && (l.Active || !l.Acknowledged) && !l.Aside() {
		m.again(now, l)
	}
	m.emit(now, l, event.AlarmInService, actor, why)
	m.free(now, l)
}

// takeRemoval restores a removal of the last run, like a shelf.
func (l *life) takeRemoval(now point.Instant, k kept) {
	if k.Alarm.RemovedUntil.IsZero() || l.removed() || l.Guarded && k.RemovedFor > MaxGuardedRemoval {
		return
	}
	l.RemovedUntil, l.RemovedBy, l.RemovedWhy = k.Alarm.RemovedUntil, k.Alarm.RemovedBy, k.Alarm.RemovedWhy
	l.removedFor = k.RemovedFor
	left := k.RemovedFor
	if now.Clock != point.ClockUnknown {
		left = min(left, max(k.Alarm.RemovedUntil.Sub(now.Wall), 0))
	}
	l.removedEnd = now.Mono + left
}
