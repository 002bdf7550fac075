package annunciate

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// feedback holds an output against what is read back from it: a second contact
// of its relay, the current of its coil. A siren that does not sound when it is
// told to, or sounds untold, is an alarm; one that cannot be read says nothing.
type feedback struct {
	known, on bool
	seen      time.Duration // when it was last on
	wanted    bool          // it should sound, beat by beat, or be on
	since     time.Duration // wanted or not, since then
	told      bool          // it contradicts
	// A relay that was on only for a moment must have been seen on since owed.
	owed, judge time.Duration // judged at judge; 0 when nothing is owed
	missed      bool
}

// Leftover is how long after a start an output that is on may be one that the last
// run left on, where no store says so: as long as a sounder sounds by default. A
// dying disk must not silence a panic that nobody has acted on.
const Leftover = 5 * time.Minute

// slowest is the longest pause of a cadence that is told to be heard.
const slowest = 4 * time.Second

// Definitions are the alarms about annunciators that are read back.
func Definitions(list []Annunciator) (all []alarm.Definition) {
	for _, a := range list {
		if a.Feedback == "" {
			continue
		}
		label := a.Label
		if label.IsZero() {
			label = point.Words{Zh: a.ID, En: a.ID}
		}
		all = append(all, alarm.Definition{Key: a.key(), Point: a.Feedback, Priority: 1, Class: alarm.ClassTrouble,
			Label:       point.Words{Zh: label.In("zh") + " 没有按命令动作", En: label.In("en") + " does not do what it is told"},
			Instruction: point.Words{Zh: "现场可能听不到报警：检查警号、接线和保险", En: "Alarms may not be heard: check the siren, its wiring and its fuse"}})
	}
	return all
}

func (a Annunciator) key() string { return "annunciator/" + a.ID + "/contradicts" }

// Sample takes what is read back from an output, what tells of the wall's
// controller, and what the wall shows; other points are ignored.
func (p *Planner) Sample(now point.Instant, s point.Sample) {
	p.alive(s)
	if p.wall != nil && p.wall.text != nil {
		p.wall.text.sample(s)
	}
	for _, o := range p.back[s.Point] {
		f := &o.feedback
		if f.known = s.Quality.Usable() && !s.Value.IsNone(); !f.known {
			continue
		}
		f.on = s.Value.Truth()
		if f.on {
			f.seen = now.Mono
		}
	}
}

// Signals hands over what changed about outputs that are read back.
func (p *Planner) Signals() []alarm.Signal {
	s := p.signals
	p.signals = nil
	return s
}

// supervise compares what the output should do with what is read back, and tells
// when to look again. A cadence is heard when it was on within its longest pause.
func (p *Planner) supervise(o *output, now time.Duration, wanted bool) (look time.Duration) {
	f := &o.feedback
	if o.Feedback == "" {
		return point.Never
	}
	if wanted != f.wanted {
		if o.Kind == "relay" && f.wanted && now-f.since < o.Within+slowest {
			f.owed, f.judge = f.since, now+o.Within
		}
		f.wanted, f.since = wanted, now
	}
	if f.on {
		f.seen = now
	}
	if !f.wanted && !p.settled && now < p.began+Leftover {
		f.since = now // what the last run left may well want it
	}
	look = f.moment(now)
	late := f.since + o.Within
	if f.wanted {
		late = max(f.since, f.seen) + o.Within + slowest
	}
	wrong := f.known && (f.wanted && !f.on || !f.wanted && f.on)
	if bad := wrong && now >= late || f.missed; bad != f.told && (bad || !wrong) {
		f.told = bad
		p.signals = append(p.signals, alarm.Signal{Key: o.key(), Active: bad})
	}
	if wrong && !f.told {
		return min(look, late)
	}
	return look
}

// moment judges a relay that was on too briefly to be held against what is read
// back while it is: it must have been seen on. A miss stands until it is.
func (f *feedback) moment(now time.Duration) (look time.Duration) {
	if f.seen >= f.owed && f.seen > 0 {
		f.owed, f.missed = 0, false
	}
	if f.owed == 0 {
		return point.Never
	}
	if now < f.judge {
		return f.judge
	}
	f.missed, f.owed = f.known, 0
	return point.Never
}

// loud is true while the output should be heard or seen: a chirp once a minute
// is too seldom to be held against anything.
func (o *output) loud() bool {
	switch o.Kind {
	case "sounder":
		return o.sounding >= entryDelay && o.sounding < ranks
	case "relay":
		return o.contact.on
	}
	return o.lit+o.unseen > 0
}
