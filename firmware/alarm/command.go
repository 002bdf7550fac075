package alarm

import (
	"errors"
	"fmt"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// The classes of what an order can meet. A Refusal wraps one of them.
var (
	ErrUnknown = errors.New("no such alarm")
	ErrRefused = errors.New("refused")
	ErrGuarded = fmt.Errorf("%w: panic and tamper", ErrRefused) // it is never shelved
)

// Every is the key of an order that is meant for all alarms it fits.
const Every = "*"

// EveryAudible is like Every without the silent alarms: for whoever must not
// know of them.
const EveryAudible = "*audible"

// Refusal is an order that was not carried out, and why, as a person reads it.
type Refusal struct {
	Key   string
	Why   point.Words
	Class error // ErrUnknown, ErrRefused or ErrGuarded
}

func (r *Refusal) Error() string { return "alarm " + r.Key + ": " + r.Why.In("en") }

// Unwrap gives the class.
func (r *Refusal) Unwrap() error { return r.Class }

func refuse(l *life, zh, en string) error {
	return &Refusal{Key: l.Key, Why: point.Words{Zh: zh, En: en}, Class: ErrRefused}
}

// Acknowledge: the actor has taken the alarm. It changes no noise. A cleared
// alarm without latch is normal afterwards. key may be Every: then the next Tick
// carries it out. occurrence, when not zero, refuses an order that was meant for an
// earlier occurrence.
func (m *Machine) Acknowledge(now point.Instant, key string, occurrence event.ID, actor, comment string) error {
	return m.order(now, key, occurrence, order{event.AlarmAcknowledged, actor, comment})
}

func (m *Machine) acknowledge(now point.Instant, l *life, o order) error {
	switch {
	case !l.raised:
		return refuse(l, "当前没有报警，无需确认", "it is normal, there is nothing to acknowledge")
	case l.Acknowledged:
		return refuse(l, "已由 "+l.AckedBy+" 确认", "already acknowledged by "+l.AckedBy)
	}
	l.Acknowledged, l.AckedBy, l.AckComment = true, o.Actor, o.Comment
	l.resound = point.Never
	m.emit(now, l, o.Do, o.Actor, o.Comment)
	m.settle(l)
	return nil
}

// Silence stops the noise and nothing else; a re-raise or a re-sound is loud
// again. Silencing twice is no error.
func (m *Machine) Silence(now point.Instant, key string, occurrence event.ID, actor string) error {
	return m.order(now, key, occurrence, order{Do: event.AlarmSilenced, Actor: actor})
}

func (m *Machine) silence(now point.Instant, l *life, o order) error {
	if !l.raised {
		return refuse(l, "当前没有报警，无需消音", "it is normal, there is nothing to silence")
	}
	if !l.Silenced {
		l.Silenced = true
		m.emit(now, l, o.Do, o.Actor, "")
	}
	return nil
}

// Reset lets a latched alarm go whose condition is gone and that somebody has
// acknowledged.
func (m *Machine) Reset(now point.Instant, key string, occurrence event.ID, actor string) error {
	return m.order(now, key, occurrence, order{Do: event.AlarmReset, Actor: actor})
}

func (m *Machine) reset(now point.Instant, l *life, o order) error {
	if err := l.resettable(); err != nil {
		return err
	}
	l.Latched = false
	m.emit(now, l, o.Do, o.Actor, "")
	m.settle(l)
	return nil
}

// resettable says in plain words why the alarm cannot be reset now.
func (l *life) resettable() error {
	switch {
	case !l.raised:
		return refuse(l, "当前没有报警，无需复位", "it is normal, there is nothing to reset")
	case l.Chattering:
		return refuse(l, "信号仍在频繁抖动，安静 60 秒后才能复位", "it still chatters, it can be reset after 60 s of quiet")
	case l.Active && l.waiting && !l.holds:
		return refuse(l, "条件刚刚消失，恢复延时未到", "the condition is only just gone, the off-delay runs")
	case l.Active:
		return refuse(l, "报警条件仍然存在，请先排除", "the condition still holds, remove its cause first")
	case !l.Latched:
		return refuse(l, "已恢复，只需确认", "the condition is gone, acknowledge is all it needs")
	case !l.Acknowledged:
		return refuse(l, "请先确认，再复位", "acknowledge it before you reset it")
	}
	return nil
}

// Shelve puts one alarm aside until a time, for a reason: it makes no noise and
// raises nothing, and comes back by itself. Guarded alarms cannot be shelved.
// until goes by the wall clock, at most MaxShelf away.
func (m *Machine) Shelve(now point.Instant, key string, until time.Time, actor, reason string) error {
	return m.one(now, key, func(l *life) error {
		length := until.Sub(now.Wall)
		switch {
		case l.Guarded:
			return &Refusal{Key: l.Key, Why: point.Words{Zh: "紧急与防拆报警不允许搁置", En: "panic and tamper are never shelved"}, Class: ErrGuarded}
		case reason == "":
			return refuse(l, "请填写搁置原因", "shelving needs a reason")
		case length <= 0:
			return refuse(l, "搁置的结束时间必须在将来", "the end of the shelf must lie in the future")
		case length > MaxShelf:
			return refuse(l, "最多搁置 30 天", "an alarm is shelved for 30 days at most")
		}
		l.Shelved, l.ShelvedBy = until, actor
		l.shelfFor, l.shelfEnd = length, now.Mono+length
		m.aside[l.Key] = true
		m.emit(now, l, event.AlarmShelved, actor, reason)
		return nil
	})
}

// Unshelve ends the shelf before its time. What still stands is loud again.
func (m *Machine) Unshelve(now point.Instant, key string, actor string) error {
	return m.one(now, key, func(l *life) error {
		if !l.shelved() {
			return refuse(l, "没有被搁置", "it is not shelved")
		}
		m.unshelve(now, l, actor, "")
		return nil
	})
}

// order carries out an order on one alarm, or begins one on all that it fits.
func (m *Machine) order(now point.Instant, key string, occurrence event.ID, o order) error {
	if key == Every || key == EveryAudible {
		return m.sweep(o, key == EveryAudible)
	}
	return m.one(now, key, func(l *life) error {
		if occurrence != (event.ID{}) && occurrence != l.Occurrence {
			return refuse(l, "该操作针对更早的一次报警，现已再次报警", "the order is meant for an earlier occurrence")
		}
		return deeds[o.Do](m, now, l, o)
	})
}

func (m *Machine) one(now point.Instant, key string, do func(*life) error) error {
	l := m.lives[key]
	if l == nil {
		return &Refusal{Key: key, Why: point.Words{Zh: "没有名为「" + key + "」的报警", En: "there is no alarm named " + key}, Class: ErrUnknown}
	}
	err := do(l)
	m.finish(now, l)
	return err
}

// finish does what every order ends with.
func (m *Machine) finish(now point.Instant, l *life) {
	m.weigh(now, l)
	m.schedule(l)
	m.ponder(now, l)
}
