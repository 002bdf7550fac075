package megatec

import (
	"strings"

	"watchbox/firmware/point"
)

// The numbers of output.source.
const (
	fromNone    = 0
	fromBypass  = 1
	fromMains   = 2
	fromBattery = 3
	fromEco     = 5
)

// answers is what the unit said last of each item.
type answers map[string]reading

func (a answers) put(all map[string]reading) {
	for item, r := range all {
		a[item] = r
	}
}

// truth of a bit; known is false while it was not read.
func (a answers) truth(item string) (is, known bool) {
	r, ok := a[item]
	return r.value.Truth(), ok && r.quality.Usable() && !r.value.IsNone()
}

func (a answers) is(item string) bool { is, _ := a.truth(item); return is }

// compute adds what follows from the bits.
func (a answers) compute(dialect string) {
	a["ups.dialect"] = reading{value: point.OfText(dialect)}
	alarm := a["alarm.fault"]
	if warned, asked := a[warnings]; asked && warned.quality.Reason != point.NotPresent && !alarm.value.Truth() {
		alarm = warned
	}
	a["alarm"] = alarm
	if _, known := a.truth("input.failed"); !known {
		a["output.source"], a["ups.status"] = a["input.failed"], a["input.failed"]
		return
	}
	a["output.source"] = reading{value: point.OfInt(a.source())}
	a["ups.status"] = reading{value: point.OfText(a.nut())}
}

// byMode is what supplies the load in each mode of QMOD; F, P and D do not say.
var byMode = map[int64]int64{'S': fromNone, 'Y': fromBypass, 'L': fromMains, 'C': fromMains, 'B': fromBattery, 'T': fromBattery, 'E': fromEco}

func (a answers) source() int64 {
	if mode, ok := a["ups.mode"].value.Integer(); ok {
		if from, says := byMode[mode]; says {
			return from
		}
	}
	switch {
	case a.is("input.failed"):
		return fromBattery
	case a.is("ups.bypass") && a.regulates() == "BYPASS":
		return fromBypass
	}
	return fromMains
}

// nut is the state in the words of NUT's ups.status.
func (a answers) nut() string {
	words := []string{"OL"}
	mode, _ := a["ups.mode"].value.Integer()
	if a.is("input.failed") || mode == 'B' {
		words[0] = "OB"
	}
	for _, w := range []struct {
		said bool
		word string
	}{{a.is("battery.low") || a.is("alarm.battery-low"), "LB"}, {a.is("alarm.battery-replace"), "RB"}, {a.is("alarm.overload"), "OVER"},
		{a.is("ups.bypass"), a.regulates()}, {a.is("battery.test") || mode == 'T', "CAL"},
		{a.is("ups.shutdown") || mode == 'D', "FSD"}, {mode == 'S', "OFF"}} {
		if w.said {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, " ")
}

// regulates tells apart what one bit of the family means: an output that stands
// within 5 % of the input goes round the inverter, a higher or a lower one is
// regulated. As NUT's drivers judge it.
func (a answers) regulates() string {
	in, _ := a["input.voltage"].value.Float()
	out, _ := a["output.voltage"].value.Float()
	switch {
	case out < 0.95*in:
		return "TRIM"
	case out < 1.05*in:
		return "BYPASS"
	}
	return "BOOST"
}
