package web

import (
	"slices"

	"watchbox/firmware/alarm"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// A silent alarm (an order under duress, a silent hold-up) must not betray on
// the page who raised it: whoever threatens him looks over his shoulder. So it
// is kept from sessions that person.Directory calls blind: every viewer's, whose
// screen hangs in the room, and for four hours those of an account in whose
// session or name a panel code was given, be it the ordinary one. It is kept
// whole: alarm, counts, records, messages, why, the silent zone and its contact
// with its edges, and the relay that carries it out of the room. Dial-out, the ways upstream,
// programs with a token and everybody else's session have it. A blind session
// can neither acknowledge nor reset it, by its key or by "all".

// kept is what a site keeps from blind sessions, whether it is active or not:
// what is always missing tells nothing.
type kept struct {
	alarms map[string]bool // keys
	zones  map[string]bool
	points map[point.Name]bool
}

func keptFrom(site *config.Site) kept {
	k := kept{map[string]bool{}, map[string]bool{}, map[point.Name]bool{}}
	if site == nil {
		return k
	}
	for _, a := range site.Partitions {
		k.alarms["partition/"+a.ID+"/duress"] = true
	}
	for _, z := range site.Zones {
		if z.Silent {
			k.zones[z.ID], k.points[z.Input] = true, true
			k.alarms["zone/"+z.ID], k.alarms["zone/"+z.ID+"/stuck"], k.alarms["input/"+string(z.Input)] = true, true, true
			for _, in := range site.Inputs {
				if in.Point == z.Input {
					k.points[driver.EdgesOf(driver.Terminals, in.Terminal)] = true
				}
			}
		}
	}
	for _, a := range site.Annunciators {
		if a.Kind == "relay" && slices.ContainsFunc(a.Alarms, func(key string) bool { return k.alarms[key] }) {
			k.points[a.Output], k.points[a.Feedback] = true, true
		}
	}
	delete(k.points, "")
	return k
}

// discreet is the view as a blind session may have it.
func (k kept) discreet(v *engine.View) *engine.View {
	d := *v
	d.Alarms = slices.DeleteFunc(slices.Clone(v.Alarms), func(a *alarm.Alarm) bool { return a.Silent || k.alarms[a.Key] })
	for i, a := range d.Alarms {
		if k.alarms[a.After] {
			plain := *a
			plain.After = ""
			d.Alarms[i] = &plain
		}
	}
	d.Panel.Zones = slices.DeleteFunc(slices.Clone(v.Panel.Zones), func(z zone.ZoneView) bool { return k.zones[z.ID] })
	if len(k.points) > 0 {
		d.Points = v.Points.Hiding(func(n point.Name) bool { return k.points[n] })
		d.Inputs = slices.DeleteFunc(slices.Clone(v.Inputs), func(in engine.InputView) bool { return k.points[in.Point] })
		d.Outputs = slices.Clone(v.Outputs)
		for i := range d.Outputs {
			d.Outputs[i].On = d.Outputs[i].On && !k.points[d.Outputs[i].Output]
		}
	}
	return &d
}

// seen is the view for whoever has the session; nil while the box starts.
func (s *Server) seen(v *engine.View, blind bool) *engine.View {
	if v == nil || !blind {
		return v
	}
	return keptFrom(s.box.Site()).discreet(v)
}

// blind tells whether the session must not be told of silent alarms.
func (s *Server) blind(session string) bool { return s.box.Persons().Blind(session) }

// keeps tells whether the key is of an alarm that is kept from the caller.
func (c *call) keeps(key string) bool {
	return c.blind(c.session) && keptFrom(c.box.Site()).alarms[key]
}

// alarmKey is the key in the path.
func (c *call) alarmKey() (string, error) {
	key := c.r.PathValue("key")
	if key == alarm.EveryAudible || c.keeps(key) { // the engine's own word for * of whom silent alarms are kept from
		return "", c.noAlarm(key)
	}
	return key, nil
}

// audible leaves out the records that are kept from a blind session.
func audible(records []event.Record, blind bool) []event.Record {
	if !blind {
		return records
	}
	return slices.DeleteFunc(slices.Clone(records), func(r event.Record) bool { return r.Silent })
}
