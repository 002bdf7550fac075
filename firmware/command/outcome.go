package command

import (
	"errors"
	"fmt"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// fault is a point that did not do what it was told.
type fault struct {
	point *point.Point
	value point.Value // as it was told
}

// Answered tells how the write of the point ended and when: a reading counts from
// then on. An answer that nobody waits for is passed over. An order whose answer was lost
// is judged by what is read, where something is.
func (m *Machine) Answered(now point.Instant, p point.Name, value point.Value, at point.Instant, err error) {
	r := m.running[p]
	switch {
	case r == nil || r.State != Issued || r.value != value:
	case errors.Is(err, driver.ErrUnsure) && readBack(r.point) != "":
		r.failure = err.Error()
		m.await(r, at, now.Mono)
	case err != nil:
		r.failure = err.Error()
		m.end(now, r, Failed, failed(err))
	case readBack(r.point) == "":
		m.end(now, r, Done, point.Words{Zh: "已写入（此点没有读回）", En: "written (nothing reads it back)"})
	default:
		m.await(r, at, now.Mono)
	}
}

// await waits for a reading that was made after the write.
func (m *Machine) await(r *pending, written point.Instant, now time.Duration) {
	r.State, r.written, r.until = Reading, written, now+readFor(r.point)
	m.note(r)
}

// unsure is told of an order whose answer was lost, and of which nothing was read since.
var unsure = point.Words{Zh: "设备没有应答，不知是否执行：请到现场查看", En: "the device did not answer, perhaps it obeyed: look at it"}

// silent is told of a device from which no attempt got an answer.
var silent = point.Words{Zh: "设备没有应答", En: "the device did not answer"}

// failed is why the write did not succeed, with the device's own answer.
func failed(err error) point.Words {
	w := point.Words{Zh: "设备没有接受", En: "the device did not take it"}
	switch {
	case errors.Is(err, driver.ErrUnsure):
		return unsure
	case errors.Is(err, driver.ErrTimeout):
		w = silent // a gateway may say why
	}
	if said := driver.Said(err); !said.IsZero() {
		w.Zh, w.En = w.Zh+"："+said.Zh, w.En+": "+said.En
	}
	return w
}

func (m *Machine) judge(now point.Instant, r *pending) {
	switch {
	case r.State == Issued:
		m.end(now, r, Failed, silent)
	case r.read.IsNone() && r.failure != "":
		m.end(now, r, Failed, unsure)
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
