package annunciate

import (
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

const (
	fullLight  = 100
	askAgainIn = time.Minute // for the calendar of the night: the clock may be set
)

// light checks the wall's brightness and fills in what was not said.
func (w *Wall) light() error {
	if w.Brightness == 0 {
		w.Brightness = fullLight
	}
	if w.Brightness < 5 || w.Brightness > fullLight {
		return fmt.Errorf("wall: brightness %d: want 5 to 100", w.Brightness)
	}
	if w.Night == nil {
		return nil
	}
	night := *w.Night
	if night.Brightness == 0 {
		night.Brightness = 20
	}
	if w.Night = &night; night.Brightness < 1 || night.Brightness > fullLight {
		return fmt.Errorf("wall: night: brightness %d: want 1 to 100", night.Brightness)
	}
	return nil
}

// bright is the percent of light now. A clock that nobody vouches for makes no night.
func (w *wallPlan) bright(now point.Instant) int {
	switch {
	case w.urgent:
		return fullLight
	case w.Night == nil || w.calendars == nil:
		return w.Brightness
	}
	if now.Mono >= w.ask {
		on, known := w.calendars.Holds(w.Night.Calendar, now)
		w.night, w.ask = on && known, now.Mono+min(askAgainIn, w.calendars.Next(w.Night.Calendar, now))
	}
	if w.night {
		return w.Night.Brightness
	}
	return w.Brightness
}

// stealthy tells whether one of the partitions is armed away; none named are all.
func stealthy(partitions []string, panel zone.View) bool {
	return slices.ContainsFunc(panel.Partitions, func(v zone.PartitionView) bool {
		return v.As == zone.Away && (v.Mode == zone.Armed || v.Mode == zone.Entering) &&
			(len(partitions) == 0 || slices.Contains(partitions, v.ID))
	})
}

// savesLives is true for what shows in spite of stealth.
func savesLives(a *alarm.Alarm) bool {
	return !buttonOut(a) && (a.Kind == alarm.KindFire || a.Kind == alarm.KindHoldUp && !a.Silent)
}

// onWall tells whether the alarm is for the wall. What a flood keeps quiet is; a
// silent one is not. A panic button that rings nobody is everybody's business.
func onWall(a *alarm.Alarm) bool {
	return buttonOut(a) || a.Standing() && !a.Silent && (a.Quiet || !a.Aside())
}

func buttonOut(a *alarm.Alarm) bool { return a.Guarded && !a.RemovedUntil.IsZero() }
