// Package room is the simulated machine room: mains, batteries, cooling, air and
// the things that people do to it. Time passes only in Step, so that a test can
// run an afternoon in a millisecond; the physics is coarse but conserves energy:
// batteries empty by what they deliver, air warms by what is not carried away.
package room

import (
	"math"
	"sync"
	"time"
)

// The room: a 60 m² machine room with four 20 kVA UPS.
const (
	airHeat      = 900.0 // kJ/K: air, racks and the outer shell of walls that follow quickly
	wallLoss     = 0.12  // kW/K through walls to the outside
	outside      = 30.0  // °C behind the walls
	coolingPower = 25.0  // kW the precision AC can carry away
	moisture     = 9.3   // g of water per kg of air, held by the humidifier
	chargePower  = 1.2   // kW into one battery
	upsLoss      = 0.06  // part of the load that a UPS turns into heat
	nominal      = 230.0 // V
	servers      = 6.0   // K by which the racks warm the air that goes through them
)

// Battery is the usable energy of one UPS battery when full, kWh.
const Battery = 8.0

// Rating is what one UPS may carry, kW.
const Rating = 18.0

// UPS is one uninterruptible supply.
type UPS struct {
	Load        float64 // kW drawn by the racks behind it
	Stored      float64 // kWh in the battery
	OnBattery   bool
	Off         bool // battery empty: the racks behind it are dark
	BatteryGone bool // disconnected by a fault
	Overload    bool
	Temperature float64 // °C inside
}

// Charge is the state of charge, 0–100 %.
func (u *UPS) Charge() float64 { return 100 * u.Stored / Battery }

// Runtime is how long the battery would carry the present load, at most 99 h.
func (u *UPS) Runtime() time.Duration {
	if u.Load <= 0 || u.BatteryGone {
		return 0
	}
	return time.Duration(min(99, u.Stored/u.Load) * float64(time.Hour))
}

// BatteryVoltage is that of a 192 V string under the present charge.
func (u *UPS) BatteryVoltage() float64 {
	if u.BatteryGone {
		return 0
	}
	v := 192 + 24*(u.Stored/Battery-0.5)
	if u.OnBattery {
		v -= 6
	}
	return v
}

// AC is one precision air-conditioner.
type AC struct {
	Stopped  bool   // switched off
	ByHand   bool   // after a mains failure it stays off until it is told to start
	Stuck    bool   // obeys no remote order
	Fault    string // "", "airflow", "high-pressure"
	Running  bool   // it cools now
	SetPoint float64
	Cooling  float64 // 0–1 of its power
}

// Order is what comes over its interface: on or off. A unit that is stuck takes
// it and does nothing.
func (a *AC) Order(on bool) {
	if !a.Stuck {
		a.Stopped = !on
	}
}

// State is everything about the room at one moment.
type State struct {
	Mains       bool
	Volts       float64
	UPS         [4]UPS
	Centre      UPS     // the small one of the operations centre, another room
	AC          [2]AC   // the second is in reserve
	Temperature float64 // °C of the return air
	Humidity    float64 // % relative
	Energy      float64 // kWh on the meter
	Power       float64 // kW drawn from the mains
	Clock       time.Duration
	Contacts    map[string]bool // away from rest: panic, water, smoke, mains, fire, door, exit, tamper
}

// Room is a State that time and people change. Safe for several goroutines.
type Room struct {
	mutex sync.Mutex
	s     State
}

// New is a calm room with full batteries.
func New() *Room {
	r := &Room{s: State{Mains: true, Volts: nominal, AC: [2]AC{{SetPoint: 22}, {SetPoint: 22, Stopped: true}}, Temperature: 22.4, Energy: 48210.6,
		Contacts: map[string]bool{}}}
	for i, load := range []float64{4.2, 3.6, 5.1, 2.8} {
		r.s.UPS[i] = UPS{Load: load, Stored: Battery, Temperature: 29}
	}
	r.s.Centre = UPS{Load: 1.4, Stored: Battery, Temperature: 29}
	r.s.Humidity = humidity(r.s.Temperature)
	return r
}

// Look is a copy of the state.
func (r *Room) Look() State {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	s := r.s
	s.Contacts = make(map[string]bool, len(r.s.Contacts))
	for k, v := range r.s.Contacts {
		s.Contacts[k] = v
	}
	return s
}

// ColdAisle is the air in front of the racks, °C and % relative: cooler than the
// return air by what the AC takes out of it.
func (s *State) ColdAisle() (temperature, humid float64) {
	t := s.Temperature - 3*min(1, s.AC[0].Cooling+s.AC[1].Cooling)
	return t, humidity(t)
}

// HotAisle is the air behind the racks.
func (s *State) HotAisle() (temperature, humid float64) {
	running := 0.0
	for _, u := range s.UPS {
		running += btof(!u.Off) / float64(len(s.UPS))
	}
	cold, _ := s.ColdAisle()
	t := cold + servers*running
	return t, humidity(t)
}

// Change lets a person or a story do something to the room.
func (r *Room) Change(f func(*State)) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	f(&r.s)
}

// Step lets d pass, in slices of at most a second.
func (r *Room) Step(d time.Duration) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for d > 0 {
		slice := min(d, time.Second)
		r.s.step(slice)
		d -= slice
	}
}

func (s *State) step(d time.Duration) {
	s.Clock += d
	hours := d.Hours()
	s.Power = 0
	heat := 0.0
	for i := range s.UPS {
		heat += s.UPS[i].step(s, hours)
	}
	s.Centre.step(s, hours) // its heat stays in its own room
	s.cool(d, heat)
	s.Volts = 0
	if s.Mains {
		s.Volts = nominal + 2*math.Sin(s.Clock.Seconds()/37)
		s.Energy += s.Power * hours
	}
	s.Humidity = humidity(s.Temperature)
	s.Contacts["mains"] = !s.Mains
}

// step moves energy through one UPS and returns the heat that it and its racks give off, kW.
func (u *UPS) step(s *State, hours float64) float64 {
	u.OnBattery = !s.Mains && !u.BatteryGone && u.Stored > 0
	u.Off = !s.Mains && !u.OnBattery
	u.Overload = !u.Off && u.Load > Rating
	u.Temperature += (s.Temperature + 7 + 10*btof(u.OnBattery) - u.Temperature) * math.Min(1, hours*6)
	if u.Off {
		return 0
	}
	if u.OnBattery {
		u.Stored = math.Max(0, u.Stored-u.Load*(1+upsLoss)*hours)
		return u.Load * (1 + upsLoss)
	}
	charge := 0.0
	if !u.BatteryGone && u.Stored < Battery {
		charge = math.Min(chargePower, (Battery-u.Stored)/hours)
		u.Stored += charge * hours
	}
	s.Power += u.Load*(1+upsLoss) + charge
	return u.Load * (1 + upsLoss)
}

// cool runs the precision ACs, which stand on the mains and not on a UPS, and
// warms or cools the air by what is left over.
func (s *State) cool(d time.Duration, heat float64) {
	flow := heat + wallLoss*(outside-s.Temperature)
	for i := range s.AC {
		a := &s.AC[i]
		a.Stopped = a.Stopped || a.ByHand && !s.Mains
		a.Running = s.Mains && !a.Stopped && a.Fault == ""
		a.Cooling = 0
		if a.Running {
			a.Cooling = math.Max(0, math.Min(1, 0.5+(s.Temperature-a.SetPoint)/2))
			s.Power += 0.8 + a.Cooling*coolingPower/3.2
		}
		flow -= a.Cooling * coolingPower
	}
	s.Temperature += flow * d.Seconds() / airHeat
}

// humidity is the relative humidity of air with a fixed moisture, by Magnus.
func humidity(t float64) float64 {
	saturation := 6.112 * math.Exp(17.62*t/(243.12+t)) // hPa, WMO guide no. 8
	vapour := moisture / 1000 * 1013.25 / (0.622 + moisture/1000)
	return math.Min(100, 100*vapour/saturation)
}

func btof(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
