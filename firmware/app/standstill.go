package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/update"
	"watchbox/firmware/zone"
)

const (
	ledgerPatience = 5 * time.Second // a medium that takes longer for a kilobyte stands still itself
	endPatience    = time.Minute     // from asking for a remedy to the end of this life
)

// standstill is the remedy's own goroutine: it may block on the ledger's medium,
// and nobody waits for it.
type standstill struct {
	app    *App
	since  time.Duration // monotonic; meaningful while stood
	stood  bool
	past   *remedies // nil until the ledger was asked
	waited string    // why the remedy waits: logged once
	bundle growth
}

// remedyStandstill looks once a second whether journal or a bus stands still. It
// returns when ctx ends.
func (a *App) remedyStandstill(ctx context.Context) {
	s := &standstill{app: a}
	a.troubles.set(troubleStandstill, nil)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if ctx.Err() == nil { // the life that ends must not use the next remedy
				s.turn(ctx, a.clock())
			}
		}
	}
}

func (s *standstill) turn(ctx context.Context, now point.Instant) {
	what := s.app.standing()
	if len(what) == 0 {
		s.stood = false
		s.app.troubles.set(troubleStandstill, nil)
		return
	}
	if !s.stood {
		s.stood, s.since = true, now.Mono
	}
	if now.Mono-s.since < remedyPatience {
		return
	}
	if s.app.options.Ledger == nil {
		s.app.troubles.set(troubleStandstill, stuck{what: what, alone: true})
		return
	}
	s.help(ctx, now, what)
}

// help uses the remedy whose turn it is, once the moment allows it.
func (s *standstill) help(ctx context.Context, now point.Instant, what []point.Words) {
	if s.past == nil {
		s.past = s.ask(ctx, now)
	}
	next := s.past.next(now)
	if next == stayUp {
		s.app.troubles.set(troubleStandstill, stuck{what: what})
		return
	}
	if why := s.unquiet(now); why != s.waited {
		if s.waited = why; why != "" {
			s.app.log("standstill: the remedy waits: %s", why)
		}
	}
	if s.waited != "" {
		return
	}
	if next == restartProcess && s.app.options.Held != nil && s.app.options.Held(ctx) {
		s.app.log("standstill: the kernel holds this process: a restart of it is passed over")
		s.past.use(restartProcess, now)
		return
	}
	s.use(ctx, now, next, what)
}

// ask reads the ledger. One that cannot be read may hold anything: then both
// remedies count as used when this boot began.
func (s *standstill) ask(ctx context.Context, now point.Instant) *remedies {
	boot := point.Instant{Boot: now.Boot}
	type answer struct {
		remedies
		err error
	}
	got, err := inTime(ctx, ledgerPatience, func() answer {
		restart, reset, err := s.app.options.Ledger.Remedies()
		return answer{remedies{restart, reset}, err}
	})
	if err = errors.Join(err, got.err); err != nil {
		s.app.log("standstill: remedies: %v", err)
		return &remedies{boot, boot}
	}
	return &got.remedies
}

// use notes the remedy, says so and carries it out. What cannot be noted is not
// done, and the medium is not asked for the other one either: a note that hangs may
// land late, over what was written meanwhile. So both count as used.
func (s *standstill) use(ctx context.Context, now point.Instant, next remedy, what []point.Words) {
	a, before := s.app, *s.past
	s.past.use(next, now)
	note, end := a.options.Ledger.NoteRestart, a.options.Again
	if next == resetBox {
		note, end = a.options.Ledger.NoteReset, a.options.Restart
	}
	failed, err := inTime(ctx, ledgerPatience, func() error { return note(now) })
	if err = errors.Join(err, failed); err != nil {
		a.log("standstill: a remedy that cannot be noted is not used: %v", err)
		*s.past = remedies{now, now}
		return
	}
	text := remedyText(next, what)
	a.Journal(event.Record{Type: event.BoxRemedy, Actor: "box", Text: text})
	a.log("standstill: %s", text.En)
	a.restartAfter(ctx, text.En, func(why string) {
		if s.waited = s.unquiet(a.clock()); s.waited != "" {
			a.log("standstill: the remedy is put off: %s", s.waited)
			s.takeBack(ctx, now, before)
		} else if end != nil {
			end(why)
			a.afterwards(ctx)
		}
	})
}

// takeBack makes the note of a remedy undone that is put off, or the next start would take
// it for used. Where that cannot be written both count as used.
func (s *standstill) takeBack(ctx context.Context, now point.Instant, before remedies) {
	failed, err := inTime(ctx, ledgerPatience, func() error { return s.app.options.Ledger.TakeBack(before.restart, before.reset) })
	if err = errors.Join(err, failed); err != nil {
		s.app.log("standstill: the note of a remedy cannot be taken back: %v", err)
		before = remedies{now, now}
	}
	*s.past = before
	s.app.Journal(event.Record{Type: event.BoxRemedy, Actor: "box",
		Text: point.Words{Zh: "现场此刻不宜重启：自动重启暂缓，稍后再试", En: "This is no moment for a restart: it is put off and tried again later"}})
}

// afterwards waits for the end of this life.
func (a *App) afterwards(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(endPatience):
		a.log("standstill: nobody carried it out")
	}
}

func remedyText(next remedy, what []point.Words) point.Words {
	zh, en := together(what, "zh", "、"), together(what, "en", ", ")
	if next == restartProcess {
		return point.Words{Zh: zh + "停住，自动重启程序一次", En: en + " stands still: the program restarts itself, once"}
	}
	return point.Words{Zh: zh + "停住，自动复位设备一次", En: en + " stands still: the box resets itself, once"}
}

// inTime waits for what the medium may never answer; then it leaves that behind.
func inTime[T any](ctx context.Context, patience time.Duration, do func() T) (got T, err error) {
	answer := make(chan T, 1)
	go func() { answer <- do() }()
	select {
	case got = <-answer:
		return got, nil
	case <-ctx.Done():
		return got, ctx.Err()
	case <-time.After(patience):
		return got, fmt.Errorf("the medium has not answered for %v", patience)
	}
}

// standing lists what stands still and may be helped.
func (a *App) standing() (list []point.Words) {
	if a.journal.stands() {
		list = append(list, point.Words{Zh: "事件记录", En: "journal"})
	}
	for _, key := range a.buses.standing() {
		kind, id, _ := strings.Cut(key, "/")
		if kind == "bus" {
			list = append(list, point.Words{Zh: "总线 " + id, En: "bus " + id})
		} else {
			list = append(list, point.Words{Zh: "设备 " + id, En: "device " + id})
		}
	}
	return list
}

// unquiet says why this is no moment for a restart; "" when it is one. A restart
// costs the guard a second, a reset half a minute, and when the store does not open
// afterwards, more: what is armed is disarmed, an alarm is forgotten or rings anew,
// nobody can log in to acknowledge it. So the box waits, degraded, for as long as
// people rely on what it knows: while something sounds, an alarm of priority 1–2
// stands (acknowledged too: people are at work on it), a partition is armed or a
// delay runs, somebody walks the walk test. New firmware is judged by its own
// gate, which goes back by itself; a site file on trial is one of a person who waits.
func (a *App) unquiet() string {
	v := a.View()
	switch {
	case v == nil:
		return "the engine has shown nothing yet"
	case len(a.soundingNow()) > 0:
		return "a sounder is on"
	case a.onTrial.Load() != nil:
		return "a site file is on trial"
	}
	for _, x := range v.Alarms {
		if x.Class == alarm.ClassAlarm && x.Priority <= 2 && x.Standing() {
			return "an alarm of priority 1 or 2 stands" // which one the page says, to those who may know: it may be silent
		}
	}
	for _, p := range v.Panel.Partitions {
		if p.Mode != zone.Disarmed || p.Walk != nil {
			return "partition " + p.ID + " is armed or under test"
		}
	}
	return ""
}

// How long an update is waited for: its medium may be what stands still.
const (
	bundlePatience = 5 * time.Minute                   // from one byte of a bundle to the next, or to the end of its read-back
	trialPatience  = update.GateLimit + 10*time.Minute // of the machine's life: the gate has spoken by then
)

// unquiet adds new firmware to that.
func (s *standstill) unquiet(now point.Instant) string {
	if why := s.app.unquiet(); why != "" {
		return why
	}
	switch u := s.app.options.Updates; {
	case u == nil:
	case s.bundle.goesOn(u.Written(), now.Mono):
		return "new firmware is written"
	case u.Record().Phase == update.Trying && now.Mono < trialPatience:
		return "new firmware is on trial"
	}
	return ""
}

// growth watches whether more and more of a bundle is written.
type growth struct {
	bytes int64
	since time.Duration // monotonic: when it was seen to have come so far
}

// goesOn is true while one is written, unless it is as far as it was a long time ago.
func (g *growth) goesOn(bytes int64, now time.Duration) bool {
	if bytes != g.bytes {
		g.bytes, g.since = bytes, now
	}
	return bytes > 0 && now-g.since < bundlePatience
}

// stuck is what did not recover.
type stuck struct {
	what  []point.Words
	alone bool // there is nobody here who would restart the box
}

func (s stuck) Error() string { return together(s.what, "en", ", ") + " stands still" }

// words name it for a guard.
func (s stuck) words() point.Words {
	w := point.Words{Zh: together(s.what, "zh", "、"), En: together(s.what, "en", ", ")}
	if s.alone {
		w.Zh, w.En = w.Zh+"（这里没有自动重启，需人工重启程序）", w.En+" (nothing restarts the program here: do it by hand)"
	}
	return w
}
