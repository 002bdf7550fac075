// Package condition judges the tested fact of an alarm rule: a limit, a state, a
// rate of change, a value that is stuck, one that stays away, k of n of these,
// or an expression. It is pure; the engine's goroutine tells it samples and the
// time and takes a verdict, and the inputs on which it rests for the why-log.
//
// Bad data neither raises nor clears: the verdict is Unsure. Windows (rate,
// stuck, stale) start again at a restart.
package condition

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Condition is the tested fact: exactly one kind. Deadband, ClearBelow and
// ClearAbove go with limits; AtLeast makes one alarm of all points of the rule.
type Condition struct {
	Above      *float64      `yaml:"above" doc:"raises when the value is greater"`
	Below      *float64      `yaml:"below" doc:"raises when the value is less"`
	Deadband   float64       `yaml:"deadband" min:"0" doc:"clears only this far inside the limit"`
	ClearBelow *float64      `yaml:"clear-below" doc:"with above: clears only below this"`
	ClearAbove *float64      `yaml:"clear-above" doc:"with below: clears only above this"`
	Is         string        `yaml:"is" doc:"raises when the value equals: true, false, a number or a text"`
	IsNot      string        `yaml:"is-not" doc:"raises when the value differs"`
	Rises      *Change       `yaml:"rises" doc:"raises when the value rises by so much within a time"`
	Falls      *Change       `yaml:"falls" doc:"raises when the value falls by so much within a time"`
	Stuck      time.Duration `yaml:"stuck" min:"0s" max:"168h" doc:"raises when usable values do not change for so long"`
	StuckBand  float64       `yaml:"stuck-band" min:"0" doc:"with stuck: changes up to this are none"`
	Stale      time.Duration `yaml:"stale" min:"0s" max:"168h" doc:"raises when no usable value came for so long"`
	AtLeast    int           `yaml:"at-least" min:"0" max:"64" doc:"with above, below, is or is-not: one alarm when so many of the points are beyond it"`
	Expression string        `yaml:"expression" doc:"raises when it is true: {ac1/running} == false && {th1/ambient.temperature} > 28"`
}

// Change is a rise or a fall within a time.
type Change struct {
	By     float64       `yaml:"by" required:"true" min:"0" doc:"in the point's unit"`
	Within time.Duration `yaml:"within" required:"true" min:"1s" max:"24h"`
}

// Verdict is what a test says.
type Verdict uint8

// The three verdicts.
const (
	Unsure Verdict = iota // bad data, or an answer that makes no sense
	Clear
	Holds
)

func verdict(holds bool) Verdict {
	if holds {
		return Holds
	}
	return Clear
}

// Test is a compiled condition. One goroutine may use it; it never blocks.
type Test interface {
	// Sample takes one reading of one of its points. active is whether the alarm
	// stands: a deadband counts only then.
	Sample(now point.Instant, s point.Sample, active bool) Verdict
	// Tick judges again when Next has passed.
	Tick(now point.Instant, active bool) Verdict
	// Next is the monotonic time of its own deadline, or point.Never.
	Next() time.Duration
	// Inputs are the newest readings that it rests on.
	Inputs() []event.Input
	// Pretended is true while it would not hold without what a person simulates.
	Pretended() bool
}

// Group tells whether the condition is one alarm over all points of its rule.
func (c Condition) Group() bool { return c.AtLeast > 0 || c.Expression != "" }

// Same is true when a compiled test of d would be one of c.
func (c Condition) Same(d Condition) bool { return reflect.DeepEqual(c, d) }

// kinds names the set kinds.
func (c Condition) kinds() (set []string) {
	for _, k := range []struct {
		name string
		is   bool
	}{{"above", c.Above != nil}, {"below", c.Below != nil}, {"is", c.Is != ""}, {"is-not", c.IsNot != ""}, {"rises", c.Rises != nil},
		{"falls", c.Falls != nil}, {"stuck", c.Stuck != 0}, {"stale", c.Stale != 0}, {"expression", c.Expression != ""}} {
		if k.is {
			set = append(set, k.name)
		}
	}
	return set
}

// Kinds lists what a condition may be.
const Kinds = "exactly one of above, below, is, is-not, rises, falls, stuck, stale, expression"

// Check reports a condition that is none, several, or nonsense.
func (c Condition) Check() error {
	set := c.kinds()
	limit := c.Above != nil || c.Below != nil
	switch {
	case len(set) == 0:
		return fmt.Errorf("when: no condition: want %s", Kinds)
	case len(set) > 1:
		return fmt.Errorf("when: %s: want %s", strings.Join(set, " and "), Kinds)
	case !sane(c.Deadband) || c.Deadband < 0:
		return fmt.Errorf("when: deadband %v: want 0 or more", c.Deadband)
	case c.Deadband > 0 && !limit:
		return fmt.Errorf("when: deadband goes with above or below only")
	case c.AtLeast > 0 && !limit && c.Is == "" && c.IsNot == "":
		return fmt.Errorf("when: at-least goes with above, below, is or is-not only")
	case c.StuckBand != 0 && c.Stuck == 0 || !sane(c.StuckBand):
		return fmt.Errorf("when: stuck-band goes with stuck only")
	case c.Stuck < 0 || c.Stale < 0 || c.AtLeast < 0:
		return fmt.Errorf("when: %s is negative", set[0])
	}
	return c.checkEnds()
}

// checkEnds checks the separate clear threshold and the rates.
func (c Condition) checkEnds() error {
	for _, f := range []*float64{c.Above, c.Below, c.ClearBelow, c.ClearAbove} {
		if f != nil && !sane(*f) {
			return fmt.Errorf("when: a limit must be a number")
		}
	}
	switch {
	case c.ClearBelow != nil && (c.Above == nil || *c.ClearBelow > *c.Above):
		return fmt.Errorf("when: clear-below goes with above and lies below it")
	case c.ClearAbove != nil && (c.Below == nil || *c.ClearAbove < *c.Below):
		return fmt.Errorf("when: clear-above goes with below and lies above it")
	case (c.ClearBelow != nil || c.ClearAbove != nil) && c.Deadband > 0:
		return fmt.Errorf("when: either a deadband or a clear threshold")
	}
	for _, r := range []*Change{c.Rises, c.Falls} {
		if r != nil && (!sane(r.By) || r.By <= 0 || r.Within < time.Second || r.Within > 24*time.Hour) {
			return fmt.Errorf("when: a change wants by above 0, within 1s to 24h")
		}
	}
	return nil
}

func sane(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
