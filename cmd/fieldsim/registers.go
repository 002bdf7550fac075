package main

import (
	"math"

	"watchbox/cmd/fieldsim/room"
)

// bank is what one Modbus unit holds: a getter per register address, as it is
// on the wire. Addresses and scales are those of drivers/maps.
type bank map[uint16]func(*room.State) uint16

// upsBank is UPS n (0–3) as a Huawei UPS2000, map huawei/ups2000: holding registers.
func upsBank(n int) bank {
	b := bank{}
	ups := func(address uint16, get func(*room.State, *room.UPS) uint16) {
		b[address] = func(s *room.State) uint16 { return get(s, &s.UPS[n]) }
	}
	upsInput(ups)
	upsOutput(ups)
	upsBattery(ups)
	upsAlarms(b, ups)
	return b
}

// upsRegister sets the getter of one register.
type upsRegister func(address uint16, get func(*room.State, *room.UPS) uint16)

func upsInput(set upsRegister) {
	volts := func(s *room.State, _ *room.UPS) uint16 { return tenths(s.Volts) }
	frequency := func(s *room.State, _ *room.UPS) uint16 { return uint16(hertz(s) * 10) }
	set(11000, volts)
	set(11003, frequency)
	set(11004, volts) // bypass: the same feeder
	set(11007, frequency)
}

// The output of a UPS that delivers.
const (
	outputVolts = 220.0
	powerFactor = 0.9
)

func upsOutput(set upsRegister) {
	delivers := func(x float64) func(*room.State, *room.UPS) uint16 {
		return func(_ *room.State, u *room.UPS) uint16 {
			if u.Off {
				return 0
			}
			return tenths(x)
		}
	}
	load := func(f float64) func(*room.State, *room.UPS) uint16 {
		return func(s *room.State, u *room.UPS) uint16 { return delivers(u.Load*f)(s, u) }
	}
	set(11008, delivers(outputVolts))
	set(11014, delivers(50))
	set(11011, load(1000/powerFactor/outputVolts))
	set(11015, load(1))
	set(11018, load(1/powerFactor))
	set(11021, load(100/room.Rating))
	set(11024, func(_ *room.State, u *room.UPS) uint16 {
		switch {
		case u.Off:
			return 0
		case u.OnBattery:
			return 3
		}
		return 2
	})
	set(11027, func(_ *room.State, u *room.UPS) uint16 { return tenths(u.Temperature) })
	set(19009, func(*room.State, *room.UPS) uint16 { return tenths(room.Rating / powerFactor) })
}

// batteryLow is the charge, %, at which the UPS itself warns.
const batteryLow = 20

func upsBattery(set upsRegister) {
	set(11043, func(_ *room.State, u *room.UPS) uint16 { return bit(6, u.Charge() < batteryLow) })
	set(12000, func(_ *room.State, u *room.UPS) uint16 { return tenths(u.BatteryVoltage()) })
	set(12002, func(_ *room.State, u *room.UPS) uint16 {
		switch {
		case u.BatteryGone:
			return 0xffff
		case u.OnBattery:
			return 5
		case u.Charge() < 99.5:
			return 4
		}
		return 3
	})
	set(12003, func(_ *room.State, u *room.UPS) uint16 {
		if u.BatteryGone {
			return 0xffff
		}
		return uint16(u.Charge() + 0.5)
	})
	set(12004, func(_ *room.State, u *room.UPS) uint16 { return uint16(uint32(u.Runtime().Seconds()) >> 16) })
	set(12005, func(_ *room.State, u *room.UPS) uint16 { return uint16(uint32(u.Runtime().Seconds())) })
	set(12007, func(*room.State, *room.UPS) uint16 { return 1 })
	set(12033, func(*room.State, *room.UPS) uint16 { return 40 })
}

// upsAlarms are the 27 alarm registers from 41180.
func upsAlarms(b bank, set upsRegister) {
	for a := range uint16(27) {
		b[41180+a] = func(*room.State) uint16 { return 0 }
	}
	set(41180, func(_ *room.State, u *room.UPS) uint16 { return bit(3, u.Temperature > 55) })
	set(41185, func(s *room.State, _ *room.UPS) uint16 { return bit(1, !s.Mains) })
	set(41188, func(_ *room.State, u *room.UPS) uint16 { return bit(3, !u.BatteryGone && u.Charge() < batteryLow) })
	set(41194, func(_ *room.State, u *room.UPS) uint16 { return bit(4, u.BatteryGone) })
	set(41197, func(_ *room.State, u *room.UPS) uint16 {
		return bit(3, u.Load > 1.10*room.Rating) | bit(5, u.Overload && u.Load <= 1.10*room.Rating)
	})
}

// coolingBank is precision AC n (0 or 1) behind an IntelliSlot card, map
// vertiv/intellislot-cooling: holding registers.
func coolingBank(n int) bank {
	ac := func(f func(*room.AC) float64) func(*room.State) uint16 {
		return func(s *room.State) uint16 { return uint16(int16(math.Round(f(&s.AC[n])))) }
	}
	fixed := func(n uint16) func(*room.State) uint16 { return func(*room.State) uint16 { return n } }
	return bank{
		0: func(s *room.State) uint16 { return uint16(int16(math.Round(s.Temperature))) },
		1: func(s *room.State) uint16 { return uint16(math.Round(s.Humidity)) },
		2: func(s *room.State) uint16 { return bit(0, s.AC[n].Cooling > 0) },
		3: fixed(0), 4: fixed(0), 5: fixed(0), 6: fixed(0),
		7: ac(func(a *room.AC) float64 { return math.Ceil(a.Cooling * 2) }),
		8: ac(func(a *room.AC) float64 { return a.Cooling * 100 }),
		9: ac(func(a *room.AC) float64 { return a.SetPoint }), 10: fixed(2), 11: fixed(50), 12: fixed(5),
		13: fixed(30), 14: fixed(16), 15: fixed(70), 16: fixed(25),
		17: func(s *room.State) uint16 { return bit(0, !s.AC[n].Stopped) },
		18: fixed(18230), 19: fixed(21045), 20: fixed(3120),
		288: func(s *room.State) uint16 {
			a := &s.AC[n]
			return bit(1, a.Stopped) | bit(3, a.Fault == "high-pressure") | bit(5, a.Fault == "airflow") | bit(9, !a.Stopped && s.Temperature > 30)
		},
		289: func(s *room.State) uint16 { return bit(0, s.Humidity > 70) | bit(1, s.Humidity < 25) },
		290: func(s *room.State) uint16 { return bit(2, !s.Mains) },
	}
}

// climateBank is one XY-MD02, map xymd02: input registers. aisle is the air
// around it.
func climateBank(aisle func(*room.State) (temperature, humidity float64)) bank {
	return bank{
		1: func(s *room.State) uint16 { t, _ := aisle(s); return tenths(t) },
		2: func(s *room.State) uint16 { _, h := aisle(s); return tenths(h) },
	}
}

// meterBank is the mains meter as an SDM630, map eastron/sdm630: input
// registers, a float of two registers each.
func meterBank() bank {
	b := bank{}
	set := func(address uint16, get func(*room.State) float64) {
		b[address] = func(s *room.State) uint16 { return uint16(math.Float32bits(float32(get(s))) >> 16) }
		b[address+1] = func(s *room.State) uint16 { return uint16(math.Float32bits(float32(get(s)))) }
	}
	for address := uint16(0); address <= 342; address += 2 {
		set(address, func(*room.State) float64 { return 0 })
	}
	watts := func(s *room.State) float64 { return s.Power * 1000 }
	for phase := range uint16(3) {
		set(2*phase, func(s *room.State) float64 { return s.Volts * (1 + 0.003*float64(phase)) })
		set(6+2*phase, func(s *room.State) float64 {
			if s.Volts == 0 {
				return 0
			}
			return watts(s) / 3 / meterFactor / s.Volts
		})
		set(12+2*phase, func(s *room.State) float64 { return watts(s) / 3 })
	}
	set(52, watts)
	set(56, func(s *room.State) float64 { return watts(s) / meterFactor })
	set(62, func(*room.State) float64 { return meterFactor })
	set(70, func(s *room.State) float64 { return float64(hertz(s)) })
	set(72, func(s *room.State) float64 { return s.Energy })
	set(342, func(s *room.State) float64 { return s.Energy })
	return b
}

// meterFactor is the power factor at the mains.
const meterFactor = 0.95

// tenths is x ×10 in one register, signed when below zero.
func tenths(x float64) uint16 { return uint16(int16(math.Round(x * 10))) }

func bit(n uint, on bool) uint16 {
	if on {
		return 1 << n
	}
	return 0
}
