package scenario

import (
	"strings"
	"testing"
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/event"
)

// The broker is away for an hour in which things happen. The other way upstream
// is not held up, the siren and the phones know nothing of it, and when the
// broker is back it is told everything, once, alarms first.
func TestBrokerAwayForAnHour(t *testing.T) {
	inBubble(t, func(b *bubble) {
		broker := b.paths["platform"]
		broker.leave(true)
		before := len(broker.heard())
		start := time.Now()
		for range 12 {
			b.room.Set("DI2", true)
			time.Sleep(2 * time.Minute)
			b.room.Set("DI2", false)
			time.Sleep(150 * time.Second)
			b.order(engine.Acknowledge, "*")
			b.App.Journal(event.Record{Type: event.UserLogin, Subject: "li", Actor: "li"})
			time.Sleep(30 * time.Second)
		}
		if got := time.Since(start); got < time.Hour {
			t.Fatalf("only %v passed", got)
		}
		if tries := broker.tried(); tries > 90 {
			t.Errorf("the absent broker was tried %d times in an hour: want a growing pause", tries)
		}
		journal := b.journal()
		wantAll(t, "the other path", journal, b.paths["hook"].heard())
		if len(broker.heard()) != before {
			t.Error("an absent broker heard something")
		}
		b.room.Set("DI1", true)
		if !b.sounds() {
			t.Error("panic pressed while the broker is away: no siren")
		}
		broker.leave(false)
		time.Sleep(90 * time.Second)
		heard := broker.heard()
		wantAll(t, "the broker", b.journal(), heard)
		alarmsFirst(t, heard[before:])
	})
}

// wantAll compares a receiver with the journal: all of it, nothing twice.
func wantAll(t *testing.T, who string, journal, heard []event.Record) {
	t.Helper()
	times := map[event.ID]int{}
	for _, r := range heard {
		times[r.ID]++
		if times[r.ID] > 1 {
			t.Errorf("%s was told %v %d times", who, r.ID, times[r.ID])
		}
		if !r.Journaled {
			t.Errorf("%s was told %v as not journaled", who, r.ID)
		}
	}
	if len(journal) < 10 {
		t.Errorf("only %d records in the journal", len(journal))
	}
	for i, r := range journal {
		if r.ID.Sequence != uint64(i+1) {
			t.Fatalf("record %d of the journal has the sequence %d", i+1, r.ID.Sequence)
		}
		if times[r.ID] == 0 && r.Type != event.JournalBegan {
			t.Errorf("%s was not told %v %s", who, r.ID, r.Type)
		}
	}
}

// alarmsFirst wants the backlog of alarms before that of the rest.
func alarmsFirst(t *testing.T, backlog []event.Record) {
	t.Helper()
	late := 0
	for i, r := range backlog {
		if strings.HasPrefix(string(r.Type), "alarm.") && i > 0 && !strings.HasPrefix(string(backlog[i-1].Type), "alarm.") {
			late++
		}
	}
	if late > 3 { // what happened after its return comes as it comes
		t.Errorf("%d times an alarm waited behind something else", late)
	}
}

const weeks = 14 * 24 * time.Hour

// The wall clock jumps two weeks ahead and back: the journal says so, and nothing
// is raised, cleared, sent, silenced or repeated by it. What is timed is timed by the clock since
// boot, and the order of the journal is its sequence.
func TestWallClockJumpsTwoWeeks(t *testing.T) {
	for _, x := range []struct {
		name   string
		jump   time.Duration
		second time.Duration
	}{{"ahead and back", weeks, -weeks}, {"back and ahead", -weeks, weeks}} {
		t.Run(x.name, func(t *testing.T) {
			inBubble(t, func(b *bubble) {
				quiet := len(b.journal())
				b.jump(x.jump)
				time.Sleep(10 * time.Minute)
				b.jump(x.second)
				time.Sleep(10 * time.Minute)
				told := 0
				for _, r := range b.journal()[quiet:] {
					if r.Type == event.TimeEstablished {
						told++
						continue
					}
					t.Errorf("in peace the jump made: %s %s %s", r.Type, r.Subject, r.Text.En)
				}
				if told != 2 {
					t.Errorf("the journal tells of %d jumps of the clock, want 2", told)
				}
				b.guardedThrough(x.jump, x.second)
			})
		})
	}
}

// guardedThrough presses panic and lets the clock jump under everything that runs.
func (b *bubble) guardedThrough(first, second time.Duration) {
	t := b.t
	pressed := time.Now()
	b.room.Set("DI1", true)
	time.Sleep(20 * time.Second)
	if !b.siren() && !b.sounds() {
		t.Error("no siren")
	}
	if n := len(b.phone.to("duty", pressed)); n != 1 {
		t.Errorf("duty was sent %d messages within 20 s, want one", n)
	}
	b.jump(first)
	time.Sleep(time.Minute)
	if n := len(b.phone.to("chief", pressed)); n != 0 {
		t.Error("the escalation took its next step because the wall clock jumped")
	}
	if !b.sounds() {
		t.Error("the siren was cut off because the wall clock jumped")
	}
	b.jump(second)
	time.Sleep(pressed.Add(3*time.Minute + 20*time.Second).Sub(time.Now()))
	chief := b.phone.to("chief", pressed)
	if len(chief) != 1 {
		t.Fatalf("chief was sent %d messages in 3 min 20 s, want one", len(chief))
	}
	if after := chief[0].at.Sub(pressed); after < 3*time.Minute {
		t.Errorf("chief was told after %v, want three minutes", after)
	}
	time.Sleep(pressed.Add(5*time.Minute + 10*time.Second).Sub(time.Now()))
	if b.sounds() {
		t.Error("the cut-off after five minutes did not come")
	}
	b.order(engine.Acknowledge, "zone/panic")
	b.room.Set("DI1", false)
	time.Sleep(5 * time.Second)
	b.order(engine.Acknowledge, "zone/panic/stuck") // it was held for minutes
	b.order(engine.Reset, "zone/panic")
	time.Sleep(10 * time.Second)
	if a := b.View().Alarms; len(a) != 0 {
		t.Errorf("after the reset there stands %+v", a)
	}
	wantAll(t, "the platform", b.journal(), b.paths["platform"].heard())
	var last time.Duration
	for _, r := range b.journal() {
		if r.At.Mono < last {
			t.Errorf("%v is older than the one before it by the clock since boot", r.ID)
		}
		last = r.At.Mono
	}
}
