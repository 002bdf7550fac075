package annunciate

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// rank orders what a sounder can sound: the louder wins, so that an alarm is
// always heard over a fault.
type rank int

// The ranks, quietest first.
const (
	quiet rank = iota
	exitDelay
	troubleChirp
	supervisoryChirp
	entryDelay
	lateExit // the last ten seconds of an exit delay
	alarm4
	alarm3
	alarm2
	alarm1
	ranks // how many there are
)

// cadence is a pattern that begins with the noise.
type cadence struct{ on, off time.Duration }

// The patterns. Priority 1 is nearly continuous; a trouble chirps once a minute.
var cadences = [ranks]cadence{
	exitDelay:        {100 * time.Millisecond, 900 * time.Millisecond},
	troubleChirp:     {150 * time.Millisecond, 59850 * time.Millisecond},
	supervisoryChirp: {150 * time.Millisecond, 4850 * time.Millisecond},
	entryDelay:       {250 * time.Millisecond, 250 * time.Millisecond},
	lateExit:         {100 * time.Millisecond, 150 * time.Millisecond},
	alarm4:           {200 * time.Millisecond, 3800 * time.Millisecond},
	alarm3:           {300 * time.Millisecond, 1700 * time.Millisecond},
	alarm2:           {500 * time.Millisecond, 500 * time.Millisecond},
	alarm1:           {800 * time.Millisecond, 200 * time.Millisecond},
}

// flash is the pattern of beacons and of the wall's cells: once a second, also
// for people who must not see faster flicker.
var flash = cadence{500 * time.Millisecond, 500 * time.Millisecond}

// at tells the level at now of the pattern that began at from, and when it turns.
func (c cadence) at(now, from time.Duration) (on bool, turns time.Duration) {
	period := c.on + c.off
	into := (now - from) % period
	if into < 0 {
		into += period
	}
	if into < c.on {
		return true, now + c.on - into
	}
	return false, now + period - into
}

// rankOf is what the alarm sounds like.
func rankOf(a *alarm.Alarm) rank {
	switch a.Class {
	case alarm.ClassTrouble:
		return troubleChirp
	case alarm.ClassSupervisory:
		return supervisoryChirp
	}
	return alarm1 - rank(min(max(a.Priority, 1), 4)-1)
}

const (
	atLeast    = 30 * time.Second // of noise after a restart, and for whoever nobody has heard
	briefest   = 10 * time.Second // of noise for an alarm that cleared by itself
	testLength = 3 * time.Second  // of a lamp test
	testChirp  = 200 * time.Millisecond
	lateFrom   = 10 * time.Second // before the end of an exit delay
)

// sounded is when the alarm's noise began.
func sounded(a *alarm.Alarm) time.Duration {
	if a.Sounded == (point.Instant{}) {
		return a.Raised.Mono
	}
	return a.Sounded.Mono
}
