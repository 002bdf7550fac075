package annunciate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

func at(d time.Duration) point.Instant { return point.Instant{Boot: "b", Mono: time.Hour + d} }

// standing is an active, unacknowledged alarm that was raised at d.
func standing(key string, priority int, class alarm.Class, d time.Duration) alarm.Alarm {
	return alarm.Alarm{Definition: alarm.Definition{Key: key, Priority: priority, Class: class, Room: "mr"},
		Occurrence: event.ID{Box: "b", Epoch: "e", Sequence: 1}, Active: true, Raised: at(d), Sounded: at(d)}
}

// these is the list that the alarm machine would hand over.
func these(list ...alarm.Alarm) (alarms []*alarm.Alarm) {
	for _, a := range list {
		alarms = append(alarms, &a)
	}
	return alarms
}

// picture is what the wall shows.
func picture(p *Planner, now point.Instant) Picture {
	shown, _ := p.Picture(now)
	return shown
}

// next is when the planner wants to be asked again, for levels or picture.
func next(p *Planner, now point.Instant) time.Duration {
	_, levels := p.Levels(now)
	_, picture := p.Picture(now)
	return min(levels, picture)
}

func sounder() Annunciator {
	return Annunciator{ID: "siren", Kind: "sounder", Output: "oc/siren", CutOff: 2 * time.Minute}
}

func plan(t testing.TB, wall *Wall, list ...Annunciator) *Planner {
	p, err := New(list, wall)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// play follows the first output from d to end by its own deadlines: "1@0s 0@800ms".
func play(t testing.TB, p *Planner, from, end time.Duration) string {
	var out []string
	last := ""
	for d, i := from, 0; d <= end; i++ {
		levels, next := p.Levels(at(d))
		if now := fmt.Sprint(levels[0].On); now != last {
			last = now
			out = append(out, map[string]string{"true": "1", "false": "0"}[now]+"@"+d.String())
		}
		if next <= at(d).Mono || i > 100_000 {
			t.Fatalf("asked again at %v, which is not later than %v", next, at(d).Mono)
		}
		if next == point.Never {
			break
		}
		d = next - time.Hour
	}
	return strings.Join(out, " ")
}

func TestCadences(t *testing.T) {
	table := []struct {
		name  string
		a     alarm.Alarm
		class []string
		end   time.Duration
		want  string
	}{
		{"priority 1 is nearly continuous", standing("a", 1, alarm.ClassAlarm, 0), nil, 2 * time.Second, "1@0s 0@800ms 1@1s 0@1.8s 1@2s"},
		{"priority 2 is slower", standing("a", 2, alarm.ClassAlarm, 0), nil, time.Second, "1@0s 0@500ms 1@1s"},
		{"supervisory chirps", standing("a", 1, alarm.ClassSupervisory, 0), nil, 5 * time.Second, "1@0s 0@150ms 1@5s"},
		{"trouble chirps once a minute", standing("a", 1, alarm.ClassTrouble, 0), []string{"alarm", "trouble"}, 2 * time.Minute, "1@0s 0@150ms 1@1m0s 0@1m0.15s 1@2m0s"},
		{"trouble is not for a plain sounder", standing("a", 1, alarm.ClassTrouble, 0), nil, time.Minute, "0@0s"},
	}
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			s := sounder()
			s.Class = row.class
			p := plan(t, nil, s)
			p.Update(at(0), these(row.a), zone.View{})
			if got := play(t, p, 0, row.end); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestFirstLevelIsOnWhateverTheTime(t *testing.T) {
	for ms := range 50 {
		d := time.Duration(ms*37) * time.Millisecond
		p := plan(t, nil, sounder())
		p.Update(at(0), nil, zone.View{})
		p.Levels(at(0))
		p.Update(at(d), these(standing("panic", 1, alarm.ClassAlarm, d)), zone.View{})
		if levels, _ := p.Levels(at(d)); !levels[0].On {
			t.Fatalf("silent at %v", d)
		}
	}
}

func TestCutOffSilenceAndResound(t *testing.T) {
	p := plan(t, nil, sounder())
	on := func(d time.Duration) bool { levels, _ := p.Levels(at(d)); return levels[0].On }
	a := standing("panic", 1, alarm.ClassAlarm, 0)
	set := func(d time.Duration, list ...alarm.Alarm) { p.Update(at(d), these(list...), zone.View{}) }
	set(0, a)
	if !on(0) || !on(2*time.Minute-time.Second) || on(2*time.Minute) || on(10*time.Minute) {
		t.Error("the cut-off is not at two minutes")
	}
	a.Sounded = at(15 * time.Minute)
	set(15*time.Minute, a)
	if !on(15 * time.Minute) {
		t.Error("a re-sound is silent")
	}
	a.Silenced = true
	set(15*time.Minute+time.Second, a)
	if on(15*time.Minute + time.Second) {
		t.Error("silence is loud")
	}
	b := standing("smoke", 1, alarm.ClassAlarm, 15*time.Minute+1300*time.Millisecond)
	set(15*time.Minute+1300*time.Millisecond, a, b)
	if !on(15*time.Minute + 1300*time.Millisecond) {
		t.Error("a new alarm does not re-sound")
	}
}

func TestNoiseEndsWithTheAlarm(t *testing.T) {
	p := plan(t, nil, sounder())
	a := standing("hot", 1, alarm.ClassAlarm, 0)
	a.Active = false
	p.Update(at(time.Second), these(a), zone.View{})
	if got := play(t, p, 9200*time.Millisecond, time.Hour); got != "1@9.2s 0@10s" {
		t.Errorf("cleared by itself: %s", got)
	}
	a.Latched = true
	p.Update(at(time.Second), these(a), zone.View{})
	if levels, _ := p.Levels(at(time.Minute)); !levels[0].On {
		t.Error("a latched alarm fell silent")
	}
	p.Update(at(time.Minute), nil, zone.View{})
	if levels, next := p.Levels(at(time.Minute)); levels[0].On || next != point.Never {
		t.Error("noise without an alarm")
	}
}

func TestRestartSoundsAtLeastHalfAMinute(t *testing.T) {
	a := standing("panic", 1, alarm.ClassAlarm, -10*time.Minute)
	p := plan(t, nil, sounder())
	p.Update(at(0), these(a), zone.View{})
	if got := play(t, p, 29*time.Second, time.Hour); !strings.HasPrefix(got, "1@29s") || !strings.HasSuffix(got, "0@30s") && !strings.Contains(got, "0@29.8s") {
		t.Errorf("after a restart: %s", got)
	}
	if levels, _ := p.Levels(at(31 * time.Second)); levels[0].On {
		t.Error("still loud")
	}
	if err := p.Reload([]Annunciator{sounder()}, nil); err != nil {
		t.Fatal(err)
	}
	p.Update(at(time.Minute), these(a), zone.View{})
	if levels, _ := p.Levels(at(time.Minute)); levels[0].On {
		t.Error("a reload is no restart")
	}
	a.Acknowledged = true
	q := plan(t, nil, sounder())
	q.Update(at(0), these(a), zone.View{})
	if levels, _ := q.Levels(at(0)); levels[0].On {
		t.Error("what was acknowledged and cut off sounds again")
	}
}

func TestAlarmWinsOverFault(t *testing.T) {
	s := sounder()
	s.Class = []string{"alarm", "supervisory", "trouble"}
	p := plan(t, nil, s)
	trouble, hot := standing("t", 1, alarm.ClassTrouble, 0), standing("a", 4, alarm.ClassAlarm, 0)
	p.Update(at(0), these(trouble, hot), zone.View{})
	if got := play(t, p, 0, 4*time.Second); got != "1@0s 0@200ms 1@4s" {
		t.Errorf("got %s", got)
	}
}

func TestBeaconAndRelay(t *testing.T) {
	p := plan(t, nil, Annunciator{ID: "b", Kind: "beacon", Output: "oc/beacon"},
		Annunciator{ID: "r", Kind: "relay", Output: "oc/fan", Alarms: []string{"hot/*"}})
	a := standing("hot/th1/temperature", 2, alarm.ClassAlarm, 0)
	table := []struct {
		name                        string
		active, latched, acked, gon bool
		first, half, relay          bool
	}{
		{"unacknowledged flashes", true, false, false, false, true, false, true},
		{"cleared, unacknowledged flashes", false, false, false, false, true, false, false},
		{"acknowledged and active is steady", true, false, true, false, true, true, true},
		{"latched and acknowledged is steady", false, true, true, false, true, true, true},
		{"normal is dark", false, false, true, false, false, false, false},
	}
	for _, row := range table {
		p.Update(at(0), nil, zone.View{})
		p.Levels(at(0))
		a.Active, a.Latched, a.Acknowledged = row.active, row.latched, row.acked
		p.Update(at(0), these(a), zone.View{})
		first, _ := p.Levels(at(0))
		half, _ := p.Levels(at(500 * time.Millisecond))
		if first[0].On != row.first || half[0].On != row.half || first[1].On != row.relay {
			t.Errorf("%s: beacon %v then %v, relay %v", row.name, first[0].On, half[0].On, first[1].On)
		}
	}
}

func TestSilentHoldUpShowsNothingInTheRoom(t *testing.T) {
	a := standing("zone/panic", 1, alarm.ClassAlarm, 0)
	a.Silent = true
	wall := &Wall{Rooms: []string{"mr"}, Rows: []string{"alarm"}}
	p := plan(t, wall, sounder(), Annunciator{ID: "b", Kind: "beacon", Output: "oc/beacon"},
		Annunciator{ID: "r", Kind: "relay", Output: "oc/lamp", Alarms: []string{"zone/*"}},
		Annunciator{ID: "line", Kind: "relay", Output: "oc/line", Alarms: []string{"zone/panic"}})
	p.Update(at(0), nil, zone.View{})
	calm := picture(p, at(0)).Lamps
	p.Update(at(0), these(a), zone.View{})
	levels, _ := p.Levels(at(0))
	for i, want := range []bool{false, false, false, true} {
		if levels[i].On != want {
			t.Errorf("%s is %v", levels[i].Output, levels[i].On)
		}
	}
	if !picture(p, at(0)).Lamps.Equal(calm) {
		t.Error("the wall shows a silent hold-up")
	}
}

func TestFilters(t *testing.T) {
	table := []struct {
		d    Annunciator
		want bool
	}{
		{Annunciator{}, true},
		{Annunciator{Rooms: []string{"oc"}}, false},
		{Annunciator{Rooms: []string{"oc", "mr"}}, true},
		{Annunciator{Upto: 1}, false},
		{Annunciator{Upto: 2}, true},
		{Annunciator{Class: []string{"trouble"}}, false},
		{Annunciator{Class: []string{"delay"}}, false},
		{Annunciator{Class: []string{"delay", "alarm"}}, true},
		{Annunciator{Alarms: []string{"hot/*/x", "cold"}}, false},
		{Annunciator{Alarms: []string{"h*temp*"}}, true},
	}
	for i, row := range table {
		row.d.ID, row.d.Kind, row.d.Output = "x", "sounder", "oc/x"
		p := plan(t, nil, row.d)
		p.Update(at(0), these(standing("hot/th1/temperature", 2, alarm.ClassAlarm, 0)), zone.View{})
		if levels, _ := p.Levels(at(0)); levels[0].On != row.want {
			t.Errorf("row %d: got %v", i, levels[0].On)
		}
	}
}

func TestShelvedShowsNothing(t *testing.T) {
	a := standing("a", 1, alarm.ClassAlarm, 0)
	a.Shelved = time.Unix(1, 0)
	p := plan(t, &Wall{Rooms: []string{"mr"}, Rows: []string{"alarm"}}, sounder())
	p.Update(at(0), these(a), zone.View{})
	if levels, _ := p.Levels(at(0)); levels[0].On || picture(p, at(0)).Lamps[0] != green {
		t.Error("a shelved alarm shows")
	}
}

func TestDelayBuzzer(t *testing.T) {
	d := at(30 * time.Second)
	p := plan(t, nil, Annunciator{ID: "buzzer", Kind: "sounder", Output: "oc/buzzer", Class: []string{"delay"}})
	p.Update(at(0), nil, zone.View{Partitions: []zone.PartitionView{{Mode: zone.Exiting, Deadline: &d}}})
	got := play(t, p, 0, time.Minute)
	if !strings.HasPrefix(got, "1@0s 0@100ms 1@1s") || !strings.Contains(got, "1@20s 0@20.1s 1@20.25s") || strings.Contains(got, "1@30s") {
		t.Errorf("exit: %s", got)
	}
	p.Update(at(0), nil, zone.View{Partitions: []zone.PartitionView{{Mode: zone.Entering, Deadline: &d}}})
	if got := play(t, p, 0, time.Second); got != "1@0s 0@250ms 1@500ms 0@750ms 1@1s" {
		t.Errorf("entry: %s", got)
	}
}

func TestDoorBuzzer(t *testing.T) {
	warned := func(room string) zone.View { return zone.View{Doors: []zone.DoorView{{Room: room, State: "warned"}}} }
	p := plan(t, nil, Annunciator{ID: "buzzer", Kind: "sounder", Output: "oc/buzzer", Class: []string{"delay"}, Rooms: []string{"mr"}})
	p.Update(at(0), nil, warned("mr"))
	if got := play(t, p, 0, 2*time.Second); got != "1@0s 0@100ms 1@250ms 0@350ms 1@2s" {
		t.Errorf("a door that stands open: %s", got)
	}
	p.Update(at(0), nil, warned("oc"))
	if got := play(t, p, 0, time.Minute); got != "0@0s" {
		t.Errorf("a door of another room: %s", got)
	}
	p.Update(at(0), nil, warned("mr"))
	p.Update(at(0), nil, zone.View{Doors: []zone.DoorView{{Room: "mr", State: "held"}}})
	if got := play(t, p, 0, time.Minute); got != "0@0s" {
		t.Errorf("after the warning: %s", got)
	}
	p = plan(t, nil, sounder())
	p.Update(at(0), nil, warned("mr"))
	if got := play(t, p, 0, time.Minute); got != "0@0s" {
		t.Errorf("the siren: %s", got)
	}
}

func TestLampTest(t *testing.T) {
	p := plan(t, &Wall{Rooms: []string{"mr"}, Rows: []string{"alarm", "armed"}, Heartbeat: true}, sounder(),
		Annunciator{ID: "b", Kind: "beacon", Output: "oc/beacon"}, Annunciator{ID: "r", Kind: "relay", Output: "oc/fan"})
	p.Update(at(0), nil, zone.View{})
	before := picture(p, at(0)).Lamps
	p.LampTest(at(0))
	levels, next := p.Levels(at(0))
	if !levels[0].On || !levels[1].On || levels[2].On || next != at(testChirp).Mono {
		t.Errorf("start: %v, next %v", levels, next)
	}
	for _, c := range picture(p, at(time.Second)).Lamps {
		if c != white {
			t.Error("a lamp of the wall is not lit")
		}
	}
	levels, _ = p.Levels(at(time.Second))
	if levels[0].On || !levels[1].On {
		t.Errorf("after the chirp: %v", levels)
	}
	levels, _ = p.Levels(at(3 * time.Second))
	if levels[1].On || !picture(p, at(3*time.Second)).Lamps.Equal(before) {
		t.Error("the test does not end")
	}
}

func TestTwoAnnunciatorsOnOneOutput(t *testing.T) {
	a, b := sounder(), sounder()
	a.Rooms, b.ID = []string{"oc"}, "second"
	p := plan(t, nil, a, b)
	p.Update(at(0), these(standing("a", 1, alarm.ClassAlarm, 0)), zone.View{})
	if levels, _ := p.Levels(at(0)); len(levels) != 1 || !levels[0].On {
		t.Errorf("got %v", levels)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, a := range []Annunciator{{ID: "bell", Kind: "gong", Output: "a/b"}, {ID: "bell", Kind: "relay", Output: "x"},
		{ID: "bell", Kind: "sounder", Output: "a/b", CutOff: time.Minute}} {
		p, err := New([]Annunciator{a, sounder()}, nil)
		if err == nil || !strings.Contains(err.Error(), "bell") {
			t.Errorf("%+v: %v", a, err)
		}
		if levels, _ := p.Levels(at(0)); len(levels) != 1 {
			t.Errorf("the right one is missing: %v", levels)
		}
	}
	if _, err := New(nil, &Wall{Rows: []string{"weather"}}); err == nil {
		t.Error("an unknown row was taken")
	}
}

func BenchmarkFlood(b *testing.B) {
	p := plan(b, &Wall{Rooms: []string{"mr"}, Rows: rowNames}, sounder())
	list := make([]alarm.Alarm, 500)
	for i := range list {
		list[i] = standing(fmt.Sprint(i), 1+i%4, alarm.ClassAlarm, 0)
	}
	b.ReportAllocs()
	for i := range b.N {
		list[0].Sounded = at(time.Duration(i))
		p.Update(at(time.Duration(i)), these(list...), zone.View{})
		p.Levels(at(time.Duration(i)))
	}
}

// TestASounderSoundsThroughItsPauses: who asks once a minute must not meet a pause.
func TestASounderSoundsThroughItsPauses(t *testing.T) {
	p := plan(t, nil, sounder(), Annunciator{ID: "beacon", Kind: "beacon", Output: "oc/beacon"})
	sounds := func(d time.Duration) bool {
		levels, _ := p.Levels(at(d))
		if levels[1].Sounds {
			t.Error("a beacon sounds")
		}
		return levels[0].Sounds
	}
	p.Update(at(0), these(standing("trouble", 3, alarm.ClassTrouble, 0)), zone.View{})
	if sounds(0) {
		t.Error("a trouble's chirp is told as an alarm")
	}
	p.Update(at(time.Second), these(standing("leak", 2, alarm.ClassAlarm, time.Second)), zone.View{})
	for d := time.Second; d < 2*time.Minute; d += 130 * time.Millisecond {
		if !sounds(d) {
			t.Fatalf("quiet after %v", d)
		}
	}
	if sounds(2*time.Minute + time.Second) {
		t.Error("sounds after the cut-off")
	}
}
