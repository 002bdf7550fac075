package backtest

import (
	"context"
	"fmt"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// coarsest is how far apart the readings of a contact may have been kept: a
// detector's signal of more than 400 ms must be processed (EN 50131-1), so what
// was thinned to more has lost edges.
const coarsest = 400 * time.Millisecond

// ExplainPanel lives through a stretch of the past before at with the panel and
// the alarm machine of the box and answers what they then thought of an alarm of a
// zone, a door or a partition. The readings come from the history; who armed,
// disarmed, bypassed, shelved and was let through by card, from the journal. ok is
// false for another key. The error is a *NotKept where what was kept does not tell.
//
// Of a partition that has alarmed since it was armed all that time is replayed,
// and of a door that stands open since it was last closed; else the last hours,
// for before them nothing else counts.
func ExplainPanel(ctx context.Context, q Request, key string, at time.Time) (d event.Decision, ok bool, err error) {
	part, must, found := q.Panel.About(key)
	if !found {
		return d, false, nil
	}
	q.Panel = &part
	if q.Off, err = q.awake(ctx, at); err != nil {
		return d, true, err
	}
	q.Old, q.New, q.To, q.Journal = nil, nil, at.Add(time.Millisecond), inOrder(q.Journal)
	if q.From, err = q.begun(ctx, key, at); err != nil {
		return d, true, fmt.Errorf("explain %s: %w", key, err)
	}
	if at.Sub(q.From) > Longest {
		return d, true, notKept("分区从 %s 起布防至今，超过可回放的 %d 天，无法重现",
			"The partition was armed on %s and still is: more than the %d days that can be replayed", q.stamp(q.From), Longest/(24*time.Hour))
	}
	p := newPlan(q)
	if !p.fits(part.Inputs()) {
		return d, true, notKept("该分区的点太多，一次最多回放 %d 个", "The partition has too many points: at most %d are replayed at once", store.SamplesPoints)
	}
	s, err := p.stream(ctx, nil)
	if err == nil {
		err = s.run(ctx)
	}
	if err == nil {
		err = s.knows(must)
	}
	if err != nil {
		return d, true, fmt.Errorf("explain %s: %w", key, err)
	}
	l := s.lanes[0]
	if d, ok = l.machine.Judgement(key); !ok {
		return d, false, nil
	}
	d.At = s.instantAt(s.mono(at))
	l.panel.Explain(&d, l.reading)
	d.Origin = event.ID{} // the replay's own numbers mean nothing
	l.against(&d, q.Journal)
	return d, true, nil
}

// knows refuses a moment of which too little was kept.
func (s *stream) knows(must []point.Name) error {
	for _, n := range must {
		switch t := s.kept[n]; {
		case t.samples == 0 && !t.before:
			return s.unread(n)
		case t.thinned > coarsest:
			return notKept("%s 当时的读数已抽稀为 %v 一段，可能漏掉动作", "The readings of %s of that time were thinned to %v: a move may be missing", n, t.thinned)
		}
	}
	return s.failed
}

// unread is the answer where nothing of a point was kept: the box was not told of
// it, or the minutes before a power cut went with the power.
func (s *stream) unread(n point.Name) error {
	if s.began.IsZero() {
		return notKept("没有保存任何读数", "No readings were kept at all")
	}
	return notKept("%s 当时的读数没有保存，最早的读数是 %s 的", "Of %s no reading of that time was kept; the oldest of all is of %s", n, s.plan.q.stamp(s.began))
}
