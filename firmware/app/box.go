package app

import (
	"context"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/command"
	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
	"watchbox/firmware/zone"
)

// What follows is the appliance as the page and the API see it: web.Box.

// View is the newest view. Never blocks.
func (a *App) View() *engine.View { return a.engine.View() }

// Changed is closed at the next change of the view. Never blocks.
func (a *App) Changed() <-chan struct{} { return a.engine.Changed() }

// Site is the accepted site file. Never blocks; nobody writes to it.
func (a *App) Site() *config.Site { return a.site.Load() }

// Do hands a command to the engine and waits for its answer.
func (a *App) Do(ctx context.Context, c engine.Command) error { return a.engine.Do(ctx, c) }

// Select is the first step of a write: what would change.
func (a *App) Select(ctx context.Context, c engine.Command) (command.Selection, error) {
	return a.engine.Select(ctx, c)
}

// Journal writes one record that the web has to tell. Never blocks.
func (a *App) Journal(r event.Record) { a.engine.Note(r) }

// Persons are the accounts; until the store is open they answer person.ErrOpening.
// Never blocks.
func (a *App) Persons() person.Directory {
	if p := a.persons.Load(); p != nil {
		return p
	}
	return person.Unopened{}
}

// Identity names the box and the journal that is written now.
func (a *App) Identity() (box, epoch string) {
	if s := a.store.Load(); s != nil {
		box, epoch, _ = s.Identity()
	}
	return box, epoch
}

// Events reads the journal; without a store, what is in memory.
func (a *App) Events(ctx context.Context, q store.EventQuery) ([]event.Record, error) {
	if s := a.store.Load(); s != nil {
		if list, err := s.Events(ctx, q); err == nil {
			return list, nil
		}
	}
	return a.journal.newest(q), nil
}

// History reads a point's past.
func (a *App) History(ctx context.Context, p point.Name, from, to time.Time, most int) ([]store.Reading, error) {
	s := a.store.Load()
	if s == nil {
		return nil, errNoStore
	}
	return s.History(ctx, p, from, to, most)
}

// Messages reads the ledger, newest first.
func (a *App) Messages(ctx context.Context, most int) ([]store.Message, error) {
	s := a.store.Load()
	if s == nil {
		return nil, errNoStore
	}
	return s.Messages(ctx, most)
}

// SendTest sends one test message and returns its ledger id.
func (a *App) SendTest(ctx context.Context, channel, contact, actor string) (string, error) {
	answer := make(chan string, 1)
	a.desk.tell(func(now point.Instant) { answer <- a.desk.test(now, channel, contact) })
	select {
	case id := <-answer:
		if id == "" {
			return "", errNoWay
		}
		a.Journal(event.Record{Type: event.CommandIssued, Subject: contact, Actor: actor,
			Text: point.Words{Zh: "发送测试消息：" + channel + " → " + contact, En: "Test message: " + channel + " to " + contact}})
		return id, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// outlet is where the engine's decisions leave: nothing here blocks.
type outlet struct{ app *App }

func (o outlet) Levels(l []annunciate.Level) { o.app.outputs.set(l) }
func (o outlet) Picture(p annunciate.Picture) {
	if w := o.app.wall; w != nil {
		w.show(p)
	}
}
func (o outlet) Pulse(p zone.Pulse)                { o.app.outputs.pulse(p.Output, p.For) }
func (o outlet) Write(p point.Name, v point.Value) { o.app.outputs.command(p, v) }
func (o outlet) Changes(c []alarm.Change)          { o.app.desk.changes(c) }
func (o outlet) Sample(s point.Sample) {
	if st := o.app.store.Load(); st != nil {
		st.AppendSamples([]point.Sample{s})
	}
}

// sink is where scan's samples come in.
type sink struct{ app *App }

func (s sink) Urgent(p point.Sample) { s.app.engine.Edge(p) }
func (s sink) Sample(p point.Sample) { s.app.engine.Offer(p) }

// writeOutput is one attempt of the output writer.
func (a *App) writeOutput(ctx context.Context, p point.Name, v point.Value) error {
	return a.scan.Write(ctx, p, v)
}

// commandAnswered tells the engine how a command ended.
func (a *App) commandAnswered(p point.Name, v point.Value, at point.Instant, err error) {
	if err != nil {
		a.log("write %s = %s: given up: %v", p, v, err)
	}
	a.engine.Answered(p, v, at, err)
}
