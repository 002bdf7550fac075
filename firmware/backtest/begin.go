package backtest

import (
	"context"
	"slices"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

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

// furthest is how far a replay goes back for a contact that could not be read, or a
// door that stands open: so long are readings kept for sure.
const furthest = 30 * 24 * time.Hour

// begun is from when on the past must be replayed: some time before the moment,
// at which the box ran and every contact told all about how it stood.
func (q Request) begun(ctx context.Context, key string, at time.Time) (time.Time, error) {
	oldest := at.Add(-furthest)
	for edge := q.late(key, at).Add(-Lead); ; {
		from := q.armed(key, q.running(edge))
		if !edge.After(oldest) {
			return from, nil
		}
		silent, err := q.silent(ctx, from)
		if err != nil || silent.Equal(from) {
			return from, err
		}
		if len(q.Panel.Doors) > 0 && silent.Before(oldest) { // to begin with an open door would be to say that nobody forced it
			return from, notKept("从 %s 起门一直开着，或有门磁、消防触点读不到，超过可回放的 %d 天，不知门当时如何打开",
				"Since %s the door stands open, or its contact or one of fire cannot be read: more than the %d days that can be replayed, nobody knows how it was opened", q.stamp(silent), furthest/(24*time.Hour))
		}
		if edge = silent.Add(-Lead); edge.Before(oldest) {
			edge = oldest
		}
	}
}

// week is how long a calendar holds at most.
const week = 7 * 24 * time.Hour

// late is the moment at which the partition should have been armed, for its alarm
// about that, if its calendar may still hold; else at.
func (q Request) late(key string, at time.Time) time.Time {
	for _, r := range slices.Backward(q.Journal) {
		if r.Type == event.PartitionLate && key == r.Subject+"/late" && r.At.Wall.Before(at) && at.Sub(r.At.Wall) < week {
			return r.At.Wall
		}
	}
	return at
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
// all about how their contact stood; then itself when there is none.
func (q Request) silent(ctx context.Context, then time.Time) (time.Time, error) {
	since, names := then, q.Panel.Inputs()
	if len(names) == 0 {
		return then, nil
	}
	_, err := q.Read(ctx, names, then, then, func(x point.Sample) error {
		if !q.Panel.Tells(x) && x.At.Wall.Before(since) {
			since = x.At.Wall
		}
		return nil
	})
	return since, err
}

// armed is from, or, when the partition was entered or has alarmed since it was
// armed, the moment of that. Detectors that verify each other may have raised
// without an alarm: a shelved one does.
func (q Request) armed(key string, from time.Time) time.Time {
	if len(q.Panel.Partitions) == 0 {
		return from
	}
	partition := "partition/" + q.Panel.Partitions[0].ID
	always := key == partition+"/verified"
	armed, moved := time.Time{}, always
	mine := map[string]bool{}
	for _, x := range q.Panel.Zones {
		mine["zone/"+x.ID] = true
	}
	for _, r := range q.Journal {
		if r.At.Wall.After(from) {
			break
		}
		switch ours := r.Subject == partition; {
		case ours && r.Type == event.PartitionDisarmed:
			armed, moved = time.Time{}, always
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
