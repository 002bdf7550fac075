package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/backtest"
	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
	"watchbox/firmware/zone"
)

// explainPast answers for a time in the past: a rule's alarm by the present
// rules, one of the panel by the site file that was in force then. Both are told
// by the journal what people did. May block on the disk.
func (a *App) explainPast(ctx context.Context, key string, at time.Time) (event.Decision, error) {
	q, err := a.past(ctx, at.Add(-backtest.Longest), at)
	if err != nil {
		return event.Decision{}, err
	}
	site, known := a.siteAt(at)
	at = at.In(site.Zone()) // for the times in the answer
	q.To = at
	d := panelOf(site)
	part, _, panels := d.About(key)
	journal, whole, err := a.told(ctx, part, panels, at)
	if err != nil {
		return event.Decision{}, err
	}
	if refusal := untold(part, key); !whole && refusal != nil {
		return event.Decision{}, refusal
	}
	q.Journal = journal
	if !panels {
		d, ok, err := backtest.Explain(ctx, q, key, at)
		if err == nil && !ok {
			return a.recorded(ctx, q, key, at)
		}
		return d, err
	}
	panel, _ := zone.New(d) // what is wrong with it was told when it came into force
	q.Panel, q.More = &d, definitions(site, panel)
	answer, ok, err := backtest.ExplainPanel(ctx, q, key, at)
	switch {
	case err != nil:
		return answer, err
	case !ok:
		return answer, fmt.Errorf("%s: %w", key, ErrNoAlarm)
	case !known:
		mind(&answer, "当时的站点文件没有保存，按现行的判断", "the site file of that time was not kept, judged by the present one")
	}
	if !whole && asksCards(part) && !strings.HasSuffix(key, "/trouble") {
		mind(&answer, "日志没有上溯到更早的刷卡放行", "the journal was not read back to an earlier card that was let through")
	}
	return answer, nil
}

// mind adds to an answer what makes it less certain.
func mind(d *event.Decision, zh, en string) {
	d.Text.Zh += "；注意：" + zh
	d.Text.En += "; mind: " + en
}

// asksCards is whether the part is a door that lets people through by card.
func asksCards(part zone.Definition) bool {
	return len(part.Doors) > 0 && part.Doors[0].Reader+part.Doors[0].ExitReader != ""
}

// untold refuses what cannot be answered by a journal that does not reach back to
// a record to begin with; nil when the rest of what was kept answers it.
func untold(part zone.Definition, key string) error {
	switch {
	case len(part.Partitions) > 0:
		return &backtest.NotKept{Words: point.Words{Zh: "日志没有上溯到当时之前的一次撤防，无法得知当时是否布防",
			En: "The journal does not reach back to a disarm before that time: nobody knows whether it was armed"}}
	case strings.HasSuffix(key, "/wrong-cards"):
		return &backtest.NotKept{Words: point.Words{Zh: "日志没有上溯到当时之前的一次刷卡放行，无法得知当时已连续拒绝几张卡",
			En: "The journal does not reach back to a card that the door let through before that time: nobody knows how many were refused in a row"}}
	}
	return nil
}

// panelOf is the site's panel for a replay.
func panelOf(site *config.Site) zone.Definition {
	d := zone.Definition{Zones: site.Zones, Partitions: site.Partitions, Doors: site.Doors, Rooms: roomLabels(site), Replay: true}
	if book, _ := site.Book(); book != nil {
		d.Calendars = book
	}
	return d
}

// siteAt is the site file that was in force then; known is false when it was not
// kept, and the present one has to stand for it. Blocks on the disk.
func (a *App) siteAt(at time.Time) (site *config.Site, known bool) {
	list, err := a.history().List()
	if err != nil {
		a.log("%v", err)
	}
	i := slices.IndexFunc(list, func(x config.Accepted) bool { return !x.At.After(at) })
	if i <= 0 {
		return a.site.Load(), i == 0
	}
	if _, text, err := a.history().Get(list[i].Number); err == nil {
		site, _ = config.LoadText("site file of then", text, a.options.Secrets)
	}
	if site == nil {
		return a.site.Load(), false
	}
	return site, true
}

// What the journal is asked for: what people put aside, what moved the panel, and
// whom a door let through or refused.
var (
	asides = []event.Type{event.AlarmShelved, event.AlarmUnshelved, event.AlarmOutOfService, event.AlarmInService}
	moves  = []event.Type{event.PartitionArming, event.PartitionArmed, event.PartitionDisarmed, event.PartitionEntry, event.PartitionLate,
		event.ZoneBypassed, event.ZoneUnbypassed, event.WalkTestBegan, event.WalkTestEnded, event.AlarmRaised}
	cards = []event.Type{event.DoorGranted, event.DoorExit, event.DoorDenied, event.DoorWaiting, event.DoorWrongCards, event.AlarmRaised}
)

// told is what the journal tells until then, oldest first: what was put aside for
// as long as that may last, and of the panel's part all since a record to begin
// with; whole is false when the journal holds none such.
func (a *App) told(ctx context.Context, part zone.Definition, panels bool, at time.Time) (all []event.Record, whole bool, err error) {
	old := func(r event.Record) bool { return r.At.Wall.Before(at.Add(-alarm.MaxRemoval)) }
	if all, _, err = a.recall(ctx, asides, at, old); err != nil || !panels {
		return all, true, err
	}
	types, begins := tellers(part)
	enough := func(r event.Record) bool { return r.At.Wall.Before(at.Add(-backtest.Lead)) && begins(r) }
	moved, whole, err := a.recall(ctx, types, at, enough)
	all = append(all, moved...)
	slices.SortStableFunc(all, func(a, b event.Record) int { return a.At.Wall.Compare(b.At.Wall) })
	return all, whole, err
}

// tellers are the records that tell of a part of the panel, and which of them it
// can begin with: a disarm of the partition, a card that the door let through, of
// what no person moves any.
func tellers(part zone.Definition) (types []event.Type, begins func(event.Record) bool) {
	switch {
	case len(part.Partitions) > 0:
		subject := "partition/" + part.Partitions[0].ID
		return moves, func(r event.Record) bool { return r.Type == event.PartitionDisarmed && r.Subject == subject }
	case len(part.Doors) > 0 && part.Doors[0].Reader != "":
		subject := "door/" + part.Doors[0].ID
		return cards, func(r event.Record) bool { return r.Type == event.DoorGranted && r.Subject == subject }
	case len(part.Doors) > 0 && part.Doors[0].ExitReader != "":
		subject := "door/" + part.Doors[0].ID // the exit button has no actor
		return cards, func(r event.Record) bool { return r.Type == event.DoorExit && r.Subject == subject && r.Actor != "" }
	case len(part.Doors) > 0:
		return cards, func(event.Record) bool { return true }
	}
	return moves, func(event.Record) bool { return true }
}

// recallMost is how many records of the journal one question may take.
const recallMost = 50_000

// recall reads the journal backwards from then until enough holds; whole is true
// when it did, or when the journal was read to its very beginning. Oldest first.
func (a *App) recall(ctx context.Context, types []event.Type, at time.Time, enough func(event.Record) bool) (list []event.Record, whole bool, err error) {
	s, q := a.store.Load(), store.EventQuery{Types: types, Limit: 1000}
	for n := 0; n < recallMost; n += q.Limit {
		page, err := s.Events(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for _, r := range page {
			if r.At.Wall.After(at) {
				continue
			}
			if list = append(list, r); enough(r) {
				slices.Reverse(list)
				return list, true, nil
			}
		}
		if len(page) < q.Limit {
			slices.Reverse(list)
			return list, a.unswept(ctx, s), nil
		}
		last := page[len(page)-1]
		q.Epoch, q.Before = last.ID.Epoch, last.ID.Sequence
	}
	slices.Reverse(list)
	return list, false, nil
}

// unswept tells whether the first record of the journal is still there.
func (a *App) unswept(ctx context.Context, s *store.Store) bool {
	_, epoch, _ := s.Identity()
	first, err := s.Events(ctx, store.EventQuery{Epoch: epoch, Before: 2, Limit: 1})
	return err == nil && len(first) == 1
}
