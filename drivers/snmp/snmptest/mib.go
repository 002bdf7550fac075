package snmptest

import (
	"fmt"
	"time"
)

// System gives the agent the objects of RFC 3418 that are commonly read.
func (a *Agent) System(name, description string, upTime func() time.Duration) {
	const top = ".1.3.6.1.2.1.1."
	a.Set(top+"1.0", Text(description))
	a.Set(top+"2.0", ObjectID(".1.3.6.1.4.1.8072.3.2.10"))
	a.Handle(top+"3.0", func() Value { return Ticks(upTime()) })
	a.Set(top+"4.0", Text(""))
	a.Set(top+"5.0", Text(name))
	a.Set(top+"6.0", Text(""))
}

// Interface is one line of the interface tables.
type Interface struct {
	Index     int
	Name      string
	Up        func() bool   // nil: always
	In, Out   func() uint64 // octets; nil: 0
	InErrors  func() uint32
	OutErrors func() uint32
	Jumped    func() time.Duration // ifCounterDiscontinuityTime; nil: the agent has no such object
}

// AddInterface gives the agent the objects of RFC 2863 for one interface.
func (a *Agent) AddInterface(f Interface) {
	low := func(column int) string { return fmt.Sprintf(".1.3.6.1.2.1.2.2.1.%d.%d", column, f.Index) }
	high := func(column int) string { return fmt.Sprintf(".1.3.6.1.2.1.31.1.1.1.%d.%d", column, f.Index) }
	a.Set(low(1), Integer(f.Index))
	a.Set(low(2), Text(f.Name))
	a.Set(high(1), Text(f.Name))
	status := func() Value {
		if f.Up == nil || f.Up() {
			return Integer(1)
		}
		return Integer(2)
	}
	a.Handle(low(8), status)
	a.Handle(low(14), count32(f.InErrors))
	a.Handle(low(20), count32(f.OutErrors))
	a.Handle(high(6), count64(f.In))
	a.Handle(high(10), count64(f.Out))
	if f.Jumped != nil {
		a.Handle(high(19), func() Value { return Ticks(f.Jumped()) })
	}
}

func count64(get func() uint64) func() Value {
	return func() Value {
		if get == nil {
			return Count64(0)
		}
		return Count64(get())
	}
}

func count32(get func() uint32) func() Value {
	return func() Value {
		if get == nil {
			return Count32(0)
		}
		return Count32(get())
	}
}

// UPS is the present state of an uninterruptible power supply in the units of
// RFC 1628.
type UPS struct {
	Manufacturer, Model string
	OutputSource        int // 3 normal, 4 bypass, 5 battery …
	BatteryStatus       int // 2 normal, 3 low, 4 depleted
	MinutesRemaining    int
	Charge              int // %
	BatteryDecivolts    int // 0.1 V
	BatteryCelsius      int
	InputVolts          int
	InputDecihertz      int // 0.1 Hz
	OutputVolts         int
	OutputDecihertz     int
	Load                int // %
	Alarms              int
}

// AddUPS gives the agent the objects of RFC 1628 for a single-phase UPS.
func (a *Agent) AddUPS(get func() UPS) {
	const top = ".1.3.6.1.2.1.33.1."
	a.Handle(top+"1.1.0", func() Value { return Text(get().Manufacturer) })
	a.Handle(top+"1.2.0", func() Value { return Text(get().Model) })
	number := func(oid string, pick func(UPS) int) {
		a.Handle(top+oid, func() Value { return Integer(pick(get())) })
	}
	number("2.1.0", func(u UPS) int { return u.BatteryStatus })
	number("2.3.0", func(u UPS) int { return u.MinutesRemaining })
	number("2.4.0", func(u UPS) int { return u.Charge })
	number("2.5.0", func(u UPS) int { return u.BatteryDecivolts })
	number("2.7.0", func(u UPS) int { return u.BatteryCelsius })
	number("3.2.0", func(UPS) int { return 1 })
	number("3.3.1.2.1", func(u UPS) int { return u.InputDecihertz })
	number("3.3.1.3.1", func(u UPS) int { return u.InputVolts })
	number("4.1.0", func(u UPS) int { return u.OutputSource })
	number("4.2.0", func(u UPS) int { return u.OutputDecihertz })
	number("4.3.0", func(UPS) int { return 1 })
	number("4.4.1.2.1", func(u UPS) int { return u.OutputVolts })
	number("4.4.1.5.1", func(u UPS) int { return u.Load })
	a.Handle(top+"6.1.0", func() Value { return Gauge(uint32(max(0, get().Alarms))) })
}
