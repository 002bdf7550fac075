package annunciate

import (
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/calendar"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

func TestBrightness(t *testing.T) {
	book, errs := calendar.Compile([]calendar.Calendar{{ID: "night", Hours: []string{"22:00-06:00"}, Holidays: "ignore"}}, nil, time.UTC)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	hour := func(h int) point.Instant { return clocked(time.Duration(h) * time.Hour) } // from three o'clock
	unsure := hour(0)
	unsure.Clock = point.ClockUnknown
	urgent := about("火", 1, alarm.ClassAlarm)
	calm := urgent
	calm.Acknowledged = true
	other := about("漏水", 2, alarm.ClassAlarm)
	table := []struct {
		name   string
		now    point.Instant
		alarms []alarm.Alarm
		want   int
	}{
		{"at night", hour(0), nil, 15}, {"by day", hour(5), nil, 80}, {"in the evening", hour(19), nil, 15}, {"nobody knows the time", unsure, nil, 80},
		{"an unacknowledged priority 1 at night", hour(0), []alarm.Alarm{urgent}, 100}, {"acknowledged", hour(0), []alarm.Alarm{calm}, 15},
		{"priority 2", hour(0), []alarm.Alarm{other}, 15}, {"a silent one", hour(0), []alarm.Alarm{about("挟持", 1, alarm.ClassAlarm, silent)}, 15},
	}
	for _, row := range table {
		p := plan(t, &Wall{Rooms: []string{"mr"}, Rows: []string{"alarm"}, Brightness: 80, Night: &Night{Calendar: "night", Brightness: 15}})
		p.Around(Around{Calendars: book})
		p.Update(row.now, these(row.alarms...), zone.View{})
		if got := picture(p, row.now).Bright; got != row.want {
			t.Errorf("%s: %d percent, want %d", row.name, got, row.want)
		}
	}
	p := plan(t, &Wall{Rooms: []string{"mr"}, Rows: []string{"alarm"}, Night: &Night{Calendar: "night"}})
	p.Around(Around{Calendars: book})
	p.Update(clocked(0), nil, zone.View{})
	for d := time.Duration(0); d < 4*time.Hour; { // by its own deadlines alone
		due := next(p, clocked(d))
		want := 20
		if d >= 3*time.Hour {
			want = 100
		}
		if got := picture(p, clocked(d)).Bright; got != want {
			t.Fatalf("at %v %d percent, want %d", clocked(d).Wall, got, want)
		}
		d = due - time.Hour
	}
}

func TestStealth(t *testing.T) {
	fire, panicked := about("火警", 1, alarm.ClassAlarm, kind(alarm.KindFire)), about("紧急", 1, alarm.ClassAlarm, kind(alarm.KindHoldUp))
	intruder := about("红外", 1, alarm.ClassAlarm, kind(alarm.KindIntrusion))
	away := func(m zone.Mode, as string) zone.View {
		return zone.View{Zones: []zone.ZoneView{{ID: "z", Room: "mr", Partition: "p"}}, Partitions: []zone.PartitionView{{ID: "p", Label: point.Words{Zh: "机房"}, Mode: m, As: as}}}
	}
	table := []struct {
		name        string
		panel       zone.View
		partitions  []string
		alarms      []alarm.Alarm
		alarm, zone RGB
		lamp        bool
		text        string
	}{
		{"disarmed", away(zone.Disarmed, ""), nil, nil, green, dark, false, "3月1日 周日 03:00"},
		{"armed away", away(zone.Armed, zone.Away), nil, nil, dark, dark, false, ""},
		{"armed for the night", away(zone.Armed, zone.Night), nil, nil, green, blue, false, "3月1日 周日 03:00"},
		{"leaving", away(zone.Exiting, zone.Away), nil, nil, green, blue, false, "3月1日 周日 03:00"},
		{"somebody comes in", away(zone.Entering, zone.Away), nil, nil, dark, dark, false, ""},
		{"another partition counts", away(zone.Armed, zone.Away), []string{"q"}, nil, green, blue, false, "3月1日 周日 03:00"},
		{"an intruder", away(zone.Armed, zone.Away), nil, []alarm.Alarm{intruder}, dark, dark, false, ""},
		{"he is gone, disarmed", away(zone.Disarmed, ""), nil, []alarm.Alarm{intruder}, red, dark, true, "[紧急报警 机房：红外 03:00]"},
		{"fire", away(zone.Armed, zone.Away), nil, []alarm.Alarm{intruder, fire}, red, dark, true, "[紧急报警 机房：火警 03:00]"},
		{"the panic button", away(zone.Armed, zone.Away), nil, []alarm.Alarm{panicked}, red, dark, true, "[紧急报警 机房：紧急 03:00]"},
		{"a silent hold-up", away(zone.Armed, zone.Away), nil, []alarm.Alarm{about("挟持", 1, alarm.ClassAlarm, silent, kind(alarm.KindHoldUp))}, dark, dark, false, ""},
	}
	for _, row := range table {
		wall := board(16)
		wall.Stealth, wall.StealthFor, wall.Heartbeat = true, row.partitions, true
		p := plan(t, wall, Annunciator{ID: "b", Kind: "beacon", Output: "oc/beacon", Stealth: true, StealthFor: row.partitions}, sounder(),
			Annunciator{ID: "strobe", Kind: "beacon", Output: "oc/strobe"})
		p.Settle(clocked(0))
		p.Update(clocked(0), these(row.alarms...), away(zone.Disarmed, "")) // as it was before
		p.Update(clocked(0), these(row.alarms...), row.panel)
		levels, _ := p.Levels(clocked(0))
		f := picture(p, clocked(0))
		if f.Lamps[0] != row.alarm || f.Lamps[1] != row.zone || levels[0].On != row.lamp {
			t.Errorf("%s: cells %v %v, beacon %v", row.name, f.Lamps[0], f.Lamps[1], levels[0].On)
		}
		if hidden := f.Lamps[2] == dark; hidden != f.Hidden {
			t.Errorf("%s: heartbeat %v, hidden %v", row.name, f.Lamps[2], f.Hidden)
		}
		if got := text(p, 0); got != row.text {
			t.Errorf("%s: text %q, want %q", row.name, got, row.text)
		}
		if loud := len(row.alarms) > 0 && !row.alarms[0].Silent; levels[1].On != loud || levels[2].On != loud {
			t.Errorf("%s: siren %v, strobe %v", row.name, levels[1].On, levels[2].On)
		}
	}
}

// TestAStealthWallBeginsDark: until the retained state is there nobody knows
// whether the room was left armed. What saves lives shows at once.
func TestAStealthWallBeginsDark(t *testing.T) {
	fire, leak := about("火警", 1, alarm.ClassAlarm, kind(alarm.KindFire)), about("漏水", 1, alarm.ClassAlarm)
	disarmed := zone.View{Partitions: []zone.PartitionView{{ID: "p", Mode: zone.Disarmed}}}
	for _, c := range []struct {
		name      string
		stealth   bool
		alarms    []alarm.Alarm
		now, then RGB
		lamp      bool
	}{
		{"nothing stands", true, nil, dark, green, false},
		{"water", true, []alarm.Alarm{leak}, dark, red, false},
		{"fire", true, []alarm.Alarm{fire}, red, red, true},
		{"a wall without stealth", false, []alarm.Alarm{leak}, red, red, true},
	} {
		wall := board(16)
		wall.Stealth = c.stealth
		p := plan(t, wall, Annunciator{ID: "b", Kind: "beacon", Output: "oc/beacon", Stealth: c.stealth})
		if f := picture(p, clocked(0)); c.stealth && f.Lamps[0] != dark {
			t.Errorf("%s: before anything is known %v", c.name, f.Lamps[0])
		}
		p.Update(clocked(0), these(c.alarms...), disarmed)
		levels, _ := p.Levels(clocked(0))
		if f := picture(p, clocked(0)); f.Lamps[0] != c.now || levels[0].On != c.lamp || (text(p, 0) == "") != (c.now == dark) {
			t.Errorf("%s: cell %v, beacon %v, text %q", c.name, f.Lamps[0], levels[0].On, text(p, 0))
		}
		p.Settle(clocked(0))
		p.Update(clocked(0), these(c.alarms...), disarmed)
		levels, _ = p.Levels(clocked(0))
		if f := picture(p, clocked(0)); f.Lamps[0] != c.then || levels[0].On != (len(c.alarms) > 0) {
			t.Errorf("%s: afterwards cell %v, beacon %v", c.name, f.Lamps[0], levels[0].On)
		}
	}
}

func TestLampTestLightsEveryPixel(t *testing.T) {
	wall := board(16)
	wall.Stealth, wall.Brightness = true, 10
	p := plan(t, wall)
	p.Update(clocked(0), nil, zone.View{Partitions: []zone.PartitionView{{ID: "p", Mode: zone.Armed, As: zone.Away}}})
	p.LampTest(clocked(0))
	if f := picture(p, clocked(time.Second)); f.Lamps[0] != white || f.Page.All != white || f.Bright != 100 {
		t.Errorf("%+v", f)
	}
	if f := picture(p, clocked(3*time.Second)); f.Lamps[0] != dark || f.Page.All != dark || f.Bright != 10 {
		t.Errorf("afterwards %+v", f)
	}
}

func TestWallWithoutAnswer(t *testing.T) {
	wall := &Wall{Rooms: []string{"mr"}, Rows: []string{"alarm"}, Alive: "wallping/up"}
	p := plan(t, wall)
	tell := func(v point.Value, q point.Quality) string {
		p.Sample(clocked(0), point.Sample{Point: "wallping/up", Value: v, Quality: q})
		var said []string
		for _, s := range p.Signals() {
			if s.Key != AliveKey {
				t.Errorf("signal %s", s.Key)
			}
			said = append(said, map[bool]string{true: "lost", false: "there"}[s.Active])
		}
		return strings.Join(said, " ")
	}
	steps := []struct {
		value point.Value
		bad   bool
		want  string
	}{{point.OfBool(true), false, "there"}, {point.OfBool(true), false, ""}, {point.OfBool(false), true, ""}, {point.OfBool(false), false, "lost"}, {point.OfBool(false), false, ""}, {point.OfBool(true), false, "there"}}
	for i, s := range steps {
		q := point.Quality{}
		if s.bad {
			q = point.BadBecause(point.Timeout)
		}
		if got := tell(s.value, q); got != s.want {
			t.Errorf("step %d: %q, want %q", i, got, s.want)
		}
	}
	if d := WallDefinitions(wall, "box/wall"); len(d) != 1 || d[0].Key != AliveKey || d[0].Causes[0] != "box/wall" || len(WallDefinitions(&Wall{}, "x")) != 0 {
		t.Errorf("%+v", d)
	}
}
