package zone

import "fmt"

// Loop is a supervised loop: end-of-line resistors tell a contact that opened
// from a wire that was cut or shorted. The zone's input is then the resistance
// of the loop in Ω.
//
//	single    NC contact in series with the end resistor: a cut wire looks like
//	          the contact, so both are the alarm
//	double    NC contact bridged by the alarm resistor, in series with the end
//	parallel  NO contact in series with the alarm resistor, across the end
type Loop struct {
	Kind      string  `yaml:"kind" required:"true" allowed:"single|double|parallel"`
	End       float64 `yaml:"end" default:"2200" min:"100" max:"100000" doc:"Ω at the end of the line"`
	Alarm     float64 `yaml:"alarm" default:"4700" min:"100" max:"100000" doc:"Ω beside the contact"`
	Tolerance float64 `yaml:"tolerance" default:"15" min:"1" max:"30" doc:"percent around each value"`
}

// wire is what a loop shows.
type wire string

// The states of a loop. strange is a resistance that none of the others has:
// a third resistor, water in the cable, a wrong one at the end.
const (
	wireUnread  wire = ""
	wireNormal  wire = "normal"
	wireAlarm   wire = "alarm"
	wireOpen    wire = "open"
	wireShort   wire = "short"
	wireStrange wire = "strange"
)

func (w wire) fault() bool { return w == wireOpen || w == wireShort || w == wireStrange }

// inAlarm is the resistance of the loop while its contact is away from rest.
func (l *Loop) inAlarm() float64 {
	if l.Kind == "parallel" {
		return l.End * l.Alarm / (l.End + l.Alarm)
	}
	return l.End + l.Alarm
}

// held is by how much wider than its tolerance the present band is, so that a
// value on a border does not flap.
const held = 1.2

// read classifies a resistance. was is the state before.
func (l *Loop) read(ohms float64, was wire) wire {
	lowest, highest := l.End, l.End
	if l.Kind != "single" {
		lowest, highest = min(lowest, l.inAlarm()), max(highest, l.inAlarm())
		if l.near(ohms, l.inAlarm(), was == wireAlarm) {
			return wireAlarm
		}
	}
	switch {
	case l.near(ohms, l.End, was == wireNormal):
		return wireNormal
	case ohms < lowest/2:
		return wireShort
	case ohms > highest*2 && l.Kind == "single":
		return wireAlarm
	case ohms > highest*2:
		return wireOpen
	}
	return wireStrange
}

func (l *Loop) near(ohms, value float64, present bool) bool {
	band := value * l.Tolerance / 100
	if present {
		band *= held
	}
	return ohms >= value-band && ohms <= value+band
}

// Check reports resistors that cannot be told apart.
func (l *Loop) Check() error {
	a, b := l.End, l.inAlarm()
	if l.Kind == "single" {
		return nil
	}
	if low, high := min(a, b), max(a, b); low*(1+held*l.Tolerance/100) >= high*(1-held*l.Tolerance/100) {
		return fmt.Errorf("at rest %.0f Ω and in alarm %.0f Ω cannot be told apart with a tolerance of %.0f %%", a, b, l.Tolerance)
	}
	return nil
}
