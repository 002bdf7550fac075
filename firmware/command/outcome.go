package command

import (
	"fmt"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// fault is a point that did not do what it was told.
type fault struct {
	point *point.Point
	value point.Value // as it was told
}

// Answered tells how the write of the point ended and when: a reading counts from
// then on. An answer that nobody waits for is passed over.
func (m *Machine) Answered(now point.Instant, p point.Name, value point.Value, at point.Instant, err error) {
	r := m.running[p]
	switch {
	case r == nil || r.State != Issued || r.value != value:
	case err != nil:
		r.failure = err.Error()
		m.end(now, r, Failed, point.Words{Zh: "设备没有接受", En: "the device did not take it"})
	case readBack(r.point) == "":
		m.end(now, r, Done, point.Words{Zh: "已写入（此点没有读回）", En: "written (nothing reads it back)"})
	default:
		r.State, r.written, r.until = Reading, at, now.Mono+readFor(r.point)
		m.note(r)
	}
}

func (m *Machine) judge(now point.Instant, r *pending) {
	switch {
	case r.State == Issued:
		m.end(now, r, Failed, point.Words{Zh: "设备没有应答", En: "the device did not answer"})
	case r.read.IsNone():
		m.end(now, r, Failed, point.Words{Zh: "写入后没有读回", En: "not read since the write"})
	default:
		seen := Shown(r.point, r.read)
		if r.point.Feedback != "" && r.point.Feedback != r.Point {
			seen = Shown(&point.Point{Kind: point.Bool}, point.OfBool(r.read.Truth()))
		}
		m.end(now, r, Contradicts, point.Words{Zh: "读回仍是 " + seen.Zh, En: "it still reads " + seen.En})
	}
}

var ends = map[State]event.Type{Done: event.CommandDone, Failed: event.CommandFailed, Contradicts: event.OutputContradicts}

// end tells how the command came out, and what that means for the point.
func (m *Machine) end(now point.Instant, r *pending, state State, result point.Words) {
	r.State, r.Result = state, result
	delete(m.running, r.Point)
	m.tell(now, ends[state], r.point, r.Actor, r.detail(), point.Words{
		Zh: fmt.Sprintf("%s → %s：%s", r.point.Title().Zh, r.To.Zh, result.Zh),
		En: fmt.Sprintf("%s → %s: %s", r.point.Title().En, r.To.En, result.En)})
	if state == Done {
		m.heal(r.Point)
	} else {
		m.faults[r.Point] = &fault{point: r.point, value: r.value}
		m.signals = append(m.signals, alarm.Signal{Key: Key(r.Point), Active: true, ValueText: result})
	}
	m.watch()
	m.note(r)
}

// heal ends the trouble of a point that obeys.
func (m *Machine) heal(p point.Name) {
	if m.faults[p] != nil {
		delete(m.faults, p)
		m.dirty[p] = true
		m.watch()
		m.signals = append(m.signals, alarm.Signal{Key: Key(p)})
	}
}
