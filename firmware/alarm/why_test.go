package alarm

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// verdicts takes the decisions: "waiting raised".
func (r *rig) verdicts() string {
	var list []string
	for _, d := range r.Decisions() {
		list = append(list, d.Verdict)
	}
	return strings.Join(list, " ")
}

func TestADecisionIsWrittenWhenItChanges(t *testing.T) {
	limit := Rule{When: Condition{Above: real(30), Deadband: 2}, OnDelay: 10 * time.Second, OffDelay: 20 * time.Second}
	key := "r/th1/temperature"
	bad := point.BadBecause(point.Timeout)
	for _, row := range []struct {
		name, want string
		do         func(*rig)
	}{
		{"quiet", "", func(r *rig) { r.read(0, 20); r.read(1, 21) }},
		{"withdrawn", "waiting withdrawn", func(r *rig) { r.read(0, 31); r.read(time.Second, 20); r.read(2*time.Second, 21) }},
		{"raised", "waiting raised", func(r *rig) { r.read(0, 31); r.run(time.Minute); r.read(time.Minute, 32) }},
		{"cleared", "waiting raised clearing cleared waiting", func(r *rig) {
			r.read(0, 31)
			r.run(time.Minute)
			r.read(time.Minute, 20)
			r.run(2 * time.Minute)
			r.read(2*time.Minute, 20)
			r.read(3*time.Minute, 31)
		}},
		{"clearing in vain", "waiting raised clearing raised", func(r *rig) { r.read(0, 31); r.run(time.Minute); r.read(time.Minute, 20); r.read(61*time.Second, 31) }},
		{"unsure", "unsure quiet", func(r *rig) { r.read(0, 20); r.read(1, 20, bad); r.read(2, 20, bad); r.read(3, 20) }},
		{"shelved", "shelved quiet waiting raised", func(r *rig) {
			_ = r.Shelve(at(0), key, at(time.Minute).Wall, "li", "works")
			r.run(time.Hour)
			r.read(time.Hour, 31)
			r.run(2 * time.Hour)
		}},
		{"out of service", "out-of-service raised", func(r *rig) {
			_ = r.OutOfService(at(0), key, at(time.Minute).Wall, "li", "", "works")
			r.read(1, 31)
			r.run(time.Hour)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := ruleRig(t, limit, temperaturePoint())
			row.do(r)
			if got := r.verdicts(); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestSentences(t *testing.T) {
	r := ruleRig(t, Rule{When: Condition{Above: real(28), Deadband: 1}, OnDelay: 10 * time.Second}, temperaturePoint())
	key := "r/th1/temperature"
	want := func(verdict, zh, en string) {
		t.Helper()
		d, ok := r.Explain(key)
		if !ok || d.Verdict != verdict || d.Text.Zh != zh || d.Text.En != en {
			t.Errorf("got %s %q %q\nwant %s %q %q", d.Verdict, d.Text.Zh, d.Text.En, verdict, zh, en)
		}
	}
	want("quiet", "温度 尚无数据，未报警", "temperature has not been read yet: no alarm")
	r.read(0, 27.8)
	want("quiet", "温度 27.8 °C，未超过上限 28 °C，未报警", "temperature 27.8 °C, not above the limit of 28 °C: no alarm")
	r.read(time.Second, 28.5)
	want("waiting", "温度 28.5 °C，高于上限 28 °C，延时 10 秒，尚未报警", "temperature 28.5 °C, above the limit of 28 °C: a delay of 10 s runs, no alarm yet")
	if d, _ := r.Explain(key); d.Until != at(11*time.Second) {
		t.Errorf("until %v", d.Until)
	}
	r.run(time.Minute)
	r.read(time.Minute, 27.5)
	want("raised", "温度 27.5 °C，尚未回落到 27 °C，延时 10 秒已满，报警", "temperature 27.5 °C, not yet down to 27 °C: its delay of 10 s is over, alarm")
	r.read(61*time.Second, 20, point.BadBecause(point.Timeout))
	want("unsure", "温度 数据无效（应答超时），既不报警也不恢复，保持原状", "temperature has no valid data (timeout): nothing is raised and nothing cleared")
	d, _ := r.Explain(key)
	if len(d.Inputs) != 1 || d.Inputs[0].Point != temperature || d.Inputs[0].Quality.Reason != point.Timeout || d.Inputs[0].At != at(61*time.Second) {
		t.Errorf("inputs: %+v", d.Inputs)
	}
	_ = r.Shelve(at(62*time.Second), key, at(time.Hour).Wall, "li", "x")
	want("shelved", "温度 数据无效（应答超时），搁置至 2026-05-01 13:00（li），不报警", "temperature has no valid data (timeout): shelved until 2026-05-01 13:00 by li, no alarm")
	if _, ok := r.Explain("none"); ok {
		t.Error("an unknown key has an explanation")
	}
}

func TestSentencesOfSignalsAndCauses(t *testing.T) {
	r := newRig(t, Definition{Key: "mains", Priority: 1, Label: point.Words{Zh: "市电中断", En: "mains failed"}}, caused("k", "mains"))
	r.tell(0, "mains", true)
	r.set(time.Second, true)
	d, _ := r.Explain("k")
	if d.Verdict != "suppressed" || d.Cause != "mains" || d.Text.Zh != "k：报警条件成立，由「市电中断」引起，不单独报警" ||
		d.Text.En != "k: its condition holds: explained by “mains failed”, no alarm of its own" {
		t.Errorf("%+v", d)
	}
	if got := r.verdicts(); got != "raised suppressed" {
		t.Errorf("decisions %q", got)
	}
	for v, words := range ends {
		if words.Zh == "" || words.En == "" {
			t.Errorf("%s has no words", v)
		}
	}
}

func TestADecisionNamesItsRaise(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 1, Version: "v1"}, Definition{Key: "z", Priority: 1})
	r.set(0, true)
	r.tell(0, "z", true)
	r.types()
	id := r.Occurrence("k")
	r.set(2*time.Second, false)
	d := r.Decisions()
	if len(d) != 3 || d[0].Origin != id || d[0].Version != "v1" || d[1].Origin != r.Occurrence("z") || d[1].Origin == id || d[2].Origin != id {
		t.Errorf("%+v", d)
	}
	if len(r.Decisions()) != 0 {
		t.Error("they come twice")
	}
}

func TestTheWhyLogIsBounded(t *testing.T) {
	r := ruleRig(t, Rule{When: Condition{Above: real(30)}, OnDelay: time.Hour}, temperaturePoint())
	for i := range 100 {
		r.read(time.Duration(i)*100*time.Millisecond, 20+20*float64(i%2))
	}
	if d := r.Decisions(); len(d) != mindLimit {
		t.Errorf("%d decisions in a minute, want %d", len(d), mindLimit)
	}
	r.read(2*time.Minute, 20)
	r.read(2*time.Minute, 40)
	if d := r.Decisions(); len(d) != 2 || d[0].Skipped != 89 || d[1].Skipped != 0 {
		t.Errorf("%+v", d)
	}
	var defs []Definition
	for i := range whyLimit {
		defs = append(defs, Definition{Key: fmt.Sprint(i)})
	}
	b := newRig(t, defs...)
	for round := range 3 {
		for i := range whyLimit {
			_ = b.Signal(at(time.Duration(round)*2*time.Second), Signal{Key: fmt.Sprint(i), Active: round%2 == 0})
		}
		for i := range whyLimit {
			b.Raised(fmt.Sprint(i), event.ID{Box: "b", Epoch: "e", Sequence: uint64(i + 1)})
		}
	}
	d := b.Decisions()
	if len(d) > whyLimit || d[len(d)-1].Origin.Sequence == 0 {
		t.Errorf("%d decisions wait, the newest of %v", len(d), d[len(d)-1].Origin)
	}
}

func TestNothingIsFormattedWhileNothingChanges(t *testing.T) {
	r := ruleRig(t, Rule{When: Condition{Above: real(30)}}, temperaturePoint())
	r.read(0, 20)
	s := point.Sample{Point: temperature, Value: point.OfReal(21), At: at(1)}
	if n := testing.AllocsPerRun(100, func() { r.Sample(at(1), s) }); n > 0 {
		t.Errorf("%v allocations per sample", n)
	}
}

// An alarm that is still listed after its condition went says for whom it waits.
func TestExplainSaysForWhomAListedAlarmWaits(t *testing.T) {
	for _, c := range []struct {
		latch bool
		ack   bool
		want  string
	}{
		{false, false, "等人确认"}, {true, false, "等人确认并复位"}, {true, true, "等人复位"}, {false, true, "未报警"},
	} {
		r := newRig(t, Definition{Key: "k", Latch: c.latch, Priority: 1})
		r.set(0, true)
		if a := r.alarm(); c.ack {
			if err := r.Acknowledge(at(time.Second), "k", a.Occurrence, "li", ""); err != nil {
				t.Fatal(err)
			}
		}
		r.set(time.Minute, false)
		r.run(time.Hour)
		if d, _ := r.Explain("k"); !strings.HasSuffix(d.Text.Zh, "，"+c.want) {
			t.Errorf("%+v: %s %q", c, d.Verdict, d.Text.Zh)
		}
		if d, _ := r.Judgement("k"); d.Verdict != VerdictQuiet || !strings.HasSuffix(d.Text.Zh, "，未报警") {
			t.Errorf("%+v: its condition %s %q", c, d.Verdict, d.Text.Zh)
		}
	}
}
