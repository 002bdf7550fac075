package annunciate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// clocked is at(d) with three in the morning on the wall.
func clocked(d time.Duration) point.Instant {
	t := at(d)
	t.Wall, t.Clock = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC).Add(d), point.ClockSynchronised
	return t
}

// about is an alarm that reads well: raised when the test began.
func about(key string, priority int, class alarm.Class, more ...func(*alarm.Alarm)) alarm.Alarm {
	a := standing(key, priority, class, 0)
	a.Label, a.RoomLabel, a.Raised = point.Words{Zh: key, En: key}, point.Words{Zh: "机房", En: "machine room"}, clocked(0)
	for _, m := range more {
		m(&a)
	}
	return a
}

func acked(a *alarm.Alarm)  { a.Acknowledged = true }
func silent(a *alarm.Alarm) { a.Silent = true }
func old(a *alarm.Alarm)    { a.Old = true }
func kind(k alarm.Kind) func(*alarm.Alarm) {
	return func(a *alarm.Alarm) { a.Kind = k }
}

// text is what the lines show at d, one after the other; inverse ones in brackets.
func text(p *Planner, d time.Duration) string {
	p.Levels(clocked(d))
	var lines []string
	for _, l := range picture(p, clocked(d)).Page.Lines {
		if l.Inverse {
			l.Text = "[" + l.Text + "]"
		}
		lines = append(lines, l.Text)
	}
	return strings.Join(lines, " / ")
}

// turns follows the text part by its own deadlines: every text that it shows until end.
func turns(t testing.TB, p *Planner, end time.Duration) (seen []string) {
	t.Helper()
	for d, i := time.Duration(0), 0; d <= end; i++ {
		if now := strings.Trim(text(p, d), "[]"); len(seen) == 0 || seen[len(seen)-1] != now {
			seen = append(seen, now)
		}
		next := next(p, clocked(d))
		if next <= clocked(d).Mono || i > 10_000 {
			t.Fatalf("asked again at %v, which is not later than %v", next, clocked(d).Mono)
		}
		if next == point.Never {
			return seen
		}
		d = next - time.Hour
	}
	return seen
}

func board(height int) *Wall {
	return &Wall{Rooms: []string{"mr"}, Rows: []string{"alarm", "armed"}, Text: &Text{Width: 512, Height: height, Turn: 3 * time.Second, Language: "zh"}}
}

func TestTextShowsWhatIsUrgent(t *testing.T) {
	table := []struct {
		name   string
		alarms []alarm.Alarm
		want   string // the pages of twenty seconds, in their order
	}{
		{"one", []alarm.Alarm{about("漏水", 2, alarm.ClassAlarm)}, "报警 机房：漏水 03:00"},
		{"a trouble", []alarm.Alarm{about("断线", 3, alarm.ClassTrouble)}, "故障 机房：断线 03:00"},
		{"acknowledged", []alarm.Alarm{about("漏水", 2, alarm.ClassAlarm, acked)}, "报警 机房：漏水 已确认 03:00"},
		{"by priority", []alarm.Alarm{about("甲", 2, alarm.ClassAlarm), about("乙", 3, alarm.ClassAlarm)},
			"1/2 报警 机房：甲 03:00 > 2/2 报警 机房：乙 03:00"},
		{"by class", []alarm.Alarm{about("甲", 2, alarm.ClassTrouble), about("乙", 2, alarm.ClassAlarm)},
			"1/2 报警 机房：乙 03:00 > 2/2 故障 机房：甲 03:00"},
		{"unacknowledged first", []alarm.Alarm{about("甲", 1, alarm.ClassAlarm, acked), about("乙", 4, alarm.ClassSupervisory)},
			"1/2 监管报警 机房：乙 03:00 > 2/2 紧急报警 机房：甲 已确认 03:00"},
		{"of equals the first that came", []alarm.Alarm{about("新", 2, alarm.ClassAlarm), about("旧", 2, alarm.ClassAlarm)},
			"1/2 报警 机房：旧 03:00 > 2/2 报警 机房：新 03:00"},
		{"priority 1 holds the wall", []alarm.Alarm{about("火", 1, alarm.ClassAlarm), about("乙", 2, alarm.ClassAlarm)}, "1/2 紧急报警 机房：火 03:00"},
		{"two of priority 1", []alarm.Alarm{about("新", 1, alarm.ClassAlarm), about("旧", 1, alarm.ClassAlarm), about("乙", 2, alarm.ClassAlarm)},
			"1/3 紧急报警 机房：旧 03:00 > 2/3 紧急报警 机房：新 03:00"},
		{"cleared, waits for a person", []alarm.Alarm{about("烟", 1, alarm.ClassAlarm, func(a *alarm.Alarm) { a.Active, a.Latched = false, true })}, "紧急报警 机房：烟 已恢复，待复位 03:00"},
		{"silent", []alarm.Alarm{about("挟持", 1, alarm.ClassAlarm, silent)}, "3月1日 周日 03:00"},
		{"shelved", []alarm.Alarm{about("漏水", 2, alarm.ClassAlarm, func(a *alarm.Alarm) { a.Shelved = time.Unix(1, 0) })}, "3月1日 周日 03:00"},
		{"quiet in a flood", []alarm.Alarm{about("甲", 3, alarm.ClassAlarm, func(a *alarm.Alarm) { a.Quiet = true })}, "报警 机房：甲 03:00"},
		{"known for days", []alarm.Alarm{about("旧", 3, alarm.ClassTrouble, acked, old)}, "故障 机房：旧 已确认 03:00 > 3月1日 周日 03:00"},
		{"a button that rings nobody", []alarm.Alarm{about("紧急按钮", 1, alarm.ClassAlarm, func(a *alarm.Alarm) {
			a.Guarded, a.RemovedUntil = true, time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
		})}, "紧急报警 机房：紧急按钮 停用至 2026-03-01 08:00 03:00"},
		{"nothing", nil, "3月1日 周日 03:00"},
	}
	for _, row := range table {
		p := plan(t, board(16))
		p.Update(clocked(0), these(row.alarms...), zone.View{})
		seen := turns(t, p, 20*time.Second)
		if i := slices.Index(seen[1:], seen[0]); i >= 0 {
			seen = seen[:i+1]
		}
		if got := strings.Join(seen, " > "); got != row.want {
			t.Errorf("%s:\n got %s\nwant %s", row.name, got, row.want)
		}
	}
}

func TestTextFlashesForPriorityOneOnly(t *testing.T) {
	p := plan(t, board(16))
	p.Update(clocked(0), these(about("火", 1, alarm.ClassAlarm)), zone.View{})
	if a, b := text(p, 0), text(p, 500*time.Millisecond); a != "[紧急报警 机房：火 03:00]" || b != "紧急报警 机房：火 03:00" {
		t.Errorf("%q then %q", a, b)
	}
	p.Update(clocked(0), these(about("火", 1, alarm.ClassAlarm, acked)), zone.View{})
	if next(p, clocked(time.Second)) != point.Never || strings.Contains(text(p, time.Second), "[") {
		t.Error("it goes on flashing when somebody has acknowledged")
	}
}

// TestTextKeepsItsTurn: a new alarm takes its turn, a more urgent one comes at once.
func TestTextKeepsItsTurn(t *testing.T) {
	p := plan(t, board(16))
	shows := func(d time.Duration, want string, alarms ...alarm.Alarm) {
		t.Helper()
		p.Update(clocked(d), these(alarms...), zone.View{})
		if got := text(p, d); got != want {
			t.Errorf("at %v it shows %q, want %q", d, got, want)
		}
	}
	a, b, c := about("甲", 3, alarm.ClassAlarm), about("乙", 3, alarm.ClassAlarm), about("丙", 2, alarm.ClassAlarm)
	shows(0, "报警 机房：甲 03:00", a)
	shows(2*time.Second, "1/2 报警 机房：甲 03:00", b, a)
	shows(4*time.Second, "2/2 报警 机房：乙 03:00", b, a)
	shows(5*time.Second, "1/3 报警 机房：丙 03:00", c, b, a)
	shows(6*time.Second, "1/3 报警 机房：丙 03:00", c, b, a)
	shows(7*time.Second, "1/2 报警 机房：甲 03:00", b, a)
	shows(8*time.Second, "报警 机房：甲 03:00", a)
	shows(9*time.Second, "3月1日 周日 03:00")
}

func TestTextWhenNothingStands(t *testing.T) {
	wall := board(16)
	wall.Text.Show = []string{"th1/ambient.temperature", "ups1/output.source", "oc/gone"}
	p := plan(t, wall)
	p.Around(Around{Site: point.Words{Zh: "财政机房", En: "Finance"}, Zone: time.FixedZone("", 8*3600), Points: []point.Point{
		{Name: "th1/ambient.temperature", Label: point.Words{Zh: "温度", En: "temperature"}, Owner: point.Words{Zh: "冷通道", En: "Cold aisle"}, Kind: point.Real, Decimals: 1, Unit: "°C"},
		{Name: "ups1/output.source", Label: point.Words{Zh: "供电", En: "source"}, Kind: point.Int, States: map[int64]point.Words{2: {Zh: "电池", En: "battery"}}}}})
	p.Sample(clocked(0), point.Sample{Point: "th1/ambient.temperature", Value: point.OfReal(23.44)})
	p.Sample(clocked(0), point.Sample{Point: "ups1/output.source", Value: point.OfInt(2)})
	panel := zone.View{Partitions: []zone.PartitionView{{ID: "a", Label: point.Words{Zh: "机房", En: "Room"}, Mode: zone.Disarmed}, {ID: "b", Label: point.Words{Zh: "前厅", En: "Hall"}, Mode: zone.Armed, As: zone.Night}}}
	p.Update(clocked(0), nil, panel)
	want := "财政机房 > 3月1日 周日 11:00 > 机房 未布防 > 前厅 已布防（夜间） > 冷通道 温度 23.4 °C > 供电 电池 > oc/gone 无数据 > 财政机房"
	if got := strings.Join(turns(t, p, 21*time.Second), " > "); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	p.Sample(clocked(0), point.Sample{Point: "th1/ambient.temperature", Quality: point.BadBecause(point.Timeout)})
	if seen := turns(t, p, 42*time.Second); !slices.Contains(seen, "冷通道 温度 23.4 °C（读数中断）") {
		t.Errorf("a value that is no longer read: %q", seen)
	}
	if err := p.Reload(nil, wall); err != nil { // what is known of the points stays
		t.Fatal(err)
	}
	p.Update(clocked(0), nil, panel)
	if seen := turns(t, p, 20*time.Second); !slices.Contains(seen, "供电 电池") {
		t.Errorf("after a reload: %q", seen)
	}
}

func TestTextOfTwoLinesAndLanguages(t *testing.T) {
	a := about("smoke", 2, alarm.ClassAlarm, func(a *alarm.Alarm) {
		a.Label, a.Instruction = point.Words{Zh: "烟感", En: "smoke"}, point.Words{Zh: "拨打 119", En: "call 119"}
	})
	for language, want := range map[string]string{"zh": "报警 机房：烟感 03:00 / 拨打 119", "en": "Alarm, machine room: smoke 03:00 / call 119",
		"both": "报警 机房：烟感 03:00 Alarm, machine room: smoke 03:00 / 拨打 119 call 119"} {
		wall := board(32)
		wall.Text.Language = language
		p := plan(t, wall)
		p.Update(clocked(0), these(a), zone.View{})
		if got := text(p, 0); got != want {
			t.Errorf("%s: got %q, want %q", language, got, want)
		}
	}
	tall := plan(t, board(48))
	a.Point = "ups1/alarm"
	tall.Around(Around{Brief: func(of point.Name) point.Words { return point.Words{Zh: string(of) + " 负载 40 %"} }})
	tall.Update(clocked(0), these(a), zone.View{})
	if got := text(tall, 0); got != "报警 机房：烟感 03:00 / 拨打 119 / ups1/alarm 负载 40 %" {
		t.Errorf("with how the device is: %q", got)
	}
	p := plan(t, board(32))
	p.Around(Around{Site: point.Words{Zh: "财政机房"}})
	p.Update(clocked(0), nil, zone.View{})
	if got := text(p, 0); got != "财政机房 / 3月1日 周日 03:00" {
		t.Errorf("idle: %q", got)
	}
	if got := text(p, 61*time.Second); got != "财政机房 / 3月1日 周日 03:01" {
		t.Errorf("a minute later: %q", got)
	}
}

// TestTextOfAFlood: the wall says how many there are and stays with the worst
// ten, whatever else comes; each turn is a whole one.
func TestTextOfAFlood(t *testing.T) {
	p := plan(t, board(16))
	var alarms []alarm.Alarm
	for i := range 500 {
		alarms = append(alarms, about(fmt.Sprint("报警", i), 3, alarm.ClassAlarm))
	}
	changes, last := 0, ""
	for n := 1; n <= 500; n++ { // the newest is in front
		d := time.Duration(n) * 2 * time.Millisecond
		p.Update(clocked(d), these(alarms[500-n:]...), zone.View{})
		now := text(p, d)
		if now = now[strings.Index(now, " ")+1:]; now != last {
			changes, last = changes+1, now
		}
	}
	if changes > 3 {
		t.Errorf("nobody can read %d pages in a second", changes)
	}
	seen := turns(t, p, 40*time.Second)
	pages := map[string]bool{}
	for _, s := range seen {
		pages[s] = true
	}
	if !pages["共 500 条报警，先看最急的 10 条"] || len(pages) != 11 || !pages["1/500 报警 机房：报警499 03:00"] || !pages["10/500 报警 机房：报警490 03:00"] {
		t.Errorf("it shows %q", seen)
	}
	fire := about("火警", 1, alarm.ClassAlarm)
	p.Update(clocked(time.Second), these(append([]alarm.Alarm{fire}, alarms...)...), zone.View{})
	if got := text(p, time.Second); !strings.Contains(got, "1/501 紧急报警 机房：火警") {
		t.Errorf("the fire in the flood: %q", got)
	}
	for i := range alarms {
		alarms[i].Priority = 1
	}
	p.Update(clocked(time.Second), these(alarms...), zone.View{})
	if seen := turns(t, p, 40*time.Second); !slices.Contains(seen, "共 500 条报警，其中 1 级 500 条，先看最急的 10 条") {
		t.Errorf("all urgent: %q", seen)
	}
}

func TestScroll(t *testing.T) {
	p := Page{Width: 64, Since: time.Hour, Lines: []Line{{Text: "烟感"}, {Text: "机房冷通道温度过高"}}} // 24 and 108 pixels
	for into, want := range map[time.Duration]int{-time.Second: 0, 0: 0, time.Second: 0, time.Second + 4*ScrollStep: 4, time.Second + 44*ScrollStep: 44,
		2*time.Second + 43*ScrollStep: 44, 2*time.Second + 44*ScrollStep: 0, 3*time.Second + 45*ScrollStep: 1} {
		if p.Shift(0, time.Hour+into) != 0 || p.Shift(1, time.Hour+into) != want {
			t.Errorf("after %v moved by %d, want %d", into, p.Shift(1, time.Hour+into), want)
		}
	}
	if !p.Moves() || (Page{Width: 64, Lines: p.Lines[:1]}).Moves() {
		t.Error("the wrong one moves")
	}
	wall := board(16)
	wall.Text.Width = 64
	q := plan(t, wall)
	long := about("冷通道温度过高请检查空调", 3, alarm.ClassAlarm)
	q.Update(clocked(0), these(long, about("乙", 4, alarm.ClassAlarm)), zone.View{})
	whole := 2*time.Second + time.Duration(Columns(text(q, 0))*ColumnWidth-64)*ScrollStep
	if first := text(q, whole-time.Millisecond); !strings.HasPrefix(first, "1/2") || !strings.HasPrefix(text(q, whole), "2/2") {
		t.Errorf("its turn does not end when it was seen whole, after %v", whole)
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{"a\n b\t c": "a b c", "": "", strings.Repeat("机", 60): strings.Repeat("机", 60), strings.Repeat("机", 61): strings.Repeat("机", 59) + "…"} {
		if got := plain(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

func TestTextRefuses(t *testing.T) {
	for _, x := range []Text{{Width: 31, Height: 16}, {Width: 513, Height: 16}, {Width: 64, Height: 24}, {Width: 64, Height: 80}, {Width: 64, Turn: time.Second}} {
		if _, err := New(nil, &Wall{Text: &x}); err == nil {
			t.Errorf("%+v was taken", x)
		}
	}
	for _, w := range []Wall{{Brightness: 4}, {Brightness: 101}, {Night: &Night{Brightness: 101}}} {
		if _, err := New(nil, &w); err == nil {
			t.Errorf("%+v was taken", w)
		}
	}
	if _, err := New([]Annunciator{{ID: "s", Kind: "sounder", Output: "oc/siren", Stealth: true}}, nil); err == nil {
		t.Error("a siren may be stealthy")
	}
}

// BenchmarkUpdateOf500Alarms is what one change costs while 500 alarms stand: the
// cells and pages made anew, the levels and the picture asked for.
func BenchmarkUpdateOf500Alarms(b *testing.B) {
	for _, part := range []string{"lamps", "lamps and text"} {
		b.Run(part, func(b *testing.B) {
			wall := board(16)
			if part == "lamps" {
				wall.Text = nil
			}
			p := plan(b, wall, sounder())
			var alarms []alarm.Alarm
			for i := range 500 {
				alarms = append(alarms, about(fmt.Sprint("rule/point", i), 3, alarm.ClassAlarm))
			}
			lists := [2][]*alarm.Alarm{these(alarms...)}
			lists[1] = append(these(alarms[0]), lists[0][1:]...)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				now := clocked(time.Duration(n) * time.Millisecond)
				p.Update(now, lists[n%2], zone.View{})
				p.Levels(now)
				picture(p, now)
			}
		})
	}
}
