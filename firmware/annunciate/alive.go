package annunciate

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// AliveKey is the alarm about a wall whose controller does not answer.
const AliveKey = "wall/alive"

// WallDefinitions are the alarms about the wall. lost is the key of the alarm
// that the box cannot send to it at all, which explains this one.
func WallDefinitions(w *Wall, lost string) []alarm.Definition {
	if w == nil || w.Alive == "" {
		return nil
	}
	return []alarm.Definition{{Key: AliveKey, Point: w.Alive, Priority: 3, Class: alarm.ClassTrouble, OnDelay: 5 * time.Second, OffDelay: 5 * time.Second, Causes: []string{lost},
		Label:       point.Words{Zh: "状态墙控制器无应答", En: "The status wall's controller does not answer"},
		Instruction: point.Words{Zh: "状态墙可能已黑屏：检查控制器电源与网线；报警以网页和警号为准", En: "The wall may be dark: check its controller's power and cable; trust the page and the siren"}}}
}

// alive takes what is known of the wall's controller. A reading that is bad says
// nothing: that is the probe's own trouble.
func (p *Planner) alive(s point.Sample) {
	if p.wall == nil || p.wall.Alive == "" || s.Point != p.wall.Alive || !s.Quality.Usable() || s.Value.IsNone() {
		return
	}
	if dead := !s.Value.Truth(); !p.told || dead != p.dead {
		p.told, p.dead = true, dead
		p.signals = append(p.signals, alarm.Signal{Key: AliveKey, Active: dead})
	}
}
