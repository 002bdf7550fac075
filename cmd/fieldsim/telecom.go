package main

import (
	"time"

	"watchbox/cmd/fieldsim/room"
	"watchbox/drivers/ydt1363/ydt1363test"
)

// telecomFaults are the words of the deed `slave` that a unit of YD/T 1363 knows.
var telecomFaults = map[string]string{"ok": ydt1363test.Healthy, "silent": ydt1363test.Silent, "slow": ydt1363test.Slow,
	"wrong": ydt1363test.BadSum, "foreign": ydt1363test.Foreign, "short": ydt1363test.Short, "noise": ydt1363test.Noise}

// gxe is the second card of UPS 1: a Liebert GXE at address 1 of the same pair, by
// YD/T 1363. The demo site does not read it.
type gxe struct {
	*ydt1363test.Unit
	mishap
}

func newGXE(p *ydt1363test.Plant, r *room.Room) *gxe {
	u := &gxe{Unit: p.Unit(1, 0x2a, 0x21)}
	u.Answer(0x42, func() []byte { s := r.Look(); return gxeAnalog(&s, &s.UPS[0]) })
	u.Answer(0x43, func() []byte { s := r.Look(); return gxeStates(&s.UPS[0]) })
	u.Answer(0x44, func() []byte { s := r.Look(); return gxeAlarms(&s, &s.UPS[0]) })
	return u
}

func gxeAnalog(s *room.State, u *room.UPS) []byte {
	b := make([]byte, 45)
	for i := 1; i < len(b); i++ {
		b[i] = 0x20 // not measured
	}
	put := func(at int, x float64) { n := uint16(x); b[at], b[at+1] = byte(n>>8), byte(n) }
	output := outputVolts
	if u.Off {
		output = 0
	}
	put(1, 100*s.Volts)
	put(7, 100*output)
	put(19, 100*u.BatteryVoltage())
	put(21, 100*float64(hertz(s)))
	put(27, 100*float64(hertz(s)))
	put(33, 100*u.Load)
	put(41, min(65535, 100*u.Runtime().Minutes()))
	return b
}

func gxeStates(u *room.UPS) []byte {
	source, battery := byte(0xe1), byte(0xe0)
	if u.OnBattery {
		source, battery = 0xe2, 0xe3
	}
	return []byte{0, 1, 0, source, battery, 0xe1}
}

func gxeAlarms(s *room.State, u *room.UPS) []byte {
	b := make([]byte, 73)
	alarm := func(at int, is bool) {
		if is {
			b[at] = 0xf0
		}
	}
	alarm(3, !s.Mains)
	alarm(17, u.Overload)
	alarm(26, u.BatteryGone)
	return b
}

func (u *gxe) misbehave(word string) error {
	fault, known := telecomFaults[word]
	if !known {
		return unknownFault(word)
	}
	u.name(word, func() { u.Fault(fault) })
	return nil
}

// at9600 is how long a character takes on the pair.
const at9600 = 10 * time.Second / 9600
