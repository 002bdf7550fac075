package backtest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/condition"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
	"watchbox/firmware/zone"
)

// coarsest is how far apart the readings of a zone's input may have been kept: a
// detector's signal of more than 400 ms must be processed (EN 50131-1), so what
// was thinned to more has lost edges.
const coarsest = 400 * time.Millisecond

// ExplainZone lives through a stretch of the past before at with the panel and
// the alarm machine of the box and answers what they then thought of a zone's
// alarm. The readings come from the history, who armed, disarmed, bypassed and
// shelved from the journal. ok is false for a key that is no zone's. The error
// is a *NotKept where what was kept does not tell.
//
// Of a partition that has alarmed since it was armed all that time is replayed;
// else the last hours, for before them nothing else counts. The readings are
// those of all zones of the partition.
func ExplainZone(ctx context.Context, q Request, key string, at time.Time) (d event.Decision, ok bool, err error) {
	z, found := q.Panel.Of(key)
	if !found {
		return d, false, nil
	}
	if q.Off, err = q.awake(ctx, at); err != nil {
		return d, true, err
	}
	q.Old, q.New, q.To, q.Journal = nil, nil, at.Add(time.Millisecond), inOrder(q.Journal)
	if q.From, err = q.begun(ctx, z, at); err != nil {
		return d, true, fmt.Errorf("explain %s: %w", key, err)
	}
	if at.Sub(q.From) > Longest {
		return d, true, notKept("分区从 %s 起布防后有过报警，超过可回放的 %d 天，无法重现",
			"The partition was armed on %s and has alarmed since: more than the %d days that can be replayed", stamp(q.From), Longest/(24*time.Hour))
	}
	p := newPlan(q)
	if !p.fits(inputs(q.Panel.Beside(z))) {
		return d, true, notKept("该分区的点太多，一次最多回放 %d 个", "The partition has too many points: at most %d are replayed at once", store.SamplesPoints)
	}
	s, err := p.stream(ctx, nil)
	if err == nil {
		err = s.run(ctx)
	}
	if err == nil {
		err = s.knows(z, at)
	}
	if err != nil {
		return d, true, fmt.Errorf("explain %s: %w", key, err)
	}
	l := s.lanes[0]
	if d, ok = l.machine.Explain(key); !ok {
		return d, false, nil
	}
	l.panel.Explain(&d, l.reading)
	d.Origin = event.ID{} // the replay's own numbers mean nothing
	l.against(&d, q.Journal)
	d.At = s.instantAt(s.mono(at))
	return d, true, nil
}

func inputs(zones []zone.Zone) (names []point.Name) {
	for _, z := range zones {
		for _, n := range []point.Name{z.Input, z.Tamper} {
			if n != "" {
				names = append(names, n)
			}
		}
	}
	return names
}

// inOrder puts a disarm before the bypasses that it ended, of which the journal
// tells first: nobody guards in between.
func inOrder(journal []event.Record) []event.Record {
	list := slices.Clone(journal)
	for i := range list {
		for j := i; j > 0 && list[j].Type == event.PartitionDisarmed && list[j-1].Type == event.ZoneUnbypassed && list[j-1].At.Wall.Equal(list[j].At.Wall); j-- {
			list[j-1], list[j] = list[j], list[j-1]
		}
	}
	return list
}

// begun is from when on the past must be replayed: some time before the moment,
// at which the box ran and every contact of the partition could be read.
func (q Request) begun(ctx context.Context, z zone.Zone, at time.Time) (time.Time, error) {
	for edge := at.Add(-Lead); ; {
		from := q.armed(z, q.running(edge))
		if at.Sub(from) > Longest-Lead {
			return from, nil
		}
		silent, err := q.silent(ctx, q.Panel.Beside(z), from)
		if err != nil || silent.Equal(from) {
			return from, err
		}
		edge = silent.Add(-Lead)
	}
}

// running is a moment no later than from after which the box ran long enough for
// each delay to end.
func (q Request) running(from time.Time) time.Time {
	for _, g := range slices.Backward(q.Off) {
		if from.Before(g.To) && g.From.Before(from.Add(warmUp)) {
			from = g.From.Add(-warmUp)
		}
	}
	return from
}

// silent is the time of the oldest of the readings that stood then and do not say
// how their contact stood; then itself when there is none.
func (q Request) silent(ctx context.Context, zones []zone.Zone, then time.Time) (time.Time, error) {
	since := then
	_, err := q.Read(ctx, inputs(zones), then, then, func(x point.Sample) error {
		for _, z := range zones {
			if z.Input == x.Point && !z.Tells(x) && x.At.Wall.Before(since) {
				since = x.At.Wall
			}
		}
		return nil
	})
	return since, err
}

// armed is from, or, when the zone's partition was entered or has alarmed since
// it was armed, the moment of that.
func (q Request) armed(z zone.Zone, from time.Time) time.Time {
	armed, moved := time.Time{}, false
	mine := map[string]bool{}
	for _, x := range q.Panel.Beside(z) {
		mine["zone/"+x.ID] = true
	}
	for _, r := range q.Journal {
		if z.Always() || r.At.Wall.After(from) {
			break
		}
		switch ours := r.Subject == "partition/"+z.Partition; {
		case ours && r.Type == event.PartitionDisarmed:
			armed, moved = time.Time{}, false
		case ours && armed.IsZero() && (r.Type == event.PartitionArming || r.Type == event.PartitionArmed):
			armed = r.At.Wall
		case ours && r.Type == event.PartitionEntry, mine[r.Subject] && r.Type == event.AlarmRaised:
			moved = true
		}
	}
	if moved && !armed.IsZero() {
		return armed
	}
	return from
}

// knows refuses a moment of which too little was kept.
func (s *stream) knows(z zone.Zone, at time.Time) error {
	for _, n := range inputs([]zone.Zone{z}) {
		switch t := s.kept[n]; {
		case t.samples == 0 && !t.before && s.began.IsZero():
			return notKept("没有保存任何读数", "No readings were kept at all")
		case t.samples == 0 && !t.before:
			return notKept("%s 当时的读数没有保存，最早的读数是 %s 的", "Of %s no reading of that time was kept; the oldest of all is of %s", n, stamp(s.began))
		case t.thinned > coarsest:
			return notKept("%s 当时的读数已抽稀为 %v 一段，可能漏掉动作", "The readings of %s of that time were thinned to %v: a move may be missing", n, t.thinned)
		}
	}
	return s.failed
}

func stamp(t time.Time) string { return t.Format("2006-01-02 15:04") }

// follow tells what a person did, or the panel by itself, at that moment.
func (s *stream) follow(r event.Record) {
	for _, l := range s.lanes {
		if err := l.follow(s.instantAt(s.now), r); err != nil && s.failed == nil {
			s.failed = notKept("日志没有写明 %s 当时怎样布防（由旧版本记录），无法回放", "The journal does not say how %s was armed then (an older release wrote it): it cannot be replayed", r.Subject)
		}
	}
}

func (l *lane) follow(now point.Instant, r event.Record) (err error) {
	if l.panel != nil {
		err = l.panel.Follow(now, r)
	}
	var d struct {
		Until   time.Time
		Comment string
	}
	_ = json.Unmarshal(r.Detail, &d) // a record without one shelved nothing
	first, second, _ := strings.Cut(r.Actor, ", ")
	switch m := l.machine; r.Type { // refused where it is so already
	case event.AlarmShelved:
		_ = m.Shelve(now, r.Subject, d.Until, r.Actor, cmp.Or(d.Comment, "-"))
	case event.AlarmUnshelved:
		_ = m.Unshelve(now, r.Subject, r.Actor)
	case event.AlarmOutOfService:
		_ = m.OutOfService(now, r.Subject, d.Until, first, second, cmp.Or(d.Comment, "-"))
	case event.AlarmInService:
		_ = m.InService(now, r.Subject, r.Actor)
	}
	l.settle(now)
	return err
}

// reading is the newest reading that the lane was told.
func (l *lane) reading(n point.Name) (event.Input, bool) {
	r, ok := l.read[n]
	return condition.Told(l.plan.points[n], r.good, r.newest), ok
}

// against holds the replay against the journal: did the alarm ring then, as it
// does here? The occurrence is the journal's.
func (l *lane) against(d *event.Decision, journal []event.Record) {
	var rang event.Record
	aside, from := false, l.plan.q.From // a raise that was held when the replay began comes later here
	for _, r := range journal {
		switch {
		case r.Subject != d.Key:
		case r.Type == event.AlarmRaised:
			rang = r
		case r.At.Wall.Before(from):
			aside = r.Type == event.AlarmShelved || r.Type == event.AlarmOutOfService
		}
	}
	here := l.rang[d.Key]
	standing := d.Verdict == alarm.VerdictRaised || d.Verdict == alarm.VerdictClearing || d.Verdict == alarm.VerdictChattering
	if standing {
		d.Origin = rang.ID
	}
	switch {
	case aside:
	case !here.After(from.Add(warmUp)) && !rang.At.Wall.After(from.Add(warmUp)): // neither, or it stood before
	case rang.At.Wall.Sub(here).Abs() <= raiseApart:
	case rang.At.Wall.After(here):
		d.Text.Zh += "；注意：日志记有 " + clock(rang.At.Wall) + " 的报警，按保存的读数重现不出来"
		d.Text.En += "; mind: the journal has an alarm of " + clock(rang.At.Wall) + " that the kept readings do not explain"
	default:
		d.Text.Zh += "；注意：按保存的读数 " + clock(here) + " 应已报警，日志中没有"
		d.Text.En += "; mind: by the kept readings it should have rung at " + clock(here) + ", the journal has no such alarm"
	}
}

// raiseApart is how far a raise here and in the journal may lie apart: readings
// are kept to 10 ms, and the box judges in turns.
const raiseApart = 2 * time.Second

// warmUp is until when a raise here may be one of before: the longest delay of the
// panel's alarms is a minute.
const warmUp = 2 * time.Minute

func clock(t time.Time) string { return t.Format("15:04:05") }
