package app

import (
	"encoding/json"
	"fmt"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// noticed is the least step of the wall clock that is worth a record: below it
// the order of the journal's times does not mislead a person.
const noticed = time.Second

// timeWatch looks once a second whether somebody has told the box what time it is.
type timeWatch struct {
	last  point.Instant // zero before the first look
	known bool          // the time was established since the start
}

// Established is the detail of the record: what was written down earlier in this
// boot is read with Shift added to it; the rows themselves stay as they are.
type Established struct {
	Boot  string      `json:"boot"`
	Shift float64     `json:"shift"` // seconds that the wall clock was moved by, forward is positive
	Clock point.Clock `json:"clock"`
}

// look gives the record when the wall clock was set, or when it became
// synchronised for the first time since the start. Pure.
func (w *timeWatch) look(now point.Instant) *event.Record {
	before := w.last
	w.last = now
	if before.Boot != now.Boot { // the first look
		w.known = now.Clock == point.ClockSynchronised
		return nil
	}
	shift := now.Wall.Sub(before.Wall) - now.Since(before)
	became := now.Clock == point.ClockSynchronised && !w.known
	w.known = w.known || became
	if shift.Abs() < noticed && !became {
		return nil
	}
	detail, _ := json.Marshal(Established{now.Boot, shift.Seconds(), now.Clock}) // cannot fail: plain values
	return &event.Record{Type: event.TimeEstablished, Actor: "box", Detail: detail, Text: shiftText(shift)}
}

func shiftText(shift time.Duration) point.Words {
	if shift.Abs() < noticed {
		return point.Words{Zh: "时钟已与时间服务器同步", En: "Clock agrees with the time server"}
	}
	by := shift.Abs().Round(time.Second)
	if shift < 0 {
		return point.Words{Zh: fmt.Sprintf("时钟已校准：拨回 %v", by), En: fmt.Sprintf("Clock was set back by %v", by)}
	}
	return point.Words{Zh: fmt.Sprintf("时钟已校准：拨快 %v", by), En: fmt.Sprintf("Clock was set forward by %v", by)}
}
