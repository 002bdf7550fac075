package alarm

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// The verdicts of the why-log: what the machine thinks of one alarm. A decision
// is written when the verdict changes, and only then.
const (
	VerdictQuiet       = "quiet"          // its condition does not hold
	VerdictWaiting     = "waiting"        // it holds, the on-delay runs
	VerdictWithdrawn   = "withdrawn"      // it went before the delay ended
	VerdictRaised      = "raised"         // it rings
	VerdictClearing    = "clearing"       // its condition is gone, the off-delay runs or a cause still stands
	VerdictCleared     = "cleared"        // and it is over
	VerdictShelved     = "shelved"        // a person put it aside
	VerdictSuppressed  = "suppressed"     // its cause explains it
	VerdictRemoved     = "out-of-service" // a person took it out of service, or its rule failed
	VerdictOffSchedule = "off-schedule"   // its rule does not apply at this time of the week
	VerdictUnsure      = "unsure"         // bad data: nothing raises, nothing clears
	VerdictChattering  = "chattering"     // comes and goes too fast to tell each
)

// What is kept: so many decisions of one alarm a minute, the rest is counted; so
// many of all between two calls of Decisions, then the oldest go.
const (
	mindLimit  = 10
	mindWindow = time.Minute
	whyLimit   = 8192
)

// why holds the decisions since they were last taken.
type why struct {
	decisions []event.Decision
	first     int           // number of decisions[0], of all time
	seen      point.Instant // the newest instant: what a monotonic deadline is told by
}

// mind is the last thought about one alarm.
type mind struct {
	verdict, cause string
	at             point.Instant // since then
	began          time.Duration // of the minute in which kept counts
	kept, skipped  int
	unnumbered     []int // decisions of a raise that has no number yet
}

// verdict is what the state says now.
func (l *life) verdict() string {
	switch {
	case l.OutOfService || l.removed():
		return VerdictRemoved
	case l.shelved():
		return VerdictShelved
	case l.Suppressed != "":
		return VerdictSuppressed
	case l.resting:
		return VerdictOffSchedule
	case l.unsure:
		return VerdictUnsure
	case l.Alarm.Chattering:
		return VerdictChattering
	case l.Active && l.waiting && !l.holds:
		return VerdictClearing
	case l.Active:
		return VerdictRaised
	case l.waiting && l.holds:
		return VerdictWaiting
	}
	return VerdictQuiet
}

// thought is the verdict in the light of the last one: how a silence came about.
func (l *life) thought() string {
	v, last := l.verdict(), l.mind.verdict
	switch {
	case v != VerdictQuiet:
		return v
	case last == "":
		return ""
	case last == VerdictWaiting || last == VerdictWithdrawn:
		return VerdictWithdrawn
	case last == VerdictRaised || last == VerdictClearing || last == VerdictChattering || last == VerdictCleared:
		return VerdictCleared
	}
	return VerdictQuiet
}

// ponder notes a change of mind. It is on the path of every sample: it formats
// nothing unless the verdict changed.
func (m *Machine) ponder(now point.Instant, l *life) {
	m.why.seen = now
	v := l.thought()
	if v == l.mind.verdict && l.Alarm.Suppressed == l.mind.cause {
		return
	}
	l.mind.verdict, l.mind.cause, l.mind.at = v, l.Alarm.Suppressed, now
	if now.Mono-l.mind.began >= mindWindow || l.mind.kept == 0 {
		l.mind.began, l.mind.kept = now.Mono, 0
	}
	if l.mind.kept == mindLimit {
		l.mind.skipped++
		return
	}
	l.mind.kept++
	d := l.decision(now, v)
	d.Skipped, l.mind.skipped = l.mind.skipped, 0
	m.why.add(l, d)
}

func (w *why) add(l *life, d event.Decision) {
	if len(w.decisions) == whyLimit {
		half := whyLimit / 2
		w.decisions = append(w.decisions[:0:0], w.decisions[half:]...)
		w.first += half
	}
	w.decisions = append(w.decisions, d)
	if l.raised && d.Origin == (event.ID{}) {
		if len(l.mind.unnumbered) == mindLimit {
			l.mind.unnumbered = l.mind.unnumbered[1:]
		}
		l.mind.unnumbered = append(l.mind.unnumbered, w.first+len(w.decisions)-1)
	}
}

// number names the raise record in the decisions that led to it.
func (w *why) number(l *life, id event.ID) {
	for _, n := range l.mind.unnumbered {
		if i := n - w.first; i >= 0 && i < len(w.decisions) {
			w.decisions[i].Origin = id
		}
	}
	l.mind.unnumbered = nil
}

// Decisions hands over the changes of mind since the last call, in order. Call
// it after the raises of the step were numbered. At most 10 a minute are kept of
// one alarm; the next one says how many were skipped before it.
func (m *Machine) Decisions() []event.Decision {
	w := &m.why
	d := w.decisions
	w.first += len(d)
	w.decisions = nil
	return d
}

// Explain answers for now why the alarm rings, does not, or is still listed
// although its condition is gone; ok is false for an unknown key. At is the time of
// the newest judgement of any alarm.
func (m *Machine) Explain(key string) (d event.Decision, ok bool) {
	d, ok = m.Judgement(key)
	if l := m.lives[key]; ok && d.Verdict == VerdictQuiet && l.raised {
		d.Verdict = VerdictCleared
		said, wait := l.sentence(d), l.awaits()
		d.Text = point.Words{Zh: said.Zh + "，" + wait.Zh, En: said.En + ", " + wait.En}
	}
	return d, ok
}

// awaits is what a person still has to do with an alarm whose condition is gone.
func (l *life) awaits() point.Words {
	switch {
	case l.Latched && !l.Acknowledged:
		return point.Words{Zh: "等人确认并复位", En: "somebody must acknowledge and reset it"}
	case l.Latched:
		return point.Words{Zh: "等人复位", En: "somebody must reset it"}
	}
	return point.Words{Zh: "等人确认", En: "somebody must acknowledge it"}
}

// Judgement is what is thought of the alarm's condition, whatever people still have
// to do: all that a replay can know. As Explain otherwise.
func (m *Machine) Judgement(key string) (d event.Decision, ok bool) {
	l := m.lives[key]
	if l == nil {
		return d, false
	}
	d = l.decision(m.why.seen, l.verdict())
	d.Skipped = l.mind.skipped
	return d, true
}

// decision writes down a verdict with what it rests on.
func (l *life) decision(now point.Instant, verdict string) event.Decision {
	d := event.Decision{At: now, Key: l.Key, Verdict: verdict, Version: l.Version, Inputs: l.inputs(), Cause: l.Alarm.Suppressed}
	if l.raised {
		d.Origin = l.Occurrence
	}
	if end := l.ends(verdict); end != point.Never {
		d.Until = now.Add(end - now.Mono)
	}
	if d.Text = l.sentence(d); l.simulated() {
		d.Text = d.Text.Simulated()
	}
	return d
}

// ends is the timer that the verdict waits for.
func (l *life) ends(verdict string) time.Duration {
	switch {
	case verdict == VerdictWaiting || verdict == VerdictClearing && !l.bound:
		return l.due
	case verdict == VerdictShelved:
		return l.shelfEnd
	case verdict == VerdictRemoved:
		return l.removedEnd
	case verdict == VerdictSuppressed:
		return l.design.release
	case verdict == VerdictChattering:
		return l.quiet
	}
	return point.Never
}
