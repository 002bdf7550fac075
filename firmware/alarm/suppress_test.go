package alarm

import (
	"fmt"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// tell gives one alarm's condition and ticks what is due by then.
func (r *rig) tell(d time.Duration, key string, active bool) {
	r.t.Helper()
	r.run(d)
	if err := r.Signal(at(d), Signal{Key: key, Active: active}); err != nil {
		r.t.Fatal(err)
	}
}

// told lists the changes with their alarms: "raised:ups suppressed:pdu".
func (r *rig) told() string {
	var out string
	for _, c := range r.Take() {
		if c.Type == event.AlarmRaised {
			r.next++
			r.Raised(c.Alarm.Key, event.ID{Box: "box1", Epoch: "e1", Sequence: r.next})
		}
		out += " " + string(c.Type)[len("alarm."):] + ":" + c.Alarm.Key
	}
	if out != "" {
		out = out[1:]
	}
	return out
}

func (r *rig) wantTold(want string) {
	r.t.Helper()
	if got := r.told(); got != want {
		r.t.Errorf("told %q, want %q", got, want)
	}
}

func caused(key string, causes ...string) Definition {
	return Definition{Key: key, Priority: 2, Causes: causes}
}

func TestACauseHoldsBackWhatFollows(t *testing.T) {
	r := newRig(t, Definition{Key: "bus/a", Priority: 2, Label: point.Words{Zh: "总线中断", En: "bus dead"}},
		caused("device/1", "bus/*"), caused("device/2", "bus/a"), caused("device/3", "bus/b"))
	r.tell(0, "bus/a", true)
	for _, key := range []string{"device/1", "device/2", "device/3"} {
		r.tell(time.Second, key, true)
	}
	r.wantTold("raised:bus/a suppressed:device/1 suppressed:device/2 raised:device/3")
	a, _ := r.Alarm("device/1")
	if a.Active || a.Standing() || !a.Aside() || !a.Acknowledged || a.Suppressed != "bus/a" || a.SuppressedBy.En != "bus dead" || a.Occurrence != (event.ID{}) {
		t.Errorf("held back: %+v", a)
	}
	if len(r.Alarms()) != 4 {
		t.Errorf("listed %d, want all", len(r.Alarms()))
	}
	r.tell(2*time.Second, "device/1", false)
	r.tell(3*time.Second, "device/1", true)
	list := r.Suppressions()
	if len(list) != 2 || list[0] != (Suppression{Key: "device/1", Cause: "bus/a", Since: at(3 * time.Second), Count: 1}) {
		t.Errorf("suppressions: %+v", list)
	}
	r.wantTold("")
	r.tell(10*time.Second, "bus/a", false)
	r.tell(12*time.Second, "device/2", false)
	r.run(14999 * time.Millisecond)
	r.wantTold("cleared:bus/a")
	r.run(15 * time.Second)
	r.wantTold("unsuppressed:device/1 raised:device/1")
	if len(r.Suppressions()) != 0 {
		t.Errorf("left over: %+v", r.Suppressions())
	}
}

func TestACauseMayComeAMomentLater(t *testing.T) {
	r := newRig(t, Definition{Key: "mains", Priority: 1}, caused("early", "mains"), caused("taken", "mains"), caused("quick", "mains"),
		Definition{Key: "lasting", Priority: 2, Latch: true, Causes: []string{"mains"}})
	r.tell(0, "early", true)
	r.tell(10*time.Second, "taken", true)
	r.tell(11*time.Second, "quick", true)
	r.tell(12*time.Second, "lasting", true)
	_ = r.Acknowledge(at(13*time.Second), "taken", event.ID{}, "li", "")
	r.told()
	r.tell(31*time.Second, "mains", true)
	r.wantTold("raised:mains suppressed:quick suppressed:lasting")
	a, _ := r.Alarm("quick")
	if !a.Silenced || a.Standing() || !a.Aside() || a.Occurrence.Sequence == 0 {
		t.Errorf("hidden: %+v", a)
	}
	_ = r.Acknowledge(at(32*time.Second), Every, event.ID{}, "li", "")
	r.Tick(at(32 * time.Second))
	if a, _ := r.Alarm("quick"); a.Acknowledged {
		t.Error("it was acknowledged with those that were seen")
	}
	r.told()
	r.tell(33*time.Second, "lasting", false)
	r.wantTold("cleared:lasting")
	if a, _ := r.Alarm("lasting"); !a.Latched || !a.Standing() || a.Suppressed != "" || a.Acknowledged {
		t.Errorf("a latched alarm waits for its reset: %+v", a)
	}
	r.tell(40*time.Second, "mains", false)
	r.run(45 * time.Second)
	r.wantTold("cleared:mains unsuppressed:quick")
	if a, _ := r.Alarm("quick"); a.Silenced || !a.Standing() || a.Sounded != at(45*time.Second) || a.Count != 1 {
		t.Errorf("loud again in the same occurrence: %+v", a)
	}
}

func TestAHiddenAlarmEndsWithItsCondition(t *testing.T) {
	r := newRig(t, Definition{Key: "mains", Priority: 1}, caused("ups", "mains"))
	r.tell(0, "ups", true)
	r.tell(time.Second, "mains", true)
	r.tell(3*time.Second, "ups", false)
	r.wantTold("raised:ups raised:mains suppressed:ups cleared:ups")
	if a, _ := r.Alarm("ups"); a.Standing() || r.lives["ups"].raised {
		t.Errorf("it was told and is over: %+v", a)
	}
}

func TestACauseThatComesBackKeepsThemSuppressed(t *testing.T) {
	r := newRig(t, Definition{Key: "mains", Priority: 1}, caused("ups", "mains"))
	r.tell(0, "mains", true)
	r.tell(time.Second, "ups", true)
	for i := range 6 {
		d := time.Duration(i)*70*time.Second + 10*time.Second
		r.tell(d, "mains", false)
		r.tell(d+3*time.Second, "mains", true)
	}
	for _, c := range r.Take() {
		if c.Alarm.Key == "ups" && c.Type != event.AlarmSuppressed {
			t.Errorf("%s %s", c.Alarm.Key, c.Type)
		}
	}
	if a, _ := r.Alarm("ups"); a.Suppressed != "mains" || a.SuppressedCount != 1 {
		t.Errorf("%+v", a)
	}
	r.tell(1000*time.Second, "mains", false)
	r.tell(1002*time.Second, "ups", false)
	r.run(time.Hour)
	if a, _ := r.Alarm("ups"); a.Suppressed != "" || len(r.Suppressions()) != 0 {
		t.Errorf("%+v", a)
	}
}

func TestCirclesOfCausesNeverHideAll(t *testing.T) {
	r := newRig(t, caused("a", "*"), caused("b", "*"), caused("c", "*"))
	r.tell(0, "b", true)
	r.tell(time.Second, "a", true)
	r.tell(2*time.Second, "c", true)
	r.wantTold("raised:b suppressed:a suppressed:c")
	r.tell(10*time.Second, "b", false)
	r.wantTold("cleared:b")
	if a, _ := r.Alarm("a"); a.Suppressed != "b" {
		t.Errorf("a outlives b by its delay first: %+v", a)
	}
	r.run(time.Minute)
	r.wantTold("unsuppressed:a raised:a")
	if c, _ := r.Alarm("c"); c.Suppressed != "a" {
		t.Errorf("c now follows from a: %+v", c)
	}
}

func TestACauseOfACauseExplains(t *testing.T) {
	r := newRig(t, Definition{Key: "mains", Priority: 1}, caused("ups", "mains"), caused("server", "ups"))
	r.tell(0, "mains", true)
	r.tell(time.Second, "ups", true)
	r.tell(2*time.Second, "server", true)
	r.wantTold("raised:mains suppressed:ups suppressed:server")
	r.tell(3*time.Second, "mains", false)
	r.run(10 * time.Second)
	r.wantTold("cleared:mains unsuppressed:ups raised:ups")
	if a, _ := r.Alarm("server"); a.Suppressed != "ups" {
		t.Errorf("server: %+v", a)
	}
}

func TestPanicTamperAndFireAreNeverSuppressed(t *testing.T) {
	r := newRig(t, Definition{Key: "mains", Priority: 1},
		Definition{Key: "panic", Priority: 1, Guarded: true, Latch: true, Causes: []string{"*"}},
		Definition{Key: "smoke", Priority: 1, Kind: KindFire, Causes: []string{"*"}})
	r.tell(0, "panic", true)
	r.tell(0, "mains", true)
	r.tell(time.Second, "smoke", true)
	r.wantTold("raised:panic raised:mains raised:smoke")
}

func TestWhatAPersonPutAsideExplainsNothing(t *testing.T) {
	r := newRig(t, Definition{Key: "mains", Priority: 1}, caused("ups", "mains"))
	r.tell(0, "mains", true)
	r.tell(time.Second, "ups", true)
	r.told()
	if err := r.Shelve(at(2*time.Second), "mains", at(time.Hour).Wall, "li", "works"); err != nil {
		t.Fatal(err)
	}
	r.run(time.Minute)
	r.wantTold("shelved:mains unsuppressed:ups raised:ups")
}

func TestOneSecondMoreOfTheOnDelay(t *testing.T) {
	d := caused("ups", "mains")
	d.OnDelay = 20 * time.Second
	r := newRig(t, Definition{Key: "mains", Priority: 1}, d)
	r.tell(0, "mains", true)
	r.tell(0, "ups", true)
	r.tell(time.Minute, "mains", false)
	r.run(79 * time.Second)
	r.wantTold("raised:mains suppressed:ups cleared:mains")
	r.run(80 * time.Second)
	r.wantTold("unsuppressed:ups raised:ups")
}

func TestBadDataDoesNotEndASuppression(t *testing.T) {
	p := temperaturePoint()
	m, errs := New([]Rule{{ID: "r", Points: []string{string(p.Name)}, When: Condition{Above: real(30)}, Priority: 2}}, []point.Point{p}, []Definition{{Key: "k", Priority: 1}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	d := m.lives["r/th1/temperature"].Definition
	d.Causes = []string{"k"}
	_ = m.Define(at(0), d)
	r := &rig{Machine: m, t: t}
	r.set(0, true)
	r.read(time.Second, 31)
	r.wantTold("raised:k suppressed:r/th1/temperature")
	r.read(2*time.Second, 20, point.BadBecause(point.Timeout))
	r.tell(3*time.Second, "k", false)
	r.run(time.Hour)
	r.wantTold("cleared:k")
	r.read(time.Hour, 31)
	r.run(time.Hour + time.Second)
	r.wantTold("unsuppressed:r/th1/temperature raised:r/th1/temperature")
}

func TestDependentClear(t *testing.T) {
	r := newRig(t, Definition{Key: "mains", Priority: 1}, Definition{Key: "fire", Priority: 1, Kind: KindFire, Clear: ClearDependent, Causes: []string{"mains"}},
		Definition{Key: "hand", Priority: 2, Clear: ClearManual})
	r.tell(0, "mains", true)
	r.tell(0, "fire", true)
	r.tell(0, "hand", true)
	r.told()
	r.tell(5*time.Second, "fire", false)
	r.tell(5*time.Second, "hand", false)
	r.run(time.Hour)
	r.wantTold("cleared:hand")
	if a, _ := r.Alarm("hand"); !a.Latched {
		t.Error("manual: want it latched")
	}
	r.tell(time.Hour, "mains", false)
	r.wantTold("cleared:mains cleared:fire")
	if _, errs := New(nil, nil, []Definition{{Key: "x", Clear: "never"}}); len(errs) != 1 {
		t.Errorf("an unknown clear mode: %v", errs)
	}
}

func TestSuppressionAcrossARestart(t *testing.T) {
	defs := []Definition{{Key: "mains", Priority: 1}, caused("held", "mains"), caused("hidden", "mains"), caused("late", "mains")}
	r := newRig(t, defs...)
	r.tell(0, "hidden", true)
	r.tell(time.Second, "mains", true)
	r.tell(2*time.Second, "held", true)
	r.told()
	store := map[string][]byte{}
	keepIn(store, r.Retained())
	s := newRig(t, defs...)
	s.Restore(reboot(time.Minute), store)
	s.want("")
	same(t, r.Alarms(), s.Alarms())
	later := reboot(time.Minute).Add(time.Second)
	_ = s.Signal(later, Signal{Key: "late", Active: true})
	_ = s.Signal(later, Signal{Key: "mains"})
	_ = s.Signal(later, Signal{Key: "held"})
	s.wantTold("suppressed:late cleared:mains")
	s.Tick(later.Add(6 * time.Second))
	s.wantTold("unsuppressed:late raised:late unsuppressed:hidden")
}

func TestAReloadFindsTheCausesAgain(t *testing.T) {
	r := newRig(t, Definition{Key: "mains", Priority: 1}, caused("ups", "mains"), caused("pdu", "mains"))
	r.tell(0, "mains", true)
	r.tell(time.Second, "ups", true)
	r.tell(time.Second, "pdu", true)
	r.told()
	if errs := r.Reload(at(2*time.Second), nil, nil, []Definition{{Key: "mains", Priority: 1}, caused("ups", "m*s"), {Key: "pdu", Priority: 2}}); len(errs) > 0 {
		t.Fatal(errs)
	}
	r.run(time.Minute)
	r.wantTold("unsuppressed:pdu raised:pdu")
	if errs := r.Reload(at(time.Minute), nil, nil, []Definition{caused("ups", "m*s")}); len(errs) > 0 {
		t.Fatal(errs)
	}
	r.run(2 * time.Minute)
	r.wantTold("removed:mains removed:pdu unsuppressed:ups raised:ups")
}

func TestPatternsOfCauses(t *testing.T) {
	keys := []string{"bus/a", "bus/a/b", "bus/b", "device/1", "zone/bus"}
	for _, row := range []struct{ pattern, want string }{
		{"bus/a", "[bus/a]"}, {"bus/*", "[bus/a bus/a/b bus/b]"}, {"*b", "[bus/a/b bus/b]"}, {"bus/*b", "[bus/a/b bus/b]"},
		{"*", fmt.Sprint(keys)}, {"*/bus", "[zone/bus]"}, {"none", "[]"}, {"bus", "[]"}, {"device/1*", "[device/1]"}, {"z*b*s", "[zone/bus]"},
	} {
		if got := fmt.Sprint(match(row.pattern, keys)); got != row.want {
			t.Errorf("%q: got %s, want %s", row.pattern, got, row.want)
		}
	}
}
