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
	doorWarning // a door stands open, and will soon be held open
	entryDelay
	lateExit // the last ten seconds of an exit delay
	alarm4
	alarm3
	alarm2
	alarm1
	fireAlarm
	ranks // how many there are
)

// cadence is a pattern that begins with the noise: beats, and after so many of
// them a pause.
type cadence struct {
	on, off time.Duration
	beats   int // 0 is 1
	pause   time.Duration
}

// The patterns. Priority 1 is nearly continuous; a trouble chirps once a minute.
var cadences = [ranks]cadence{
	exitDelay:        {on: 100 * time.Millisecond, off: 900 * time.Millisecond},
	troubleChirp:     {on: 150 * time.Millisecond, off: 59850 * time.Millisecond},
	supervisoryChirp: {on: 150 * time.Millisecond, off: 4850 * time.Millisecond},
	doorWarning:      {on: 100 * time.Millisecond, off: 150 * time.Millisecond, beats: 2, pause: 1500 * time.Millisecond},
	entryDelay:       {on: 250 * time.Millisecond, off: 250 * time.Millisecond},
	lateExit:         {on: 100 * time.Millisecond, off: 150 * time.Millisecond},
	alarm4:           {on: 200 * time.Millisecond, off: 3800 * time.Millisecond},
	alarm3:           {on: 300 * time.Millisecond, off: 1700 * time.Millisecond},
	alarm2:           {on: 500 * time.Millisecond, off: 500 * time.Millisecond},
	alarm1:           {on: 800 * time.Millisecond, off: 200 * time.Millisecond},
	fireAlarm:        {500 * time.Millisecond, 500 * time.Millisecond, 3, time.Second}, // the temporal three of ISO 8201: everybody knows it as "leave"
}

// flash is the pattern of beacons and of the wall's cells: once a second, also
// for people who must not see faster flicker.
var flash = cadence{on: 500 * time.Millisecond, off: 500 * time.Millisecond}

// at tells the level at now of the pattern that began at from, and when it turns.
func (c cadence) at(now, from time.Duration) (on bool, turns time.Duration) {
	beat, beats := c.on+c.off, time.Duration(max(c.beats, 1))
	period := beat*beats + c.pause
	into := (now - from) % period
	if into < 0 {
		into += period
	}
	if into >= beat*beats {
		return false, now + period - into
	}
	into %= beat
	if into < c.on {
		return true, now + c.on - into
	}
	return false, now + beat - into
}

// rankOf is what the alarm sounds like.
func rankOf(a *alarm.Alarm) rank {
	switch a.Class {
	case alarm.ClassTrouble:
		return troubleChirp
	case alarm.ClassSupervisory:
		return supervisoryChirp
	}
	if a.Kind == alarm.KindFire {
		return fireAlarm
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
