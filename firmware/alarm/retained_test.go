package alarm

import (
	"encoding/json"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// keepIn applies retained rows to a store made of a map.
func keepIn(store map[string][]byte, rows []event.Retained) {
	for _, r := range rows {
		if r.Value == nil {
			delete(store, r.Key)
		} else {
			store[r.Key] = r.Value
		}
	}
}

func reboot(d time.Duration) point.Instant {
	i := at(d)
	i.Boot, i.Mono = "b2", time.Second
	return i
}

func TestAlarmsAreAsTheyWereAfterARestart(t *testing.T) {
	defs := []Definition{{Key: "panic", Priority: 1, Latch: true, Guarded: true, Resound: 15 * time.Minute},
		{Key: "hot", Priority: 2}, {Key: "leak", Priority: 2, Latch: true}, {Key: "door", Priority: 3}, {Key: "calm", Priority: 4}}
	r := newRig(t, defs...)
	for _, k := range []string{"panic", "hot", "leak", "calm"} {
		_ = r.Signal(at(0), Signal{Key: k, Active: true, Value: "v", Text: point.Words{Zh: "甲", En: "a"}})
	}
	_ = r.Signal(at(2*time.Second), Signal{Key: "leak"})
	_ = r.Signal(at(2*time.Second), Signal{Key: "calm"})
	_ = r.Acknowledge(at(3*time.Second), "leak", event.ID{}, "li", "mop")
	_ = r.Acknowledge(at(3*time.Second), "calm", event.ID{}, "li", "")
	_ = r.Silence(at(3*time.Second), "panic", event.ID{}, "li")
	_ = r.Shelve(at(3*time.Second), "door", at(time.Hour).Wall, "li", "works")
	r.types()
	store := map[string][]byte{"partition:main": []byte("{}")}
	keepIn(store, r.Retained())
	if _, kept := store["alarm:calm"]; kept || len(store) != 5 {
		t.Errorf("retained: %d keys", len(store))
	}

	s := newRig(t, defs...)
	s.Restore(reboot(time.Minute), store)
	s.want("")
	same(t, r.Alarms(), s.Alarms())
	if a, _ := s.Alarm("panic"); a.Sounded.Boot != "b2" || reboot(time.Minute).Since(a.Sounded) != time.Minute {
		t.Errorf("the noise began %v", a.Sounded)
	}
	s.Tick(reboot(time.Minute))
	s.want("")
}

// same compares alarms without the instant that belongs to the boot and without
// the chattering, which starts again.
func same(t testing.TB, a, b []*Alarm) {
	t.Helper()
	plain := func(list []*Alarm) (out []Alarm) {
		for _, a := range list {
			x := *a
			x.Sounded, x.Chattering, x.Flaps = point.Instant{}, false, 0
			out = append(out, x)
		}
		return out
	}
	x, y := plain(a), plain(b)
	if len(x) != len(y) {
		t.Fatalf("%d alarms before, %d after", len(x), len(y))
	}
	for i := range x {
		before, _ := json.Marshal(x[i])
		after, _ := json.Marshal(y[i])
		if string(before) != string(after) {
			t.Fatalf("before:\n%s\nafter:\n%s", before, after)
		}
	}
}

func TestRestoreMeetsWhatHappenedSinceStart(t *testing.T) {
	old := newRig(t, Definition{Key: "k", Priority: 1}, Definition{Key: "gone", Priority: 2})
	old.set(0, true)
	_ = old.Signal(at(0), Signal{Key: "gone", Active: true})
	old.types()
	store := map[string][]byte{}
	keepIn(store, old.Retained())

	raised := newRig(t, Definition{Key: "k", Priority: 1})
	raised.set(0, true)
	raised.types()
	raised.Restore(at(time.Second), store)
	raised.want("continued removed")
	if a := raised.alarm(); a.Count != 1 || len(raised.Continued()) != 1 || !a.Active || a.Acknowledged {
		t.Errorf("raised in both lives: %+v", a)
	}
	gone := raised.Retained()
	if len(gone) != 2 || gone[0].Key != "alarm:gone" || gone[0].Value != nil {
		t.Errorf("the vanished alarm stays in the store: %v", gone)
	}

	cleared := newRig(t, Definition{Key: "k", Priority: 1, OffDelay: time.Minute})
	cleared.set(0, false)
	cleared.Restore(at(time.Second), store)
	cleared.want("removed")
	cleared.run(61 * time.Second)
	cleared.want("cleared")
}

func TestRestoreTellsDamage(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 1})
	r.Restore(at(0), map[string][]byte{"alarm:k": []byte("{"), "alarm:x": {0xff}, "zone:k": []byte("{")})
	r.want("removed removed")
}

func TestShelfAcrossARestartWithUnknownClock(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 2})
	_ = r.Shelve(at(0), "k", at(time.Hour).Wall, "li", "works")
	store := map[string][]byte{}
	keepIn(store, r.Retained())
	s := newRig(t, Definition{Key: "k", Priority: 2})
	lost := point.Instant{Boot: "b2", Wall: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)}
	s.Restore(lost, store)
	if s.Next() != time.Hour {
		t.Errorf("it ends at %v, want its original hour after boot", s.Next())
	}
	s.Tick(lost.Add(time.Hour))
	s.want("unshelved")
}

func TestReloadKeepsWhatIsUnchanged(t *testing.T) {
	p := temperaturePoint()
	rule := Rule{ID: "hot", Points: []string{string(p.Name)}, When: Condition{Above: real(30)}, Priority: 2, OnDelay: 10 * time.Second}
	m, errs := New([]Rule{rule}, []point.Point{p}, []Definition{{Key: "k", Priority: 1}, {Key: "z", Priority: 1}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	r := &rig{Machine: m, t: t}
	r.set(0, true)
	_ = r.Signal(at(0), Signal{Key: "z", Active: true})
	r.read(0, 31)
	r.types()
	bad := rule
	bad.Points = []string{"nobody/x"}
	if errs := r.Reload(at(time.Second), []Rule{bad}, []point.Point{p}, nil); len(errs) == 0 {
		t.Error("a bad rule was taken")
	}
	renamed := rule
	renamed.ID, renamed.Was = "warm", "hot"
	if errs := r.Reload(at(time.Second), []Rule{renamed}, []point.Point{p}, []Definition{{Key: "k", Priority: 3}}); len(errs) > 0 {
		t.Fatal(errs)
	}
	r.want("removed")
	if a := r.alarm(); !a.Active || a.Priority != 3 {
		t.Errorf("unchanged key: %+v", a)
	}
	r.run(10 * time.Second)
	r.want("raised")
	if a, ok := r.Alarm("warm/th1/temperature"); !ok || !a.Active {
		t.Errorf("renamed rule lost its timer: %+v", a)
	}
	back := rule
	if errs := r.Reload(at(11*time.Second), []Rule{back}, []point.Point{p}, nil); len(errs) > 0 {
		t.Fatal(errs)
	}
	r.want("removed removed")
	if len(r.Alarms()) != 0 || r.Next() != point.Never {
		t.Errorf("left over: %v, next %v", r.Alarms(), r.Next())
	}
}

func TestProvisionalNumbersBecomeFinal(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 1})
	r.set(0, true)
	r.Take()
	r.Raised("k", event.ID{Box: "b", Sequence: 1})
	store := map[string][]byte{}
	keepIn(store, r.Retained())
	r.Number(func(id event.ID) event.ID { return event.ID{Box: "b", Epoch: "e", Sequence: id.Sequence + 41} })
	want := event.ID{Box: "b", Epoch: "e", Sequence: 42}
	if r.Occurrence("k") != want {
		t.Errorf("got %v", r.Occurrence("k"))
	}
	keepIn(store, r.Retained())
	s := newRig(t, Definition{Key: "k", Priority: 1})
	s.Restore(at(0), store)
	if s.Occurrence("k") != want {
		t.Errorf("restored %v", s.Occurrence("k"))
	}
}
