package conformance

import (
	"fmt"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// What the site `room` and standards.md 5 say of the noise of a panic alarm.
const (
	cutOff   = 5 * time.Minute
	atLeast  = 30 * time.Second // what is left of the noise after a restart
	every    = 15 * time.Minute
	settling = time.Second     // the engine's time to act
	pause    = 4 * time.Second // the longest of a cadence, or of a blinking lamp
)

// sounder follows one audible panic alarm by the journal alone and knows what
// must be heard and seen of it. It is a second opinion: it shares nothing with the
// planner.
type sounder struct {
	key       string
	stands    bool
	since     time.Duration // it stands since then
	noiseFrom time.Duration
	noiseTo   time.Duration // cut-off, silence
	again     time.Duration // sounds anew by then at the latest
	acked     bool
	silenced  bool
	removed   bool // out of service
	lit       time.Duration
	boot      string
}

// take follows the journal.
func (s *sounder) take(r *rig, x event.Record) {
	if x.Subject != s.key {
		return
	}
	now := r.now.Mono
	switch x.Type {
	case event.AlarmRaised:
		if !s.stands {
			s.since = now
		}
		s.stands, s.acked = true, false
		s.sound(now)
	case event.AlarmResounded:
		s.sound(now)
	case event.AlarmAcknowledged:
		s.acked, s.again = true, point.Never
	case event.AlarmSilenced:
		s.silenced, s.noiseTo = true, now
	case event.AlarmReset:
		*s = sounder{key: s.key, boot: s.boot, removed: s.removed}
	case event.AlarmOutOfService:
		s.removed = true
	case event.AlarmInService:
		if s.removed = false; s.stands {
			s.since, s.noiseFrom = now, now
			s.wait(now)
		}
	}
}

func (s *sounder) sound(now time.Duration) {
	s.silenced, s.noiseFrom, s.noiseTo = false, now, now+cutOff
	s.wait(now)
}

// wait is the time until it must sound anew.
func (s *sounder) wait(now time.Duration) {
	if s.again = now + every; s.acked {
		s.again = point.Never
	}
}

// reboot: of the noise at least 30 s are left while nobody acknowledged; of the
// 15 min never more than these.
func (s *sounder) reboot(r *rig) {
	now := r.now.Mono
	s.boot, s.since, s.noiseFrom, s.noiseTo = r.now.Boot, now, now, now
	if !s.silenced && !s.acked {
		s.noiseTo = now + atLeast
	}
	s.wait(now)
}

// check holds what is heard and seen against what must be.
func (s *sounder) check(r *rig) error {
	if s.boot != r.now.Boot {
		s.reboot(r)
	}
	now := r.now.Mono
	if lamp := r.lamp("hall", "alarm"); lamp != "off" && lamp != "nowhere" {
		s.lit = now
	}
	if !s.stands || s.removed {
		return nil
	}
	switch {
	case now >= s.noiseFrom+settling && now < s.noiseTo && !r.sounds("hall/siren"):
		return fmt.Errorf("%s is not heard, %v after its noise began", s.key, now-s.noiseFrom)
	case now-settling > s.again:
		return fmt.Errorf("%s was not acknowledged and did not sound again", s.key)
	case now > s.since+pause+settling && now > s.lit+pause+settling:
		return fmt.Errorf("%s stands and its lamp is dark", s.key)
	}
	return nil
}
