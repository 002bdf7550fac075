package backtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// guarded is a house with an entry door, a hall behind it, a window, a key, a gas
// loop, a panic button, a fire contact, and a front door that opens by card.
var guarded = zone.Definition{
	Partitions: []zone.Partition{{ID: "main", ExitDelay: 30 * time.Second, EntryDelay: 20 * time.Second, RearmAfter: 10 * time.Minute, Verify: 5 * time.Minute, Late: "night"}},
	Doors: []zone.Door{{ID: "front", Contact: "d/front", Exit: "d/exit", Reader: "d/card", Unlock: 5 * time.Second, HeldOpen: time.Minute,
		Warn: 15 * time.Second, WrongCards: 3}},
	Admit: func(_, card string, _ point.Instant) (string, string) {
		if card == "1234567" {
			return "wang", ""
		}
		return "", zone.UnknownCard
	},
	Calendars: nights{},
	Zones: []zone.Zone{
		{ID: "door", Input: "z/door", Type: "entry", Partition: "main", Trips: 3},
		{ID: "hall", Input: "z/hall", Type: "follower", Partition: "main", Trips: 3},
		{ID: "window", Input: "z/window", Type: "instant", Partition: "main", Trips: 3, Tamper: "z/window-tamper"},
		{ID: "key", Input: "z/key", Type: "key-switch", Partition: "main"},
		{ID: "gas", Input: "z/gas", Type: "environment", Loop: &zone.Loop{Kind: "double", End: 2200, Alarm: 4700, Tolerance: 15}},
		{ID: "panic", Input: "z/panic", Type: "panic"},
		{ID: "fire", Input: "z/fire", Type: "fire"},
	},
}

// contacts are all that is read anew after a power cut.
var contacts = []point.Name{"z/door", "z/hall", "z/window", "z/window-tamper", "z/key", "z/gas", "z/panic", "z/fire", "d/front", "d/exit"}

// nights is a calendar that holds for ten hours a day.
type nights struct{}

func (nights) Holds(_ string, at point.Instant) (on, known bool) {
	return at.Wall.Sub(begin)%(24*time.Hour) >= 14*time.Hour, at.Clock != point.ClockUnknown
}

func (nights) Next(_ string, at point.Instant) time.Duration {
	if of := at.Wall.Sub(begin) % (24 * time.Hour); of < 14*time.Hour {
		return 14*time.Hour - of
	} else {
		return 24*time.Hour - of
	}
}

// dweller is that house as it is lived in: what it leaves behind is what the box
// keeps, readings, journal and the times when it was off.
type dweller struct {
	definition zone.Definition
	panel      *zone.Panel
	machine    *alarm.Machine
	now        time.Duration
	kept       map[string][]byte
	newest     map[point.Name]newest
	tape       []point.Sample
	journal    []event.Record
	off        []Gap
	serial     uint64
}

func moveIn() *dweller {
	d := &dweller{definition: guarded, kept: map[string][]byte{}, newest: map[point.Name]newest{}}
	d.begin()
	for _, n := range contacts {
		if n != "z/gas" {
			d.see(n, point.OfBool(false))
		}
	}
	d.see("z/gas", point.OfReal(2200))
	return d
}

func (d *dweller) at() point.Instant {
	return point.Instant{Boot: "then", Mono: time.Hour + d.now, Wall: begin.Add(d.now), Clock: point.ClockSynchronised}
}

func (d *dweller) begin() {
	d.panel, _ = zone.New(d.definition)
	program, _ := alarm.Compile(nil, nil, d.panel.Definitions())
	d.machine, _ = alarm.New(nil, nil, nil)
	d.machine.Swap(d.at(), program)
	d.panel.Restore(d.at(), d.kept)
	signals, records, _ := d.panel.Take()
	for _, s := range signals {
		d.machine.Foresee(s)
	}
	d.machine.Restore(d.at(), d.kept)
	for _, s := range signals {
		_ = d.machine.Signal(d.at(), s)
	}
	d.write(records)
	d.settle()
}

func (d *dweller) write(records []event.Record) {
	for _, r := range records {
		d.serial++
		r.ID = event.ID{Box: "b", Epoch: "e", Sequence: d.serial}
		if r.At == (point.Instant{}) {
			r.At = d.at()
		}
		d.journal = append(d.journal, r)
	}
}

func (d *dweller) settle() {
	signals, records, _ := d.panel.Take()
	for _, s := range signals {
		_ = d.machine.Signal(d.at(), s)
	}
	d.write(records)
	for _, c := range d.machine.Take() {
		detail := map[string]any{"comment": c.Text}
		if c.Type == event.AlarmShelved {
			detail["until"] = c.Alarm.Shelved
		}
		r := event.Record{Type: c.Type, Subject: c.Alarm.Key, Actor: c.Actor, At: c.At}
		r.Detail, _ = json.Marshal(detail)
		d.write([]event.Record{r})
		if c.Type == event.AlarmRaised {
			d.machine.Raised(c.Alarm.Key, d.journal[len(d.journal)-1].ID)
		}
	}
	for _, r := range append(d.panel.Retained(), d.machine.Retained()...) {
		if d.kept[r.Key] = r.Value; r.Value == nil {
			delete(d.kept, r.Key)
		}
	}
}

// pass lets each timer run at its own moment.
func (d *dweller) pass(length time.Duration) {
	for end := d.now + length; ; {
		next := min(d.panel.Next(), d.machine.Next()) - time.Hour
		if next > end {
			d.now = end
			return
		}
		d.now = max(next, d.now)
		d.panel.Tick(d.at())
		d.settle()
		d.machine.Tick(d.at())
		d.settle()
	}
}

func (d *dweller) see(n point.Name, v point.Value, q ...point.Quality) {
	s := point.Sample{Point: n, Value: v, At: d.at()}
	if len(q) > 0 {
		s.Quality = q[0]
	}
	r := d.newest[n]
	if r.newest = s; !v.IsNone() {
		r.good = v
	}
	d.newest[n], d.tape = r, append(d.tape, s)
	d.panel.Sample(s.At, s)
	d.settle()
}

// cut takes the power away for so long; then every contact is read again.
func (d *dweller) cut(length time.Duration) {
	from := d.at().Wall
	d.now += length
	d.off = append(d.off, Gap{from, d.at().Wall})
	d.begin()
	for _, n := range contacts {
		d.pass(10 * time.Millisecond)
		d.see(n, d.newest[n].good)
	}
}

// do is one step of a story: "arm main", "z/door=1", "z/door=?", "gas=6900", "+30s",
// "shelve zone/gas 1h", "cut 5m".
func (d *dweller) do(step string) {
	words := append(strings.Fields(step), "", "")
	name, value, moved := strings.Cut(step, "=")
	length, _ := time.ParseDuration(strings.TrimPrefix(words[0], "+"))
	switch {
	case step == "":
	case length > 0:
		d.pass(length)
	case words[0] == "cut":
		length, _ := time.ParseDuration(words[1])
		d.cut(length)
	case words[0] == "card":
		d.see("d/card", point.OfText(words[1]))
	case words[0] == "shelve":
		length, _ := time.ParseDuration(words[2])
		_ = d.machine.Shelve(d.at(), words[1], d.at().Wall.Add(length), "li", "works")
	case moved && value == "?":
		d.see(point.Name(name), point.Value{}, point.BadBecause(point.Timeout))
	case moved && name == "z/gas":
		var ohms float64
		fmt.Sscan(value, &ohms)
		d.see("z/gas", point.OfReal(ohms))
	case moved:
		d.see(point.Name(name), point.OfBool(value == "1"))
	default:
		verb, duress := strings.CutPrefix(words[0], "duress-")
		_ = d.panel.Command(d.at(), zone.Order{Verb: verb, Target: words[1], Mode: words[2], Actor: "li", Duress: duress})
	}
	d.settle()
}

// why is what the box would have said at that moment.
func (d *dweller) why(key string) event.Decision {
	w, _ := d.machine.Judgement(key)
	w.At = d.at()
	d.panel.Explain(&w, func(n point.Name) (event.Input, bool) {
		l := lane{plan: &plan{}, read: d.newest}
		return l.reading(n)
	})
	return w
}

func (d *dweller) request() Request {
	past := d.definition
	past.Replay = true
	panel, _ := zone.New(past)
	return Request{Panel: &past, More: panel.Definitions(), Journal: d.journal, Off: d.off, Read: record(d.tape...)}
}

// ask is what the replay says of a moment of the story, with only what was known then or later.
func (d *dweller) ask(t *testing.T, key string, at time.Duration) event.Decision {
	t.Helper()
	q := d.request()
	for i, r := range q.Journal {
		if r.At.Wall.After(begin.Add(at)) {
			q.Journal = q.Journal[:i]
			break
		}
	}
	w, ok, err := ExplainPanel(context.Background(), q, key, begin.Add(at))
	if err != nil || !ok {
		t.Fatalf("%s at %v: %v", key, at, err)
	}
	return w
}

// The stories end at the moment asked for; the day that follows must not change
// the answer.
func TestWhyThePanelDidNotRing(t *testing.T) {
	for _, c := range []struct{ story, key, verdict, zh, en string }{
		{"z/window=1", "zone/window", "quiet", "触点已动作；「main」未布防", "main is disarmed"},
		{"bypass window;arm main;+1m;z/window=1", "zone/window", "quiet", "触点已动作；此防区已旁路", "the zone is bypassed until main is disarmed"},
		{"z/window=1;force-arm main;+1m", "zone/window", "quiet", "触点已动作；此防区已旁路", ""},
		{"arm main;+10s;z/window=1", "zone/window", "quiet", "「main」在退出延时中", "the exit delay of main runs"},
		{"arm main;+1m;z/door=1;+5s", "zone/door", "quiet", "「main」在进入延时中，等人撤防", "somebody is expected to disarm"},
		{"arm main;+1m;z/door=1;+5s;z/hall=1", "zone/hall", "quiet", "「main」在进入延时中", ""},
		{"arm main;+1m;z/door=1;z/door=0;+21s", "zone/door", "raised", "「main」进入延时已过，无人撤防", ""},
		{"arm main;+20h;z/window=1", "zone/window", "raised", "触点已动作；「main」已布防", "main is armed"},
		{"arm main stay;z/hall=1", "zone/hall", "quiet", "「main」按「留守」布防，不含此防区", ""},
		{"arm main;+1m;z/window=?;+2s", "zone/window", "quiet", "触点现在读不到，最后一次读数是静止；「main」已布防", "it last could it was at rest"},
		{"arm main;+1m;z/window=?;+10s", "zone/window/trouble", "raised", "触点现在读不到", ""},
		{"z/window-tamper=1", "zone/window/tamper", "raised", "", ""},
		{"walk-test main;z/window=1", "zone/window", "quiet", "", ""},
		{"walk-test panic;z/panic=1;+1s", "zone/panic", "quiet", "正在步行测试，不报警", "a walk test of it runs"},
		{"shelve zone/gas 2h;+9m;z/gas=6900;+1s", "zone/gas", "shelved", "触点已动作", "shelved until"},
		{"z/gas=0;+1s", "zone/gas/line", "raised", "线路短路", "the line is shorted"},
		{"z/gas=0;+1s", "zone/gas", "quiet", "线路短路", ""},
		{"z/key=1;+1m;z/window=1;+1s", "zone/window", "raised", "「main」已布防", ""}, // the key armed it
		{"arm main;+1m;z/window=1;z/window=0;z/window=1;z/window=0;z/window=1;z/window=0;+1h;z/window=1", "zone/window", "quiet", "此防区已旁路", ""},
		{"arm main;+1m;z/window=1;+11m", "zone/window", "quiet", "此防区已旁路", ""}, // re-instated without it
		{"arm main;+10s;cut 5m;z/window=1;+1s", "zone/window", "raised", "「main」已布防", ""},
		{"arm main;+1m;z/door=1;+5s;cut 1m;+1s", "zone/door", "raised", "进入延时已过", ""},
		{"arm main;+1m;disarm main;+300h;z/window=1", "zone/window", "quiet", "「main」未布防", ""},
		{"arm main;+1m;z/door=1;z/door=0;+400h", "zone/door", "quiet", "此防区已旁路", ""}, // nobody came for weeks
		{"z/gas=6900;+1s;z/gas=0;+200h;z/gas=?;+200h", "zone/gas", "raised", "线路短路", ""},
		{"d/front=1", "door/front/forced", "raised", "门开着；打开时没有刷卡放行，也没有按出门按钮；没有刷卡放行的记录", "no card on record was let through"},
		{"card 1234567;+1s", "door/front/forced", "quiet", "门关着；已放行，此时可以打开；最近刷卡放行 wang（***4567），2s 前", "it may be opened now"},
		{"card 1234567;d/front=1;+9h", "door/front/forced", "quiet", "打开前不久有刷卡放行或按过出门按钮", ""},
		{"card 1234567;d/front=1;+9h", "door/front/held", "raised", "开门已超过 1m；最近刷卡放行 wang（***4567），9h0m 前", "open for longer than 1m"},
		{"card 1234567;d/front=1;+30s", "door/front/held", "quiet", "允许开门 1m", "it may stand open for 1m"},
		{"card 1234567;+9s;d/front=1", "door/front/forced", "raised", "最近刷卡放行 wang（***4567），1", ""},
		{"d/exit=1;d/front=1;+1s", "door/front/forced", "quiet", "打开时出门按钮按着", ""},
		{"z/fire=1;d/front=1;+9m", "door/front/forced", "quiet", "打开时有火警，门锁已放开", "while fire had freed the lock"},
		{"z/fire=1;d/front=1;+9m", "door/front/held", "quiet", "火警中，不计时", ""},
		{"card 1234567;d/front=1;cut 1m;+1s", "door/front/forced", "quiet", "第一次读到时已开着", ""},
		{"d/front=?;+5s", "door/front/trouble", "raised", "门磁现在读不到，最后一次读数是门关着", ""},
		{"card 7;card 7;+9h", "door/front/wrong-cards", "quiet", "连续被拒 2 次，满 3 次报警", "2 cards in a row refused, 3 are an alarm"},
		{"card 7;card 7;card 1234567;card 7", "door/front/wrong-cards", "quiet", "连续被拒 1 次", ""},
		{"z/fire=1;card 7;card 7;z/fire=0;card 7", "door/front/wrong-cards", "quiet", "连续被拒 1 次", ""},
		{"arm main;+1m;z/window=1;+1m", "partition/main/verified", "quiet", "「window」已报警，等待另一个探测器", "a second detector would verify it"},
		{"arm main;+1m;z/window=1;z/hall=1", "partition/main/verified", "raised", "「hall」、「window」在 5m 内先后报警", ""},
		{"arm main;+1m;z/window=1;+6m", "partition/main/verified", "quiet", "「window」报过警，5m 内没有另一个探测器证实", ""},
		{"+15h", "partition/main/late", "raised", "「main」未布防；时段「night」开始时未布防", "it was not armed when “night” began"},
		{"arm main stay;+15h", "partition/main/late", "quiet", "时段「night」开始时已布防", ""},
		{"+9h", "partition/main/late", "quiet", "时段「night」尚未开始", ""},
		{"arm main stay;+1m;duress-disarm main", "partition/main/duress", "clearing", "最近一次布撤防：li", "armed or disarmed last by li"},
	} {
		d := moveIn()
		for _, step := range strings.Split(c.story, ";") {
			d.do("+1s")
			d.do(step)
		}
		at := d.now
		want := d.why(c.key)
		for _, step := range []string{"+1s", "disarm main", "z/gas=2200", "z/window=0", "z/door=0", "+1h", "arm main", "+2h", "z/window=1", "z/hall=1"} {
			d.do(step)
		}
		got := d.ask(t, c.key, at)
		if got.Verdict != c.verdict || !strings.Contains(got.Text.Zh, c.zh) || !strings.Contains(got.Text.En, c.en) || strings.Contains(got.Text.Zh, "注意") {
			t.Errorf("%s: %s %q %q\nwant %s … %q … %q", c.story, got.Verdict, got.Text.Zh, got.Text.En, c.verdict, c.zh, c.en)
		}
		same(t, c.story, got, want)
	}
}

// same compares a replay with what the box said then.
func same(t *testing.T, what string, got, want event.Decision) {
	t.Helper()
	if got.Verdict != want.Verdict || got.Text != want.Text || !got.Until.Wall.Equal(want.Until.Wall) || len(got.Inputs) != len(want.Inputs) ||
		len(got.Inputs) > 0 && (got.Inputs[0].Value != want.Inputs[0].Value || got.Inputs[0].Quality != want.Inputs[0].Quality) || got.Version != want.Version {
		t.Errorf("%s: the replay says\n%s %q until %v %+v\nthe box said\n%s %q until %v %+v", what, got.Verdict, got.Text.Zh, got.Until.Wall, got.Inputs,
			want.Verdict, want.Text.Zh, want.Until.Wall, want.Inputs)
	}
}

// lives are what may happen in a week.
var lives = []string{"arm main", "arm main stay", "arm main night", "force-arm main", "disarm main", "bypass window", "unbypass window", "walk-test main", "walk-test panic", "end-walk-test x",
	"z/door=1", "z/door=0", "z/door=?", "z/hall=1", "z/hall=0", "z/window=1", "z/window=0", "z/window=?", "z/window-tamper=1", "z/window-tamper=0", "z/key=1", "z/key=0",
	"z/gas=2200", "z/gas=6900", "z/gas=0", "z/gas=1000000", "z/gas=?", "z/fire=1", "z/fire=0", "d/front=1", "d/front=0", "d/front=?", "d/exit=1", "d/exit=0", "card 1234567", "card 7654321", "card 7654321", "duress-disarm main", "z/panic=1", "z/panic=0", "shelve zone/window 1h", "shelve zone/gas 20m",
	"+2s", "+15s", "+25s", "+3m", "+12m", "+2h", "+9h", "cut 3m", "cut 4h"}

// Whole lives at random: at any moment the replay says what the box said then.
func TestAnyMomentIsAsTheBoxLivedIt(t *testing.T) {
	keys := []string{"zone/door", "zone/hall", "zone/window", "zone/window/trouble", "zone/window/tamper", "zone/gas", "zone/gas/line", "zone/panic", "zone/panic/stuck",
		"door/front/forced", "door/front/held", "door/front/trouble", "door/front/wrong-cards", "partition/main/verified", "partition/main/late", "partition/main/duress"}
	type moment struct {
		at   time.Duration
		said event.Decision
	}
	for seed := range uint64(16) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		d := moveIn()
		var moments []moment
		var story []string
		for range 200 {
			step := lives[rnd.IntN(len(lives))]
			d.do("+1s")
			d.do(step)
			story = append(story, step)
			if rnd.IntN(4) == 0 && d.now < Longest {
				key := keys[rnd.IntN(len(keys))]
				moments = append(moments, moment{d.now, d.why(key)})
			}
		}
		for _, m := range moments {
			same(t, fmt.Sprintf("life %d at %v, %s", seed, m.at, m.said.Key), d.ask(t, m.said.Key, m.at), m.said)
		}
		if t.Failed() {
			t.Fatalf("%q", story)
		}
	}
}

// What was not kept is refused in words, and what contradicts the journal is told.
func TestWhatWasNotKeptIsRefused(t *testing.T) {
	lived := func(steps ...string) *dweller {
		d := moveIn()
		for _, s := range steps {
			d.do("+1s")
			d.do(s)
		}
		return d
	}
	refused := func(what, en string, d *dweller, q Request, at time.Duration) {
		t.Helper()
		_, _, err := ExplainPanel(context.Background(), q, "zone/window", begin.Add(at))
		var n *NotKept
		if !errors.As(err, &n) || n.Zh == "" || !strings.Contains(n.En, en) {
			t.Errorf("%s: %v", what, err)
		}
	}
	d := lived("arm main", "+1m", "cut 1h", "+1m")
	refused("off", "was not running then", d, d.request(), 30*time.Minute)
	q := d.request()
	q.Read = record()
	refused("nothing kept", "No readings", d, q, 30*time.Second)
	q = d.request()
	for i := range q.Journal {
		q.Journal[i].Detail = nil
	}
	refused("an older release's record of arming", "how partition/main was armed", d, q, 30*time.Second)
	d = lived("arm main", "+1m", "z/window=1", "+1500h")
	refused("armed for too long", "more than the 60 days", d, d.request(), 1500*time.Hour)

	// How a door was opened is older than what is replayed.
	d = lived("d/front=1", "+740h")
	var n *NotKept
	if w, _, err := ExplainPanel(context.Background(), d.request(), "door/front/forced", begin.Add(d.now)); !errors.As(err, &n) || !strings.Contains(n.En, "more than the 30 days") {
		t.Errorf("open for too long: %v; %v, the box said %v", err, w.Text, d.why("door/front/forced").Text)
	}

	// After a power cut readings tell that it was running longer than its journal says.
	d = lived("+1h", "z/gas=2300")
	q = d.request()
	q.Points = []point.Point{{Name: "z/gas", Kind: point.Real}}
	q.Off = []Gap{{begin.Add(time.Minute), begin.Add(2 * time.Hour)}}
	if _, _, err := ExplainPanel(context.Background(), q, "zone/window", begin.Add(30*time.Minute)); err != nil {
		t.Error(err)
	}
	refused("after the last reading", "nothing was kept from", d, q, 90*time.Minute)

	d = lived("arm main", "+1m", "z/window=1", "+1m")
	q = d.request()
	q.Read = record(d.tape[:7]...) // the edge was lost
	w, _, err := ExplainPanel(context.Background(), q, "zone/window", begin.Add(d.now))
	if err != nil || !strings.Contains(w.Text.Zh, "注意：日志记有") || w.Verdict != alarm.VerdictQuiet {
		t.Errorf("%+v %v", w, err)
	}
	if _, ok, err := ExplainPanel(context.Background(), q, "water/x", begin.Add(d.now)); ok || err != nil {
		t.Errorf("a rule is answered as a zone: %v", err)
	}
}
