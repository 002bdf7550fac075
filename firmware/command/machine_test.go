package command

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// desk is a machine on a table.
type desk struct {
	*Machine
	t       *testing.T
	now     point.Instant
	writes  []Write
	types   []string
	trouble map[string]bool
	kept    map[string][]byte
}

var setPoint = &point.Point{Name: "ac1/setpoint", Label: point.Words{Zh: "温度设定", En: "Set-point"}, Owner: point.Words{Zh: "空调", En: "AC"},
	Kind: point.Real, Unit: "°C", Write: true, Low: new(18.0), High: new(29.0), Period: 2000}

func describe(n point.Name) *point.Point {
	if n == setPoint.Name {
		return setPoint
	}
	return nil
}

func newDesk(t *testing.T) *desk {
	return &desk{Machine: New(), t: t, now: point.Instant{Boot: "b", Mono: time.Hour, Wall: time.Unix(1e9, 0)}, trouble: map[string]bool{}, kept: map[string][]byte{}}
}

func (d *desk) settle() {
	writes, records, signals := d.Take()
	d.writes = append(d.writes, writes...)
	for _, r := range records {
		if d.types = append(d.types, string(r.Type)); r.Text.Zh == "" || r.Text.En == "" || r.Actor == "" {
			d.t.Errorf("%s: %+v", r.Type, r)
		}
	}
	for _, s := range signals {
		d.trouble[s.Key] = s.Active
	}
	for _, k := range d.Retained() {
		if d.kept[k.Key] = k.Value; k.Value == nil {
			delete(d.kept, k.Key)
		}
	}
}

func (d *desk) pass(by time.Duration) {
	d.now = d.now.Add(by)
	d.Tick(d.now)
	d.settle()
}

func (d *desk) reads(v float64, ago time.Duration) {
	d.Sample(d.now, point.Sample{Point: setPoint.Name, Value: point.OfReal(v), At: d.now.Add(-ago)})
	d.settle()
}

func (d *desk) order(v float64) {
	d.t.Helper()
	s, err := d.Select(d.now, setPoint, point.Sample{Value: point.OfReal(24)}, point.OfReal(v), "li", "test")
	if err == nil {
		err = d.Execute(d.now, setPoint.Name, s.ID, "li")
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.settle()
}

func TestHowACommandEnds(t *testing.T) {
	answer := func(d *desk) { d.Answered(d.now, setPoint.Name, point.OfReal(22), d.now, nil); d.settle() }
	unsure := func(d *desk) {
		d.Answered(d.now, setPoint.Name, point.OfReal(22), d.now, driver.Fail(driver.ErrUnsure, "silence"))
		d.settle()
	}
	for name, c := range map[string]struct {
		do   func(d *desk)
		want State
	}{
		"read back as ordered": {func(d *desk) { answer(d); d.pass(time.Second); d.reads(22, 0) }, Done},
		"the device refuses":   {func(d *desk) { d.Answered(d.now, setPoint.Name, point.OfReal(22), d.now, errors.New("no")) }, Failed},
		"it refuses with a reason": {func(d *desk) {
			d.Answered(d.now, setPoint.Name, point.OfReal(22), d.now, driver.Answer(driver.ErrRefused, point.Words{Zh: "无权限", En: "no permission"}))
			if r := d.Recent()[0].Result; r.Zh != "设备没有接受：无权限" || r.En != "the device did not take it: no permission" {
				d.t.Errorf("%+v", r)
			}
		}, Failed},
		"no attempt was answered": {func(d *desk) {
			d.Answered(d.now, setPoint.Name, point.OfReal(22), d.now, driver.Fail(driver.ErrTimeout, "timeout after 1s"))
			if r := d.Recent()[0].Result; r.Zh != "设备没有应答" || r.En != "the device did not answer" {
				d.t.Errorf("%+v", r)
			}
		}, Failed},
		"a gateway says why": {func(d *desk) {
			d.Answered(d.now, setPoint.Name, point.OfReal(22), d.now, driver.Answer(driver.ErrTimeout, point.Words{Zh: "网关无路径", En: "no path"}))
			if r := d.Recent()[0].Result; r.Zh != "设备没有应答：网关无路径" || r.En != "the device did not answer: no path" {
				d.t.Errorf("%+v", r)
			}
		}, Failed},
		"its answer is lost":                     {func(d *desk) { unsure(d); d.pass(time.Second); d.reads(22, 0) }, Done},
		"its answer is lost and it did not obey": {func(d *desk) { unsure(d); d.pass(time.Second); d.reads(24, 0); d.pass(readFor(setPoint)) }, Contradicts},
		"its answer is lost and so is it": {func(d *desk) {
			unsure(d)
			d.pass(readFor(setPoint))
			if r := d.Recent()[0].Result; !strings.Contains(r.Zh, "不知是否执行") || !strings.Contains(r.En, "perhaps it obeyed") {
				d.t.Errorf("%+v", r)
			}
		}, Failed},
		"no answer":            {func(d *desk) { d.pass(issueLimit) }, Failed},
		"no reading":           {func(d *desk) { answer(d); d.pass(readFor(setPoint)) }, Failed},
		"it reads otherwise":   {func(d *desk) { answer(d); d.pass(time.Second); d.reads(24, 0); d.pass(readFor(setPoint)) }, Contradicts},
		"it takes its time":    {func(d *desk) { answer(d); d.pass(time.Second); d.reads(24, 0); d.pass(2 * time.Second); d.reads(22, 0) }, Done},
		"a reading of before":  {func(d *desk) { answer(d); d.pass(time.Second); d.reads(22, 2*time.Second); d.pass(readFor(setPoint)) }, Failed},
		"at the very moment":   {func(d *desk) { answer(d); d.reads(22, 0); d.pass(readFor(setPoint)) }, Failed},
		"a reading on the way": {func(d *desk) { d.reads(22, 0); d.pass(issueLimit) }, Failed},
		"a bad reading is none": {func(d *desk) {
			answer(d)
			d.pass(time.Second)
			d.Sample(d.now, point.Sample{Point: setPoint.Name, Value: point.OfReal(22), Quality: point.BadBecause(point.Timeout), At: d.now})
			d.pass(readFor(setPoint))
		}, Failed},
		"an answer that is late": {func(d *desk) { d.pass(issueLimit); answer(d) }, Failed},
		"its point is gone":      {func(d *desk) { d.Reload(d.now, func(point.Name) *point.Point { return nil }) }, Failed},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.order(22)
			c.do(d)
			d.settle()
			if got := d.Recent()[0]; got.State != c.want || got.Result.Zh == "" {
				t.Fatalf("%+v", got)
			}
			if len(d.writes) != 1 || d.writes[0].Value != point.OfReal(22) {
				t.Errorf("writes: %v", d.writes)
			}
			if want := c.want != Done && name != "its point is gone"; d.trouble[Key(setPoint.Name)] != want { // nobody could end that one
				t.Errorf("trouble: %v, want %v", !want, want)
			}
			if last := d.types[len(d.types)-1]; last != string(ends[c.want]) {
				t.Errorf("journal: %v", d.types)
			}
		})
	}
}

func TestATroubleEndsWhenThePointObeys(t *testing.T) {
	for name, heal := range map[string]func(d *desk){
		"late": func(d *desk) { d.reads(22, 0) },
		"by another order": func(d *desk) {
			d.order(24)
			d.Answered(d.now, setPoint.Name, point.OfReal(24), d.now, nil)
			d.pass(1)
			d.reads(24, 0)
		},
		"over a restart": func(d *desk) { d.restart(); d.reads(22, 0) },
		"not by the old": func(d *desk) { d.reads(24, 0) },
		"not by a bad one": func(d *desk) {
			d.Sample(d.now, point.Sample{Point: setPoint.Name, Value: point.OfReal(22), Quality: point.BadBecause(point.Stale), At: d.now})
		},
		"not by the restart": func(d *desk) { d.restart() },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.order(22)
			d.pass(issueLimit)
			if !d.trouble[Key(setPoint.Name)] {
				t.Fatal("no trouble")
			}
			d.pass(time.Hour)
			heal(d)
			d.settle()
			if want := strings.HasPrefix(name, "not"); d.trouble[Key(setPoint.Name)] != want {
				t.Errorf("trouble: %v", !want)
			}
		})
	}
}

// restart is a power cut: what was retained is there, the clock begins anew.
func (d *desk) restart() {
	d.Machine = New()
	d.now.Boot, d.now.Mono = d.now.Boot+"b", time.Minute
	d.Restore(d.now, d.kept, describe)
	d.settle()
}

func TestACommandIsNotIssuedAgainAfterARestart(t *testing.T) {
	d := newDesk(t)
	d.order(22)
	d.restart()
	d.pass(time.Second)
	if len(d.writes) != 1 {
		t.Fatalf("writes: %v", d.writes)
	}
	d.reads(22, 0)
	if v := d.Recent()[0]; v.State != Done || v.Actor != "li" {
		t.Errorf("%+v", v)
	}
	if len(d.kept) != 0 {
		t.Errorf("kept: %q", d.kept)
	}
}

func TestSelections(t *testing.T) {
	last := point.Sample{Value: point.OfReal(24)}
	pick := func(d *desk, actor string) (Selection, error) {
		return d.Select(d.now, setPoint, last, point.OfReal(22), actor, "test")
	}
	t.Run("good for half a minute", func(t *testing.T) {
		d := newDesk(t)
		s, _ := pick(d, "li")
		d.now = d.now.Add(selectFor)
		if err := d.Execute(d.now, setPoint.Name, s.ID, "li"); !errors.Is(err, ErrUnknown) {
			t.Error(err)
		}
	})
	t.Run("of one person", func(t *testing.T) {
		d := newDesk(t)
		s, _ := pick(d, "li")
		if _, err := pick(d, "wang"); err == nil {
			t.Error("two persons selected the same output")
		}
		if err := d.Execute(d.now, setPoint.Name, s.ID, "wang"); !errors.Is(err, ErrUnknown) {
			t.Error(err)
		}
		d.pass(selectFor)
		if _, err := pick(d, "wang"); err != nil {
			t.Error(err)
		}
	})
	t.Run("used once, and the newest only", func(t *testing.T) {
		d := newDesk(t)
		first, _ := pick(d, "li")
		second, _ := pick(d, "li")
		if first.ID == second.ID || !errors.Is(d.Execute(d.now, setPoint.Name, first.ID, "li"), ErrUnknown) {
			t.Error("an old selection was executed")
		}
		if err := d.Execute(d.now, setPoint.Name, second.ID, "li"); err != nil {
			t.Error(err)
		}
		if _, err := pick(d, "li"); err == nil {
			t.Error("selected while a command is under way")
		}
		if err := d.Issue(d.now, setPoint, last, point.OfReal(20), "box", "x"); err == nil {
			t.Error("issued while a command is under way")
		}
	})
	t.Run("with what the product's map warns of", func(t *testing.T) {
		d, p := newDesk(t), *setPoint
		p.Confirm = point.Words{Zh: "机房会升温", En: "the room warms up"}
		if s, err := d.Select(d.now, &p, last, point.OfReal(22), "li", "test"); err != nil || s.Confirm != p.Confirm {
			t.Errorf("%+v, %v", s, err)
		}
	})
	t.Run("with a reason", func(t *testing.T) {
		if _, err := newDesk(t).Select(point.Instant{}, setPoint, last, point.OfReal(22), "li", ""); err == nil {
			t.Error("no reason")
		}
	})
}

func TestFit(t *testing.T) {
	number := func(decimals int) *point.Point {
		return &point.Point{Kind: point.Real, Unit: "°C", Decimals: decimals, Write: true, Low: new(18.0), High: new(29.0)}
	}
	states := &point.Point{Kind: point.Int, Write: true, Low: new(0.0), High: new(1.0), States: map[int64]point.Words{0: {En: "off"}, 1: {En: "on"}}}
	relay := &point.Point{Kind: point.Bool, Write: true}
	for _, c := range []struct {
		p    *point.Point
		v    point.Value
		want string // the value, or what is allowed
	}{
		{number(0), point.OfInt(22), "22"}, {number(0), point.OfInt(18), "18"}, {number(0), point.OfReal(29), "29"},
		{number(0), point.OfInt(17), "allowed 18 to 29 °C in steps of 1"}, {number(0), point.OfReal(22.5), "in steps of 1"},
		{number(1), point.OfReal(22.5), "22.5"}, {number(1), point.OfReal(22.55), "18.0 to 29.0 °C in steps of 0.1"},
		{number(0), point.OfText("warm"), "allowed 18 to 29 °C"}, {number(0), point.OfText(""), "allowed"}, {number(0), point.Value{}, "allowed"},
		{states, point.OfReal(1), "1"}, {states, point.OfBool(true), "1"}, {states, point.OfInt(2), "allowed 0 off · 1 on"}, {states, point.OfReal(0.5), "allowed"},
		{relay, point.OfInt(1), "true"}, {relay, point.OfBool(false), "false"}, {relay, point.OfInt(2), "true or false"},
		{&point.Point{Kind: point.Real}, point.OfInt(1), "only be read"},
	} {
		got, err := Fit(c.p, c.v)
		text := got.String()
		if err != nil {
			text = err.Error()
		}
		if err == nil && text != c.want || err != nil && !strings.Contains(text, c.want) {
			t.Errorf("%v: %s, want %s", c.v, text, c.want)
		}
		if err == nil && got.Kind() != c.p.Kind {
			t.Errorf("%v became %v", c.v, got.Kind())
		}
	}
}

func TestWithoutReadBackItIsSaidSo(t *testing.T) {
	m := New()
	p := &point.Point{Name: "oc/fan", Kind: point.Bool, Write: true}
	now := point.Instant{Boot: "b", Mono: time.Hour}
	if err := m.Issue(now, p, point.Sample{}, point.OfBool(true), "box", "x"); err != nil {
		t.Fatal(err)
	}
	m.Answered(now, p.Name, point.OfBool(true), now, nil)
	_, records, _ := m.Take()
	if last := records[len(records)-1]; last.Type != event.CommandDone || !strings.Contains(string(last.Detail), `"unproven":true`) {
		t.Errorf("%+v", last)
	}
}

// TestEachCommandEndsOnce plays random orders, answers, readings and restarts:
// each command that was issued ends once and in time, and is written once.
func TestEachCommandEndsOnce(t *testing.T) {
	for seed := range uint64(200) {
		random, d := rand.New(rand.NewPCG(seed, 2)), newDesk(t)
		for range 200 {
			v := point.OfReal(float64(20 + random.IntN(4)))
			switch random.IntN(7) {
			case 0:
				if s, err := d.Select(d.now, setPoint, point.Sample{}, v, "li", "test"); err == nil && random.IntN(3) > 0 {
					if err := d.Execute(d.now, setPoint.Name, s.ID, "li"); err != nil {
						t.Fatal(err)
					}
				}
			case 1:
				_ = d.Issue(d.now, setPoint, point.Sample{}, v, "box", "x")
			case 2:
				d.Answered(d.now, setPoint.Name, v, d.now, []error{nil, errors.New("no")}[random.IntN(2)])
			case 3:
				d.reads(float64(20+random.IntN(4)), time.Duration(random.IntN(3))*time.Second)
			case 4:
				if random.IntN(10) == 0 {
					d.restart()
				}
			default:
				d.pass(time.Duration(random.IntN(4000)) * time.Millisecond)
			}
			d.settle()
			if next := d.Next(); next <= d.now.Mono-time.Second {
				t.Fatalf("seed %d: overdue", seed)
			}
		}
		d.pass(2 * time.Minute)
		issued, ended := 0, 0
		for _, x := range d.types {
			switch event.Type(x) {
			case event.CommandIssued:
				issued++
			case event.CommandDone, event.CommandFailed, event.OutputContradicts:
				ended++
			}
		}
		if issued != ended || issued != len(d.writes) || issued == 0 {
			t.Fatal(fmt.Sprintf("seed %d: %d issued, %d ended, %d written", seed, issued, ended, len(d.writes)))
		}
	}
}
