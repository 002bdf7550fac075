package engine

import (
	"slices"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/firmware/simulation"
)

// simulate begins a simulation: from now on the value goes the way of a real reading.
func (e *Engine) simulate(now point.Instant, c Command) error {
	n := point.Name(c.Target)
	entry, err := e.simulable(n, c.Value)
	if err != nil {
		return err
	}
	if err := e.Simulations.Begin(now, entry, c.Value, c.For, c.Actor, c.Comment); err != nil {
		return err
	}
	e.carryOn(e.Simulations.Sample(now, n))
	return nil
}

// simulable finds the point, and refuses what is no input, what would be an order to
// the panel, and what would hide that something is really wrong.
func (e *Engine) simulable(n point.Name, v point.Value) (live.Entry, error) {
	entry, known := e.Table.Get(n)
	if !known {
		return entry, simulation.Refuse(n, "没有这个点", "no such point")
	}
	real := entry
	if e.Simulations.Runs(n) {
		real = e.Simulations.Real(n)
	}
	for _, of := range append(e.Derive.Follow(n), n) {
		if a, stands := e.Alarms.Rests(of); stands {
			text := alarm.Text(alarm.Change{Type: event.AlarmRaised, Alarm: *a}, point.Words{})
			return entry, simulation.Refuse(n, "这个点有真实报警未了结，先处理："+text.Zh, "a real alarm of this point stands, deal with it first: "+text.En)
		}
	}
	return entry, e.standable(real, v)
}

// overrules tells whether a real reading is what a zone, a door or an alarm waits for.
func (e *Engine) overrules(s point.Sample) bool {
	return e.Panel.Overrules(s) || e.Alarms.Overrules(e.clock(), s)
}

// standable tells whether the site lets the value stand for the point, of which real is
// what is really read.
func (e *Engine) standable(real live.Entry, v point.Value) error {
	p := real.Point
	switch {
	case p.Write || e.Plan.Drives(p.Name) || e.Panel.Strikes(p.Name) != "":
		return simulation.Refuse(p.Name, "这是输出或设定值，只能模拟输入", "it is an output or a set-point; only inputs are simulated")
	case e.Plan.Supervises(p.Name):
		return simulation.Refuse(p.Name, "它用来核对警号、警灯或状态墙是否真的动作，模拟会掩盖故障：请做灯检或到现场试响", "it shows whether a siren, a light or the wall really works, and a simulated value would hide that it does not: use the lamp test, or sound it on site")
	case real.Seen && e.overrules(real.Last):
		return simulation.Refuse(p.Name, "现在真的读到报警值，先处理", "what is really read now is an alarm: deal with that first")
	}
	if of, is := e.Alarms.Severe(p.Name, true); is {
		return simulation.Refuse(p.Name, "「"+of.In("zh")+"」要看多个读数才能判断，模拟会掩盖真实报警：请到现场触发", "“"+of.In("en")+"” is judged by more than one reading, and a simulated value would hide a real alarm: test it on site")
	}
	if err := e.computed(p.Name); err != nil {
		return err
	}
	return e.Panel.Simulable(p.Name, v)
}

// computed refuses the source of a computed point behind which a simulated value would
// hide something: what is really read of a source is not computed meanwhile.
func (e *Engine) computed(n point.Name) error {
	for _, made := range e.Derive.Follow(n) {
		if _, severe := e.Alarms.Severe(made, false); severe || e.Panel.Hears(made) || e.Plan.Supervises(made) {
			return simulation.Refuse(n, "防区、门、警号的核对或重要报警用到由它算出的 "+string(made)+"：请直接模拟后者", "a zone, a door, the check of a siren or a severe alarm watches "+string(made)+", which is computed from it: simulate that one")
		}
	}
	return nil
}

// standIn is the sample that counts: the simulated one in the place of the real one.
func (e *Engine) standIn(s point.Sample) point.Sample {
	if e.Simulations.Runs(s.Point) {
		e.giveWay(s.At, s)
	}
	if e.Simulations.Runs(s.Point) {
		e.Panel.Beside(s)
	}
	return e.Simulations.Stand(s)
}

// giveWay ends the simulation of a point of which the reading is what a zone, a door or
// an alarm of a level waits for: that is never held up, and the alarm is a real one.
func (e *Engine) giveWay(now point.Instant, real point.Sample) {
	if e.overrules(real) {
		e.unsimulate(now, real.Point, "box", point.Words{Zh: "真实触发", En: "it really alarms"})
	}
}

// unsimulate ends a simulation: what is really read counts again, and is judged as if
// it came now. A point that nobody has read yet reads nothing.
func (e *Engine) unsimulate(now point.Instant, n point.Name, actor string, why point.Words) bool {
	real, ran := e.Simulations.End(now, n, actor, why)
	if !ran {
		return false
	}
	last := real.Last
	if !real.Seen {
		last = point.Sample{Point: n, Quality: point.BadBecause(point.Stale)}
	}
	last.At = now
	e.Table.Set(real)
	if e.carryOn(last); real.Seen {
		e.Table.Set(real) // with the time at which it was read
	}
	return true
}

// endSimulation is a person's order; every one of them with the target "*".
func (e *Engine) endSimulation(now point.Instant, c Command) error {
	targets := []point.Name{point.Name(c.Target)}
	if c.Target == alarm.Every {
		targets = e.Simulations.Points()
	}
	for _, n := range targets {
		if !e.unsimulate(now, n, c.Actor, point.Words{Zh: c.Actor + " 结束", En: "ended by " + c.Actor}) {
			return simulation.Refuse(n, "这个点没有在模拟", "it is not simulated")
		}
	}
	return nil
}

// endDue ends the simulations whose time is over, and those before a reading that
// alarms since now: a shelf or a calendar held its alarm back when it came.
func (e *Engine) endDue(now point.Instant) {
	for _, n := range e.Simulations.Due(now) {
		e.unsimulate(now, n, "box", point.Words{Zh: "时间到", En: "its time is over"})
	}
	for _, n := range e.Simulations.Points() {
		if real := e.Simulations.Real(n); real.Seen {
			e.giveWay(now, real.Last)
		}
	}
}

// keepSimulating ends what the new site file does not let go on. The table is the new
// one and holds the simulated values still.
func (e *Engine) keepSimulating(now point.Instant) {
	over := e.Simulations.Reload(e.describe)
	for _, n := range e.Simulations.Points() {
		if !slices.Contains(over, n) && e.standable(e.Simulations.Real(n), e.Simulations.Sample(now, n).Value) != nil {
			over = append(over, n)
		}
	}
	for _, n := range e.Simulations.Points() {
		if real := e.Simulations.Real(n); real.Seen {
			e.Panel.Beside(real.Last) // for the zones that the new file made
		}
	}
	for _, n := range over {
		e.unsimulate(now, n, "box", point.Words{Zh: "新配置不再允许", En: "the new site file does not let it go on"})
	}
}
