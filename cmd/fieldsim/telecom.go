package main

import (
	"bytes"
	"math"
	"time"

	"watchbox/cmd/fieldsim/room"
	"watchbox/drivers/ydt1363/ydt1363test"
)

// telecomFaults are the words of the deed `slave` that a unit of YD/T 1363 knows.
var telecomFaults = map[string]string{"ok": ydt1363test.Healthy, "silent": ydt1363test.Silent, "slow": ydt1363test.Slow,
	"wrong": ydt1363test.BadSum, "foreign": ydt1363test.Foreign, "short": ydt1363test.Short, "noise": ydt1363test.Noise,
	"refusing": ydt1363test.Refusing, "lost": ydt1363test.Lost}

// telecom is a unit of YD/T 1363.
type telecom struct {
	*ydt1363test.Unit
	mishap
}

// newGXE is the second card of UPS 1: a Liebert GXE at address 1 of the same pair. The
// demo site does not read it.
func newGXE(p *ydt1363test.Plant, r *room.Room) *telecom {
	u := &telecom{Unit: p.Unit(1, 0x2a, 0x21)}
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
	put(41, u.Runtime().Minutes())
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

// newStationAC is the second card of AC 1: address 2, map generic/qztt2219-ac. The demo
// site does not read it either.
func newStationAC(p *ydt1363test.Plant, r *room.Room) *telecom {
	u := &telecom{Unit: p.Unit(2, 0x60, 0x10)}
	read := func(command byte, info func(s *room.State, a *room.AC) []byte) {
		u.Answer(command, func() []byte { s := r.Look(); return info(&s, &s.AC[0]) })
	}
	read(0x42, func(s *room.State, _ *room.AC) []byte {
		return measured(37, map[int]float64{0: s.Volts, 14: s.Temperature, 18: s.Humidity})
	})
	read(0x43, func(_ *room.State, a *room.AC) []byte {
		return []byte{0, one(!a.Stopped), 9, 1, 3 * one(!a.Stopped), 0x20, one(a.Cooling > 0), 3 * one(a.Cooling > 0), 0x20, 0, 0x20, 0x20}
	})
	read(0x44, func(_ *room.State, a *room.AC) []byte {
		b := make([]byte, 38)
		b[11], b[12], b[13] = 0xf0*one(a.Fault == "airflow"), 25, 0xf0*one(a.Fault == "high-pressure")
		return b
	})
	read(0x47, func(_ *room.State, a *room.AC) []byte {
		b := measured(33, map[int]float64{4: 30, 6: 16, 8: 70, 12: a.SetPoint})
		b[14] = 9
		return b
	})
	u.Answer(0x4d, func() []byte {
		t := time.Now()
		return []byte{byte(t.Year() >> 8), byte(t.Year()), byte(t.Month()), byte(t.Day()), byte(t.Hour()), byte(t.Minute()), byte(t.Second())}
	})
	change := func(do func(a *room.AC)) byte { r.Change(func(s *room.State) { do(&s.AC[0]) }); return 0 }
	u.Obey(0x45, "\x10", func([]byte) byte { return change(func(a *room.AC) { a.Order(true) }) })
	u.Obey(0x45, "\x1f", func([]byte) byte { return change(func(a *room.AC) { a.Order(false) }) })
	u.Obey(0x49, "\x86", func(v []byte) byte {
		if len(v) != 2 {
			return 5
		}
		return change(func(a *room.AC) {
			if !a.Stuck {
				a.SetPoint = float64(int16(v[0])<<8 | int16(v[1]))
			}
		})
	})
	return u
}

// measured are so many bytes of items in two bytes, those that are not measured filled.
func measured(n int, items map[int]float64) []byte {
	b := bytes.Repeat([]byte{0x20}, n)
	for at, x := range items {
		i := int16(math.Round(x))
		b[at], b[at+1] = byte(i>>8), byte(i)
	}
	return b
}

func one(is bool) byte {
	if is {
		return 1
	}
	return 0
}

func (u *telecom) misbehave(word string) error {
	fault, known := telecomFaults[word]
	if !known {
		return unknownFault(word)
	}
	u.name(word, func() { u.Fault(fault) })
	return nil
}

// at9600 is how long a character takes on the pair.
const at9600 = 10 * time.Second / 9600
