package annunciate

import (
	"slices"

	"watchbox/firmware/alarm"
)

func likeAny(patterns []string, key string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return alarm.Like(p, key) })
}

// shows tells whether the annunciator is for the alarm. What is put aside
// (shelved, out of service, explained by its cause, minor in a flood) shows nowhere. A silent alarm sounds nowhere and lights nothing; a relay follows it
// only when its key is named in full, for a line that leaves the room.
func (d *Annunciator) shows(a *alarm.Alarm) bool {
	switch {
	case a.Aside():
		return false
	case a.Silent && (d.Kind != "relay" || !slices.Contains(d.Alarms, a.Key)):
		return false
	case a.Priority > d.Upto:
		return false
	case len(d.Rooms) > 0 && !slices.Contains(d.Rooms, a.Room):
		return false
	case len(d.Alarms) > 0 && !likeAny(d.Alarms, a.Key):
		return false
	}
	return d.class(a.Class)
}

func (d *Annunciator) class(c alarm.Class) bool {
	if len(d.Class) == 0 || len(d.Class) == 1 && d.Class[0] == delayClass {
		return d.Kind != "sounder" || c != alarm.ClassTrouble && len(d.Class) == 0
	}
	return slices.Contains(d.Class, string(c))
}

// delayClass in an annunciator's class makes it the buzzer of entry and exit delays.
const delayClass = "delay"
