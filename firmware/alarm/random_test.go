package alarm

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// witness watches every change against the invariants:
//   - no clear without a raise, no second raise without a clear between;
//   - silence never changes the acknowledgement, nothing but a person acknowledges;
//   - a latched alarm is never normal without a reset;
//   - a guarded alarm never ends without a person (panic: latch) and is never
//     shelved, suppressed or quiet; fire is never suppressed;
//   - nothing rings twice for one occurrence: its noise begins anew only with a
//     re-sound or when it comes back from where it was put aside;
//   - no alarm is lost: what was raised is listed until it ended, and whom causes
//     hide follows from one that is heard, or is raised within its last delay;
//   - one first-out a group, and only minor alarms are quiet, only in a flood;
//   - an alarm is told as standing once; timers always go on;
//   - the list, which only what changed is put into, is what a walk over all lives gives;
//   - a restart tells nothing, and the list after it is the list before.
type witness struct {
	t     testing.TB
	m     *Machine
	defs  []Definition
	now   time.Duration
	store map[string][]byte
	stand map[string]bool // raised, not yet ended, by the changes alone
	on    map[string]bool
	acked map[string]bool
	hid   map[string]bool // raised, then explained by its cause
	noise map[string]point.Instant
	old   map[string]time.Duration
	next  uint64
}

func randomDefinitions() []Definition {
	return []Definition{
		{Key: "panic", Priority: 1, Latch: true, Guarded: true, Resound: 15 * time.Minute, Causes: []string{"*"}},
		{Key: "plain", Priority: 2, Group: "g"},
		{Key: "latch", Priority: 2, Latch: true, Group: "g", Causes: []string{"plain"}},
		{Key: "round/1", Priority: 2, Group: "g", Causes: []string{"round/*"}},
		{Key: "round/2", Priority: 4, Causes: []string{"round/*", "slow"}, Resound: time.Hour},
		{Key: "round/3", Priority: 3, OnDelay: 7 * time.Second, Causes: []string{"*"}},
		{Key: "fire", Priority: 1, Kind: KindFire, Latch: true, Causes: []string{"*"}},
		{Key: "last", Priority: 3, Clear: ClearDependent, Causes: []string{"plain", "trouble"}},
		{Key: "slow", Priority: 3, OnDelay: 10 * time.Second, OffDelay: 30 * time.Second, Resound: 20 * time.Minute},
		{Key: "trouble", Priority: 4, Class: ClassTrouble, OffDelay: time.Second},
	}
}

func newWitness(t testing.TB) *witness {
	w := &witness{t: t, defs: randomDefinitions(), store: map[string][]byte{},
		stand: map[string]bool{}, on: map[string]bool{}, acked: map[string]bool{},
		hid: map[string]bool{}, noise: map[string]point.Instant{}, old: map[string]time.Duration{}}
	w.m, _ = New(nil, nil, w.defs)
	return w
}

// step does what two bytes say.
func (w *witness) step(what, how byte) {
	d := w.defs[int(how)%len(w.defs)]
	now := at(w.now)
	switch what % 16 {
	case 0, 1, 2:
		_ = w.m.Signal(now, Signal{Key: d.Key, Active: how >= 128})
	case 3:
		w.pass(time.Duration(how) * 10 * time.Millisecond)
	case 4:
		w.pass(time.Duration(how) * time.Second)
	case 5:
		_ = w.m.Acknowledge(now, d.Key, event.ID{}, "li", "")
	case 6:
		_ = w.m.Silence(now, d.Key, event.ID{}, "li")
	case 7:
		_ = w.m.Reset(now, d.Key, event.ID{}, "li")
	case 8:
		_ = w.m.Shelve(now, d.Key, now.Wall.Add(time.Duration(how)*time.Minute), "li", "x")
	case 9:
		_ = w.m.Unshelve(now, d.Key, "li")
	case 10:
		_ = w.m.Acknowledge(now, Every, event.ID{}, "li", "")
	case 11:
		w.restart()
	case 12:
		_ = w.m.OutOfService(now, d.Key, now.Wall.Add(time.Duration(how)*time.Minute), "li", "wang", "x")
	case 13:
		_ = w.m.InService(now, d.Key, "li")
	case 14:
		w.pass(time.Duration(how) * 10 * time.Minute)
	case 15:
		for i, d := range w.defs { // everything at once: a flood
			_ = w.m.Signal(now, Signal{Key: d.Key, Active: how>>(i%8)&1 == 1})
		}
	}
	w.look()
}

// pass lets time go by, ticking at each deadline.
func (w *witness) pass(d time.Duration) {
	end := w.now + d
	for i := 0; w.m.Next() <= at(end).Mono; i++ {
		w.now = max(w.now, w.m.Next()-time.Hour)
		w.m.Tick(at(w.now))
		if w.m.Next() <= at(w.now).Mono || i > 10_000 {
			w.t.Fatal("a timer does not go on")
		}
	}
	w.now = end
	w.m.Tick(at(end))
}

// restart makes a new machine of the retained state: nothing may have changed.
func (w *witness) restart() {
	before := w.m.Alarms()
	w.m, _ = New(nil, nil, w.defs)
	w.m.Restore(at(w.now), w.store)
	same(w.t, before, w.m.Alarms())
	if c := w.m.Take(); len(c) > 0 {
		w.t.Fatalf("a restart changed %v", c)
	}
	keepIn(w.store, w.m.Retained())
}

func (w *witness) look() {
	for _, c := range w.m.Take() {
		w.change(c)
	}
	keepIn(w.store, w.m.Retained())
	list := w.m.Alarms()
	for key, stands := range w.stand {
		i := slices.IndexFunc(list, func(a *Alarm) bool { return a.Key == key })
		if stands && (i < 0 || !list[i].Standing() && !w.hid[key]) {
			w.t.Fatalf("%s stands and is not listed", key)
		}
	}
	for _, a := range list {
		if a.Standing() != (w.stand[a.Key] && !w.hid[a.Key]) || a.Active != w.on[a.Key] {
			w.t.Fatalf("%s is listed as standing %v active %v, the changes say %v %v", a.Key, a.Standing(), a.Active, w.stand[a.Key], w.on[a.Key])
		}
		if a.Guarded && (!a.Shelved.IsZero() || a.Suppressed != "" || a.Quiet) || a.Kind == KindFire && a.Suppressed != "" {
			w.t.Fatalf("%s is guarded and put aside: %+v", a.Key, a)
		}
		if a.Active && a.Latched || a.Quiet && (a.Priority < 3 || !w.m.Flood().On) || a.Old && !a.Active {
			w.t.Fatalf("%s contradicts itself: %+v", a.Key, a)
		}
		w.heard(a)
	}
	w.firstOut(list)
	w.whole(list)
}

// whole holds the list, which only what changed is put into, against a walk over
// all lives. New flaps show later.
func (w *witness) whole(list []*Alarm) {
	var rows []row
	for _, l := range w.m.lives {
		if r := l.listed(); r.alarm != nil {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, row.compare)
	for i := range max(len(rows), len(list)) {
		if i >= len(rows) || i >= len(list) {
			w.t.Fatalf("%d listed, want %d", len(list), len(rows))
		}
		want, got := *rows[i].alarm, *list[i]
		got.Flaps = want.Flaps
		if !reflect.DeepEqual(got, want) {
			w.t.Fatalf("listed at %d: %+v, want %+v", i, got, want)
		}
	}
}

// heard follows the causes of a suppressed alarm to one that somebody hears, or
// to one that is let go soon.
func (w *witness) heard(a *Alarm) {
	l := w.m.lives[a.Key]
	for range chainLimit + 1 {
		if l.Suppressed == "" {
			if l != w.m.lives[a.Key] && (!l.Active || l.shelved() || l.removed() || l.Quiet && a.Priority < 3) {
				w.t.Fatalf("%s is hidden by %s, which nobody hears", a.Key, l.Key)
			}
			return
		}
		if l.design.release != point.Never {
			return
		}
		l = w.m.lives[l.Suppressed]
	}
	w.t.Fatalf("%s is hidden by a circle", a.Key)
}

func (w *witness) firstOut(list []*Alarm) {
	first := 0
	for _, a := range list {
		if a.FirstOut {
			first++
		}
		if a.FirstOut && a.After != "" || a.Group == "" && (a.FirstOut || a.After != "") {
			w.t.Fatalf("%s is first %v after %q", a.Key, a.FirstOut, a.After)
		}
	}
	if first > 1 {
		w.t.Fatalf("%d are the first of one group", first)
	}
}

// rings holds the noise against what was told: it begins anew only with these.
func (w *witness) rings(c Change) {
	switch c.Type {
	case event.AlarmRaised, event.AlarmResounded, event.AlarmUnshelved, event.AlarmUnsuppressed, event.AlarmInService:
	default:
		if c.Alarm.Sounded != w.noise[c.Alarm.Key] && c.Alarm.Sounded != (point.Instant{}) {
			w.t.Fatalf("%s rings again with %s", c.Alarm.Key, c.Type)
		}
	}
	w.noise[c.Alarm.Key] = c.Alarm.Sounded
}

func (w *witness) change(c Change) {
	k := c.Alarm.Key
	w.rings(c)
	fail := func(why string) { w.t.Fatalf("%s %s: %s: %+v", k, c.Type, why, c.Alarm) }
	switch c.Type {
	case event.AlarmRaised:
		if w.on[k] {
			fail("raised twice")
		}
		if !c.Alarm.Shelved.IsZero() || !c.Alarm.RemovedUntil.IsZero() || c.Alarm.Suppressed != "" {
			fail("raised while put aside")
		}
		w.on[k], w.stand[k], w.acked[k] = true, true, false
		w.next++
		w.m.Raised(k, event.ID{Box: "b", Epoch: "e", Sequence: w.next})
	case event.AlarmCleared:
		if !w.on[k] {
			fail("cleared without a raise")
		}
		w.on[k] = false
		w.stand[k] = c.Alarm.Latch || !w.acked[k] && !w.hid[k]
		w.hid[k] = false
	case event.AlarmAcknowledged:
		if w.acked[k] || !w.stand[k] || c.Actor != "li" {
			fail("acknowledged for nothing")
		}
		w.acked[k] = true
		w.stand[k] = w.on[k] || c.Alarm.Latch
	case event.AlarmReset:
		if w.on[k] || !w.acked[k] {
			fail("reset too early")
		}
		w.stand[k] = false
	case event.AlarmSilenced:
		if c.Alarm.Acknowledged != w.acked[k] {
			fail("silence changed the acknowledgement")
		}
	case event.AlarmResounded:
		if w.acked[k] || c.Alarm.Silenced {
			fail("re-sounds")
		}
	case event.AlarmShelved:
		if c.Alarm.Guarded {
			fail("guarded")
		}
	case event.AlarmSuppressed:
		if c.Alarm.Suppressed == "" || c.Alarm.Suppressed == k {
			fail("suppressed by nobody")
		}
		w.hid[k] = w.hid[k] || w.on[k]
	case event.AlarmUnsuppressed:
		if c.Alarm.Suppressed != "" {
			fail("still suppressed")
		}
		w.hid[k] = false
	case event.AlarmStanding:
		if w.old[k] == c.Alarm.Raised.Mono || !w.on[k] {
			fail("told as standing twice")
		}
		w.old[k] = c.Alarm.Raised.Mono
	case event.AlarmUnshelved, event.AlarmChattering, event.AlarmOutOfService, event.AlarmInService,
		event.FloodBegan, event.FloodEnded:
	default:
		fail("unexpected")
	}
}

func TestRandomLives(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 1))
		w := newWitness(t)
		for range 400 {
			w.step(byte(random.Uint32()), byte(random.Uint32()))
		}
	}
}

func FuzzLife(f *testing.F) {
	f.Add([]byte{0, 128, 3, 10, 0, 5, 4, 200, 5, 0, 7, 0})
	f.Add([]byte{1, 129, 11, 0, 8, 6, 1, 1, 1, 131, 9, 1, 11, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 600 {
			return
		}
		w := newWitness(t)
		for ; len(data) >= 2; data = data[2:] {
			w.step(data[0], data[1])
		}
	})
}

func FuzzRestore(f *testing.F) {
	f.Add([]byte(`{"alarm":{"Key":"k","Active":true},"raised":true}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		m, _ := New(nil, nil, []Definition{{Key: "k"}})
		m.Restore(at(0), map[string][]byte{"alarm:k": value, "alarm:gone": value})
		m.Tick(at(time.Hour))
		m.Take()
		m.Retained()
		if n := m.Next(); n <= at(time.Hour).Mono && n != point.Never {
			t.Fatal("a timer does not go on")
		}
	})
}
