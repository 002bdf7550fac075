// Package simulation lets a person put a value in the place of what an input reads,
// for a bounded time, to see what follows from it: the whole way to the siren and the
// message is the real one. It is pure: the engine's goroutine hands each sample
// through it.
//
// A simulated sample has the quality uncertain/simulated, and whatever rests on it
// says so. What is really read meanwhile is kept beside, and is what counts again
// when the simulation ends: by its time, by a person, because a zone, a door or a
// limit really alarms, because the site file no longer has the point. A restart ends
// it too: the next run finds what was under way and writes that down. That the contact
// of a zone or a door can no longer be read is told meanwhile, and ends nothing.
//
// What a reading by itself cannot tell (a rise, a value that stays, an expression, what
// is computed of several points) cannot end a simulation: a point on which an alarm of
// fire or of priority 1 rests so is not simulated. An alarm of less may be late until
// the simulation ends.
package simulation

import (
	"fmt"
	"math"
	"time"

	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

// The bounds of a simulation.
const (
	Least = 10 * time.Second // shorter is not seen
	Most  = 4 * time.Hour    // half a day of commissioning; afterwards it is begun again
	limit = 32               // at once
)

// SimulationView is one simulation as a person sees it. Nobody writes to it.
type SimulationView struct {
	Point  point.Name    `json:"point"`
	Title  point.Words   `json:"title"`
	Room   string        `json:"room,omitempty"`
	Value  point.Value   `json:"value" doc:"in the place of what is read"`
	Shown  point.Words   `json:"shown" doc:"the same, as a person reads it"`
	Real   point.Value   `json:"real" doc:"what is read meanwhile; null when nothing was"`
	Read   point.Words   `json:"read" doc:"the same, as a person reads it"`
	Good   bool          `json:"good" doc:"what is read meanwhile can be trusted"`
	Actor  string        `json:"actor"`
	Reason string        `json:"reason,omitempty"`
	Since  point.Instant `json:"since"`
	Until  point.Instant `json:"until" doc:"it ends by itself"`
}

// Refusal is a simulation that was not begun or ended, and why, as a person reads it.
type Refusal struct {
	Point point.Name
	Why   point.Words
}

func (r *Refusal) Error() string { return "simulate " + string(r.Point) + ": " + r.Why.En }

// Refused gives the code and the words for an answer.
func (r *Refusal) Refused() (code string, why point.Words) { return "not-simulated", r.Why }

// Refuse makes a refusal.
func Refuse(p point.Name, zh, en string) error { return &Refusal{p, point.Words{Zh: zh, En: en}} }

// mostText bounds a simulated text, in bytes.
const mostText = 128

// fit makes of what a person gave a value of the point's kind.
func fit(p *point.Point, v point.Value) (point.Value, error) {
	if p.Kind == point.Text {
		if s := v.String(); v.Kind() == point.Text && len(s) <= mostText {
			return v, nil
		}
		return v, Refuse(p.Name, fmt.Sprintf("应为不超过 %d 字节的文字", mostText), fmt.Sprintf("want a text of at most %d bytes", mostText))
	}
	f, number := v.Float()
	if _, named := p.States[int64(f)]; number && len(p.States) > 0 && p.Kind != point.Real && (!named || f != math.Trunc(f)) {
		number = false
	}
	switch {
	case !number || math.IsNaN(f) || math.IsInf(f, 0) || math.Abs(f) > 1<<52:
	case p.Kind == point.Bool && (f == 0 || f == 1):
		return point.OfBool(f == 1), nil
	case p.Kind == point.Int && f == math.Trunc(f):
		return point.OfInt(int64(f)), nil
	case p.Kind == point.Count && f == math.Trunc(f) && f >= 0:
		return point.OfCount(uint64(f)), nil
	case p.Kind == point.Real:
		return point.OfReal(f), nil
	}
	return v, Refuse(p.Name, fmt.Sprintf("该点没有 %q 这样的值", v), fmt.Sprintf("the point has no value such as %q", v))
}

// running is one simulation with the entry that the table would have without it.
type running struct {
	SimulationView
	real live.Entry
}
