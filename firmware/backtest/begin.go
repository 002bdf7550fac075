package backtest

import (
	"context"
	"slices"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
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

// furthest is how far a replay goes back for a contact that could not be read: so
// long are readings kept for sure.
const furthest = 30 * 24 * time.Hour

// begun is from when on the past must be replayed: some time before the moment,
// at which the box ran and every contact of the partition could be read.
func (q Request) begun(ctx context.Context, z zone.Zone, at time.Time) (time.Time, error) {
	oldest := at.Add(-furthest)
	for edge := at.Add(-Lead); ; {
		from := q.armed(z, q.running(edge))
		if !edge.After(oldest) {
			return from, nil
		}
		silent, err := q.silent(ctx, q.Panel.Beside(z), from)
		if err != nil || silent.Equal(from) {
			return from, err
		}
		if edge = silent.Add(-Lead); edge.Before(oldest) {
			edge = oldest
		}
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
