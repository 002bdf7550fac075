package annunciate

import (
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// output is one annunciator with what the alarms ask of it.
type output struct {
	Annunciator
	asks
	late   time.Duration // when an exit delay turns hurried
	hidden bool          // stealth: only what saves lives lights it

	sounding rank // what it sounds now
	heard    time.Duration
	from     time.Duration // when the present pattern began
	flashing bool
	feedback feedback
	contact  contact // of a relay
}

func newOutput(a Annunciator) (*output, error) {
	if a.Upto == 0 {
		a.Upto = 4
	}
	if a.Within == 0 {
		a.Within = 2 * time.Second
	}
	if a.CutOff == 0 {
		a.CutOff = 5 * time.Minute
	}
	if a.Stealth && a.Kind != "beacon" {
		return nil, fmt.Errorf("stealth of a %s: want a beacon", a.Kind)
	}
	if !slices.Contains([]string{"sounder", "beacon", "relay"}, a.Kind) {
		return nil, fmt.Errorf("kind %q: want sounder, beacon or relay", a.Kind)
	}
	if err := a.Output.Check(); err != nil {
		return nil, fmt.Errorf("output: %w", err)
	}
	if a.CutOff < 2*time.Minute || a.CutOff > 15*time.Minute {
		return nil, fmt.Errorf("cut-off %v: want 2m to 15m", a.CutOff)
	}
	if err := a.checkRelay(); err != nil {
		return nil, err
	}
	return &output{Annunciator: a}, nil
}

// end is when the alarm's noise stops by itself: at the cut-off; for one that
// cleared without a latch soon; a trouble chirps until somebody takes it.
func (o *output) end(a *alarm.Alarm, s sight) time.Duration {
	if a.Class == alarm.ClassTrouble {
		if a.Active && !a.Acknowledged {
			return point.Never
		}
		return 0
	}
	if !a.Active && !a.Latched {
		return s.sounded + briefest
	}
	end := s.sounded + o.CutOff
	if !a.Acknowledged {
		end = max(end, s.seen+atLeast)
	}
	return end
}

// delays adds the buzzer of entry and exit delays, and of doors that stand open.
func (o *output) delays(panel zone.View) {
	if o.Kind != "sounder" || !slices.Contains(o.Class, delayClass) {
		return
	}
	o.until[entryDelay], o.until[exitDelay], o.until[lateExit], o.until[doorWarning], o.late = 0, 0, 0, 0, point.Never
	if slices.ContainsFunc(panel.Doors, func(d zone.DoorView) bool {
		return d.State == "warned" && (len(o.Rooms) == 0 || slices.Contains(o.Rooms, d.Room))
	}) {
		o.until[doorWarning] = point.Never
	}
	for i := range panel.Partitions {
		v := &panel.Partitions[i]
		end := point.Never
		if v.Deadline != nil {
			end = v.Deadline.Mono
		}
		switch v.Mode {
		case zone.Entering:
			o.until[entryDelay] = max(o.until[entryDelay], end)
		case zone.Exiting:
			o.until[lateExit] = max(o.until[lateExit], end)
			o.late = min(o.late, end-lateFrom)
			o.until[exitDelay] = o.late
		}
	}
}

func (o *output) level(now time.Duration) (on bool, turns time.Duration) {
	switch o.Kind {
	case "sounder":
		return o.sound(now)
	case "beacon":
		return o.beacon(now)
	}
	return o.contact.on, o.contact.turns
}

// sound plays the loudest rank whose time is not over. A pattern begins with
// the noise; a newer alarm begins it again.
func (o *output) sound(now time.Duration) (on bool, turns time.Duration) {
	loudest := quiet
	for r := ranks - 1; r > quiet; r-- {
		if o.until[r] > now && (r != lateExit || now >= o.late) {
			loudest = r
			break
		}
	}
	if loudest != o.sounding || o.newest[loudest] > o.heard && loudest != quiet {
		o.sounding, o.from = loudest, now
	}
	o.heard = max(o.heard, o.newest[loudest])
	if loudest == quiet {
		return false, point.Never
	}
	on, turns = cadences[loudest].at(now, o.from)
	return on, min(turns, o.until[loudest])
}

func (o *output) sounds() bool {
	return o.Kind == "sounder" && o.sounding >= alarm4 && o.sounding < ranks
}

// beacon flashes while somebody has to acknowledge, and is steady while
// something acknowledged still stands.
func (o *output) beacon(now time.Duration) (on bool, turns time.Duration) {
	if o.unseen > 0 && !o.flashing {
		o.from = now
	}
	o.flashing = o.unseen > 0
	if o.flashing {
		return flash.at(now, o.from)
	}
	return o.lit > 0, point.Never
}

// tested lays a lamp test over the level.
func (o *output) tested(now, end time.Duration, on bool, turns time.Duration) (bool, time.Duration) {
	chirp := end - testLength + testChirp
	switch {
	case o.Kind == "beacon" && now < end:
		return true, min(turns, end)
	case o.Kind == "sounder" && now < chirp:
		return true, min(turns, chirp)
	}
	return on, turns
}
