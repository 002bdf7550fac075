package megatectest

import (
	"fmt"
	"regexp"
	"strings"
)

// orders are the lines that make a unit do something.
var orders = regexp.MustCompile(`^(T|TL|T\d+|T\.\d|CT|C|CS|Q|S\d\d|S\.\d|S[\d.]+R\d{4}|SON|SOFF|BZ(ON|OFF)|P[ED][A-Z]|PF)$`)

// answer is what a healthy unit says to the question; "" is nothing. The mutex is held.
func (u *UPS) answer(question string) string {
	if said, special := u.said[question]; special {
		return said
	}
	if orders.MatchString(question) {
		return u.obey(question)
	}
	if tell := answers[u.dialect][question]; tell != nil && u.fault != Refusing {
		return tell(&u.state)
	}
	if u.nak {
		return "(NAK"
	}
	return question // a unit sends back what it does not know
}

func (u *UPS) obey(order string) string {
	u.obeyed = append(u.obeyed, order)
	switch {
	case u.dialect == Voltronic:
		return "(ACK"
	case order == "Q":
		u.state.Beeper = !u.state.Beeper
	case order[0] == 'T':
		u.state.Test = true
	case order[0] == 'S':
		u.state.Shutdown = true
	case order == "CT":
		u.state.Test = false
	case order == "C":
		u.state.Shutdown = false
	}
	return ""
}

// answers are the questions of each dialect.
var answers = map[string]map[string]func(*State) string{
	Q1: {"Q1": (*State).q1, "F": ratings, "I": vendor},
	QS: {"QS": (*State).q1, "F": ratings, "M": func(*State) string { return "V" }},
	Voltronic: {"QGS": (*State).qgs, "QMOD": (*State).qmod, "QWS": (*State).qws, "QBV": (*State).qbv, "F": ratings, "I": vendor,
		"QPI": func(*State) string { return "(PI01" }},
}

func ratings(*State) string { return "#220.0 013 024.0 50.0" }

func vendor(*State) string { return "#SANTAK          C3K        VT12046Q  " }

func (s *State) q1() string {
	return fmt.Sprintf("(%05.1f %05.1f %05.1f %03.0f %04.1f %s %04.1f %s", s.Input, s.Glitch, s.Output, s.Load, s.Frequency, s.battery(),
		s.Temperature, bits(s.Failed, s.Low, s.Bypass, s.Fault, s.Standby, s.Test, s.Shutdown, s.Beeper))
}

// battery is the voltage of a cell with two digits, or of the whole with one.
func (s *State) battery() string {
	if s.Battery < 10 {
		return fmt.Sprintf("%4.2f", s.Battery)
	}
	return fmt.Sprintf("%4.1f", s.Battery)
}

func (s *State) qgs() string {
	kind := "10"
	if s.Standby {
		kind = "00"
	}
	return fmt.Sprintf("(%05.1f %04.1f %05.1f %04.1f %05.1f %03.0f 369.1 ---.- %05.1f ---.- %05.1f %s%s01", s.Input, s.Frequency, s.Output,
		s.Frequency, s.Current, s.Load, s.Battery, s.Temperature, kind, bits(s.Failed, s.Low, s.Bypass, s.Fault, false, s.Test, s.Shutdown, !s.Beeper))
}

func (s *State) qmod() string { return "(" + string(s.Mode) }

func (s *State) qws() string {
	b := []byte(strings.Repeat("0", 64))
	for _, n := range s.Warnings {
		b[n-1] = '1'
	}
	return "(" + string(b)
}

func (s *State) qbv() string {
	return fmt.Sprintf("(%05.1f 02 01 %03.0f %03.0f", s.Battery, s.Charge, s.Minutes)
}

func bits(all ...bool) string {
	var b strings.Builder
	for _, is := range all {
		b.WriteByte("01"[map[bool]int{true: 1}[is]])
	}
	return b.String()
}
