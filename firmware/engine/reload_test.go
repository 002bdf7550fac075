package engine

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/command"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/team"
	"watchbox/firmware/zone"
)

// reload runs change while the bench turns by hand. The edges come when it waits
// for its turn.
func (b *bench) reload(change func(now point.Instant, p *Parts), edges ...point.Sample) {
	done := make(chan struct{})
	go func() { defer close(done); _ = b.Engine.Reload(context.Background(), change) }()
	for len(edges) > 0 && !b.in.waits() {
		runtime.Gosched()
	}
	for _, s := range edges {
		b.Edge(s)
	}
	for {
		select {
		case <-done:
			return
		default:
			b.Turn()
		}
	}
}

func TestReloadLetsGoOfAnOutputThatNobodyDrivesAnyMore(t *testing.T) {
	b := newBench(t)
	b.Identify("box", "epoch", 1, nil)
	b.Edge(edge(true))
	b.Turn()
	if !b.levels["oc/siren"] {
		t.Fatal("no siren")
	}
	b.reload(func(_ point.Instant, p *Parts) { check(t, p.Plan.Reload(nil, nil)) })
	if b.levels["oc/siren"] {
		t.Error("its annunciator is gone and the siren stays on")
	}
	if err := b.ask(Command{Verb: Execute, Target: "oc/siren"}); err == nil {
		t.Error("a point that does not exist was written")
	}
}

// waits tells whether the first inlet holds something.
func (q *inlet) waits() bool {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return len(q.urgent) > 0
}

// strobe is dark, and is read back from a contact that is closed.
var strobe = annunciate.Annunciator{ID: "strobe", Kind: "beacon", Output: "dev/v2", Alarms: []string{"none"}, Feedback: "oc/panic"}

// TestAReloadTellsNewTeamsAndFeedbacksWhatIsKnown: a contact that stands still
// brings no other sample.
func TestAReloadTellsNewTeamsAndFeedbacksWhatIsKnown(t *testing.T) {
	b := newBench(t)
	b.Identify("box", "epoch", 1, nil)
	b.Edge(edge(true))
	b.Turn()
	crew := team.Team{ID: "cooling", Mains: "oc/panic", Members: []team.Member{{ID: "a", Run: "dev/v0"}, {ID: "b", Run: "dev/v1"}}}
	b.reload(func(now point.Instant, p *Parts) {
		check(t, p.Teams.Reload(now, []team.Team{crew}, nil)...)
		check(t, p.Plan.Reload([]annunciate.Annunciator{strobe}, nil))
	})
	b.pass(time.Second)
	if v := b.View().Teams; len(v) != 1 || !v[0].Blackout {
		t.Errorf("the mains are away and the new team does not know: %+v", v)
	}
	b.pass(10 * time.Second)
	b.pass(time.Second)
	if !b.standing("annunciator/strobe/contradicts") {
		t.Error("the new strobe is on untold and nobody says so")
	}
}

func TestAnOutputThatAReloadGivesToTheAlarmsHasNoCommandTrouble(t *testing.T) {
	b := newBench(t)
	b.Identify("box", "epoch", 1, nil)
	s, err := b.choose(b.now, Command{Target: "ac/setpoint", Value: point.OfInt(22), Actor: "li", Comment: "warm"})
	check(t, err)
	check(t, b.ask(Command{Verb: Execute, Target: "ac/setpoint", Selection: s.ID, Actor: "li"}))
	b.pass(time.Minute)
	if got := b.standing(command.Key("ac/setpoint")); !got {
		t.Fatal("nobody answered, and there is no trouble")
	}
	b.reload(func(_ point.Instant, p *Parts) {
		check(t, p.Plan.Reload([]annunciate.Annunciator{{ID: "x", Kind: "relay", Output: "ac/setpoint"}}, nil))
	})
	b.pass(time.Second)
	if b.standing(command.Key("ac/setpoint")) {
		t.Error("the trouble stands and nobody can end it")
	}
}

// standing tells whether the alarm is active.
func (b *bench) standing(key string) bool {
	return slices.ContainsFunc(b.View().Alarms, func(a *alarm.Alarm) bool { return a.Key == key && a.Active })
}

// TestACardHeardWhileTheSiteIsSwappedOpensTheDoorOnce: the reader goes on while
// the swap waits for its turn, and what it heard comes after it. What was told
// before opens nothing, neither the same door nor one that takes the reader over.
func TestACardHeardWhileTheSiteIsSwappedOpensTheDoorOnce(t *testing.T) {
	b := newBench(t)
	b.Identify("box", "epoch", 1, nil)
	site := func(id string) zone.Definition {
		return zone.Definition{Doors: []zone.Door{{ID: id, Contact: "dev/v7", Reader: "gate/card", Strike: "dev/v9", Unlock: time.Second, HeldOpen: time.Minute}},
			Admit: func(_, card string, _ point.Instant) (string, string) { return "holder of " + card, "" }}
	}
	swap := func(id string, meanwhile ...point.Sample) {
		b.reload(func(now point.Instant, p *Parts) { p.Panel.Reload(now, site(id)) }, meanwhile...)
	}
	card := func(number string) point.Sample {
		return point.Sample{Point: "gate/card", Value: point.OfText(number), At: b.now}
	}
	granted := func() (to []string) {
		for _, r := range b.records() {
			if r.Type == event.DoorGranted {
				to = append(to, r.Subject+" "+r.Actor)
			}
		}
		return to
	}
	swap("front")
	b.Edge(card("100"))
	b.Turn()
	for _, id := range []string{"front", "back"} {
		heard := card("200") // stamped now, handed over while the swap waits
		b.now = b.now.Add(300 * time.Millisecond)
		swap(id, heard)
		b.pass(time.Second)
	}
	if want := []string{"door/front holder of 100", "door/front holder of 200", "door/back holder of 200"}; !slices.Equal(granted(), want) {
		t.Errorf("granted %q, want %q", granted(), want)
	}
}

func TestEdgesMayComeWhileTheSiteIsReloaded(t *testing.T) {
	b := newBench(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 200 {
			b.Edge(edge(true))
		}
	}()
	for range 20 {
		b.reload(func(_ point.Instant, p *Parts) { p.Always = map[point.Name]bool{"oc/panic": true} })
	}
	<-ended
}

func TestAFloodDoesNotStopTheTimers(t *testing.T) {
	b := newBench(t)
	b.Edge(edge(true))
	b.Turn()
	calls := 0
	var flood func()
	flood = func() { // each item takes a millisecond and brings the next one
		b.now = b.now.Add(time.Millisecond)
		if calls++; calls < 10_000 {
			b.post(flood)
		}
	}
	b.post(flood)
	b.Turn()
	if calls >= 10_000 {
		t.Fatal("one turn did all of it: no machine got its tick")
	}
	if b.Nap() != 0 {
		t.Errorf("work waits and the engine naps %v", b.Nap())
	}
}

func TestAViewThatWaitsDelaysNoOutput(t *testing.T) {
	b := newBench(t)
	b.Turn()
	b.dirty, b.levelsAt = true, b.now.Mono+20*time.Millisecond
	if nap := b.Nap(); nap != 20*time.Millisecond {
		t.Errorf("an output is due in 20 ms and the engine naps %v", nap)
	}
	b.levelsAt = point.Never
	if nap := b.Nap(); nap > viewPause {
		t.Errorf("a view waits and the engine naps %v", nap)
	}
}

func TestAnEdgeAfterALostOneStaysBadWhenItIsBad(t *testing.T) {
	q := newInlet()
	q.lossy["oc/panic"] = true
	q.put(item{edge: point.Sample{Point: "oc/panic", Quality: point.BadBecause(point.DeviceFault)}})
	if it, _ := q.takeUrgent(); it.edge.Quality.Usable() {
		t.Errorf("a bad edge became %v", it.edge.Quality)
	}
}
