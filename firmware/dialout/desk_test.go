package dialout

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf16"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

var midnight = point.Instant{Boot: "boot-one", Mono: time.Hour, Wall: time.Date(2026, 3, 12, 2, 14, 0, 0, time.UTC), Clock: point.ClockSynchronised}

// night runs a Desk by the fake clock. Unless broken says otherwise a channel
// takes each message 4 s after it was handed out.
type night struct {
	t       *testing.T
	desk    *Desk
	now     point.Instant
	broken  func(Message) (why string, retry bool)
	slow    time.Duration
	flights []flight
	sent    []Message
	at      []time.Duration // of sent, since midnight
	taken   []Message
	records []event.Record
	ledger  map[string]Entry
	kept    map[string][]byte
}

type flight struct {
	m    Message
	lead time.Duration
}

func newNight(t *testing.T, plan Plan) *night {
	contacts := []Contact{
		{ID: "wang", Label: point.Words{Zh: "王工"}, Phone: "+8613800000001", Mail: "wang@example.com", Language: "zh"},
		{ID: "li", Label: point.Words{Zh: "李工"}, Phone: "13800000002", Mail: "li@example.com", Language: "zh"},
		{ID: "smith", Phone: "+447700900001", Language: "en"},
	}
	channels := map[string]string{"sms": Modem, "mail": Mail, "cloud": Gateway}
	site := Site{ID: "fin", Label: point.Words{Zh: "财务机房", En: "Finance"}, Zone: time.FixedZone("CST", 8*3600),
		Rooms: map[string]point.Words{"ups": {Zh: "电源间", En: "Power room"}}}
	return &night{t: t, desk: NewDesk(plan, contacts, channels, site), now: midnight, slow: 4 * time.Second,
		ledger: map[string]Entry{}, kept: map[string][]byte{}}
}

func (n *night) take() {
	o := n.desk.Take()
	n.records = append(n.records, o.Batch.Records...)
	for _, e := range o.Ledger {
		n.ledger[e.ID] = e
	}
	for _, r := range o.Batch.Retained {
		if r.Value == nil {
			delete(n.kept, r.Key)
			continue
		}
		n.kept[r.Key] = r.Value
	}
	for _, m := range o.Messages {
		n.taken = append(n.taken, m)
		n.flights = append(n.flights, flight{m, n.now.Mono + n.slow})
	}
}

// run lets d pass, step by step.
func (n *night) run(d time.Duration) {
	end := n.now.Mono + d
	for range 100000 {
		n.take()
		next := min(n.desk.Next(), end)
		for _, f := range n.flights {
			next = min(next, f.lead)
		}
		n.now = n.now.Add(max(0, next-n.now.Mono))
		n.land()
		n.desk.Tick(n.now)
		n.take()
		if n.now.Mono >= end {
			return
		}
	}
	n.t.Fatal("the desk does not come to rest")
}

func (n *night) land() {
	for i := 0; i < len(n.flights); {
		f := n.flights[i]
		if f.lead > n.now.Mono {
			i++
			continue
		}
		n.flights = slices.Delete(n.flights, i, i+1)
		if n.broken != nil {
			if why, retry := n.broken(f.m); why != "" {
				n.desk.Failed(n.now, f.m.ID, why, retry)
				continue
			}
		}
		n.sent = append(n.sent, f.m)
		n.at = append(n.at, n.now.Since(midnight))
		n.desk.Sent(n.now, f.m.ID, Receipt{Reference: "ref-" + f.m.ID})
	}
}

func (n *night) log() (list []string) {
	for i, m := range n.sent {
		kind := "raised"
		if strings.Contains(m.Text, "恢复:") || strings.Contains(m.Text, "CLEARED") {
			kind = "cleared"
		}
		list = append(list, fmt.Sprintf("%v %s %s %s", n.at[i].Round(time.Second), m.Contact, m.Channel, kind))
	}
	return list
}

func (n *night) expect(want ...string) {
	n.t.Helper()
	if got := n.log(); !slices.Equal(got, want) {
		n.t.Fatalf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func anAlarm(key string, priority int, sequence uint64) alarm.Alarm {
	return alarm.Alarm{
		Definition: alarm.Definition{Key: key, Label: point.Words{Zh: "市电失电 " + key, En: "Mains failed " + key}, Priority: priority, Room: "ups",
			Class: alarm.ClassAlarm, Instruction: point.Words{Zh: "查看配电柜,联系王工", En: "Look at the switchboard"}},
		Occurrence: event.ID{Box: "b", Epoch: "e", Sequence: sequence}, Active: true, Raised: midnight, Value: "0 V",
	}
}

func gone(a alarm.Alarm) alarm.Alarm {
	a.Active, a.Cleared, a.Latched = false, a.Raised.Add(6*time.Minute), a.Latch
	return a
}

func taken(a alarm.Alarm) alarm.Alarm { a.Acknowledged = true; return a }

var twoSteps = Plan{Upto: 3, Wait: 3 * time.Minute, Repeat: 0, OnClear: true, HourlyCap: 60, Steps: []Step{
	{Contacts: []string{"wang"}, Channels: []string{"sms", "mail"}},
	{Contacts: []string{"li"}, Channels: []string{"sms", "mail"}},
}}

func TestEscalation(t *testing.T) {
	minor, major := anAlarm("water", 3, 1), anAlarm("panic", 1, 1)
	latched := anAlarm("leak", 3, 1)
	latched.Latch = true
	noSMS := func(m Message) (string, bool) { return map[string]string{"sms": "no coverage"}[m.Channel], true }
	noSIM := func(m Message) (string, bool) { return map[string]string{"sms": "no SIM"}[m.Channel], false }
	tests := map[string]struct {
		plan   Plan
		broken func(Message) (string, bool)
		play   func(n *night)
		want   []string
	}{
		"second contact when the first is silent": {twoSteps, nil, func(n *night) {
			n.desk.Raised(n.now, minor)
			n.run(10 * time.Minute)
		}, []string{"4s wang sms raised", "3m4s li sms raised"}},
		"acknowledge ends it, those told hear the end": {twoSteps, nil, func(n *night) {
			n.desk.Raised(n.now, minor)
			n.run(time.Minute)
			n.desk.Acknowledged(n.now, taken(minor))
			n.run(9 * time.Minute)
			n.desk.Cleared(n.now, gone(taken(minor)))
			n.run(time.Hour)
		}, []string{"4s wang sms raised", "10m14s wang sms cleared"}},
		"clear stops an ordinary alarm": {twoSteps, nil, func(n *night) {
			n.desk.Raised(n.now, minor)
			n.run(time.Minute)
			n.desk.Cleared(n.now, gone(minor))
			n.run(time.Hour)
		}, []string{"4s wang sms raised", "1m14s wang sms cleared"}},
		"clear before anybody was told tells nobody": {twoSteps, noSMS, func(n *night) {
			n.desk.Raised(n.now, minor)
			n.run(10 * time.Second)
			n.desk.Cleared(n.now, gone(minor))
			n.run(time.Hour)
		}, nil},
		"a latched alarm goes on though it cleared": {twoSteps, nil, func(n *night) {
			n.desk.Raised(n.now, latched)
			n.run(time.Minute)
			n.desk.Cleared(n.now, gone(latched))
			n.run(10 * time.Minute)
		}, []string{"4s wang sms raised", "1m14s wang sms cleared", "3m4s li sms raised"}},
		"priority 1 by all channels at once": {twoSteps, nil, func(n *night) {
			n.desk.Raised(n.now, major)
			n.run(time.Minute)
		}, []string{"4s wang sms raised", "4s wang mail raised"}},
		"retries, then the next channel": {twoSteps, noSMS, func(n *night) {
			n.desk.Raised(n.now, minor)
			n.run(2 * time.Minute)
		}, []string{"1m40s wang mail raised"}},
		"what cannot help is not tried again": {twoSteps, noSIM, func(n *night) {
			n.desk.Raised(n.now, minor)
			n.run(2 * time.Minute)
		}, []string{"8s wang mail raised"}},
		"a dead step gives way at once, a dead list does not spin": {
			Plan{Upto: 3, Wait: 3 * time.Minute, Steps: []Step{{Contacts: []string{"smith"}, Channels: []string{"sms"}}, {Contacts: []string{"li"}, Channels: []string{"sms"}}}},
			func(m Message) (string, bool) {
				if m.Due.Since(midnight) < 20*time.Minute {
					return "no SIM", false
				}
				return "", false
			}, func(n *night) {
				n.desk.Raised(n.now, minor)
				n.run(30 * time.Minute)
				if len(n.taken) > 20 {
					n.t.Errorf("%d messages in 30 min", len(n.taken))
				}
			}, []string{"21m32s smith sms raised", "24m32s li sms raised"}},
		"the list is repeated": {Plan{Upto: 3, Wait: 3 * time.Minute, Repeat: 1, Steps: twoSteps.Steps[:1]}, nil, func(n *night) {
			n.desk.Raised(n.now, minor)
			n.run(time.Hour)
		}, []string{"4s wang sms raised", "3m4s wang sms raised"}},
		"less urgent than sent": {twoSteps, nil, func(n *night) {
			n.desk.Raised(n.now, anAlarm("note", 4, 1))
			n.run(time.Hour)
		}, nil},
		"a silent alarm dials out fully": {twoSteps, nil, func(n *night) {
			a := minor
			a.Silent = true
			n.desk.Raised(n.now, a)
			n.run(time.Minute)
		}, []string{"4s wang sms raised"}},
		"chattering is two messages": {twoSteps, nil, func(n *night) {
			for i := range uint64(1000) {
				a := anAlarm("door", 3, i+1)
				n.desk.Raised(n.now, a)
				n.run(30 * time.Millisecond)
				n.desk.Cleared(n.now, gone(a))
				n.run(30 * time.Millisecond)
			}
			n.run(time.Hour)
		}, []string{"4s wang sms raised", "1m14s wang sms cleared"}},
		"removed by configuration": {twoSteps, nil, func(n *night) {
			n.desk.Raised(n.now, minor)
			n.run(time.Minute)
			n.desk.Removed(n.now, minor)
			n.run(time.Hour)
			if last := n.sent[len(n.sent)-1]; !strings.Contains(last.Text, "撤除") {
				n.t.Errorf("last text %q", last.Text)
			}
		}, []string{"4s wang sms raised", "1m4s wang sms raised"}},
		"cleared while the first message is on the air": {twoSteps, nil, func(n *night) {
			n.slow = 20 * time.Second
			n.desk.Raised(n.now, minor)
			n.run(time.Second)
			n.desk.Cleared(n.now, gone(minor))
			n.run(time.Hour)
		}, []string{"20s wang sms raised", "40s wang sms cleared"}},
		"a channel that never answers": {twoSteps, nil, func(n *night) {
			n.slow = 1000 * time.Hour
			n.desk.Raised(n.now, minor)
			n.run(6 * time.Minute)
			if len(n.taken) != 3 || n.taken[2].Attempt != 2 {
				n.t.Errorf("taken %+v", n.taken)
			}
		}, nil},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			n := newNight(t, c.plan)
			n.broken = c.broken
			c.play(n)
			n.expect(c.want...)
		})
	}
}

func TestPeopleBeforeSecondChannelsAndUrgentFirst(t *testing.T) {
	n := newNight(t, Plan{Wait: time.Minute, Steps: []Step{{Contacts: []string{"wang", "li", "smith"}, Channels: []string{"sms"}}}})
	n.desk.Raised(n.now, anAlarm("minor", 3, 1))
	n.desk.Raised(n.now, anAlarm("panic", 1, 2))
	o := n.desk.Take()
	var got []string
	for _, m := range o.Messages {
		got = append(got, m.Key+" "+m.Contact)
	}
	want := []string{"panic wang", "panic li", "panic smith", "minor wang", "minor li", "minor smith"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestStormIsJoinedWorstFirst(t *testing.T) {
	n := newNight(t, twoSteps)
	n.slow = time.Second
	for i := range uint64(40) {
		n.desk.Raised(n.now, anAlarm(fmt.Sprintf("p%02d", i), 3, i+1))
	}
	n.desk.Raised(n.now, anAlarm("fire", 1, 99))
	n.run(30 * time.Second)
	var texts []string
	for _, m := range n.sent {
		if m.Contact == "wang" && m.Channel == "sms" {
			texts = append(texts, m.Text)
		}
	}
	if len(texts) != 4 || !strings.Contains(texts[3], "38项报警,最重:市电失电 fire") || !strings.Contains(texts[3], "另有25项") {
		t.Fatalf("got %d texts\n%s", len(texts), strings.Join(texts, "\n---\n"))
	}
	code := n.sent[3].Code
	for _, m := range n.sent {
		if strings.Contains(m.Text, "38项") {
			code = m.Code
		}
	}
	acks := n.desk.Reply(n.now, Reply{Channel: "sms", From: "+8613800000001", Text: "回复 " + code + " 确认"})
	if len(acks) != 38 || acks[0].Key != "fire" || acks[0].Contact != "wang" {
		t.Errorf("summary's code %s acknowledges %d alarms", code, len(acks))
	}
}

func TestValuesAreInTheReadersLanguageAndEndWithTheAlarm(t *testing.T) {
	n := newNight(t, Plan{})
	line := anAlarm("bus", 2, 1)
	line.Value, line.ValueText = "dial tcp: connection refused", point.Words{Zh: "拒绝连接", En: "refused"}
	for language, want := range map[string][2]string{"zh": {"拒绝连接", "恢复 市电失电 bus"}, "en": {"refused", "cleared Mains failed bus"}} {
		w := writer{desk: n.desk, language: language}
		e := &escalation{Alarm: line, Over: true}
		up, down := &notice{kind: raised, e: e}, &notice{kind: cleared, e: e}
		if text := w.raised(e, "1"); !strings.Contains(text, want[0]) || strings.Contains(text, "dial") {
			t.Errorf("%s, alone: %s", language, text)
		}
		if text := w.summary([]*notice{up, up}, "1"); strings.Count(text, want[0]) != 2 {
			t.Errorf("%s, joined: %s", language, text)
		}
		if text := w.summary([]*notice{down, down}, ""); !strings.HasSuffix(text, want[1]) || strings.Contains(text, want[0]) {
			t.Errorf("%s, cleared: %s", language, text)
		}
	}
}

func TestHourlyCapCountsTheRestInTheNext(t *testing.T) {
	plan := twoSteps
	plan.HourlyCap, plan.Steps = 5, plan.Steps[:1]
	n := newNight(t, plan)
	for i := range uint64(12) {
		a := anAlarm(fmt.Sprintf("p%02d", i), 3, i+1)
		n.desk.Raised(n.now, a)
		n.run(4 * time.Minute)
	}
	if len(n.sent) != 5 {
		t.Fatalf("%d messages in the first 48 min, want 5", len(n.sent))
	}
	n.desk.Raised(n.now, anAlarm("panic", 1, 50))
	n.run(time.Minute)
	last := n.sent[len(n.sent)-1]
	if !slices.ContainsFunc(n.sent[5:], func(m Message) bool { return m.Key == "panic" }) {
		t.Fatalf("priority 1 was held back; last is %q", last.Text)
	}
	n.run(time.Hour)
	seen := map[string]bool{}
	for _, m := range n.sent {
		for i := range 12 {
			if key := fmt.Sprintf("p%02d", i); strings.Contains(m.Text, key) {
				seen[key] = true
			}
		}
	}
	if len(seen) != 12 {
		t.Errorf("only %d of 12 alarms were ever named", len(seen))
	}
}

func TestReply(t *testing.T) {
	tests := map[string]struct {
		from, text string
		alarms     int
		want       []string
	}{
		"code in Chinese":           {"+8613800000001", "回复 2 确认", 3, []string{"a1"}},
		"bare code":                 {"13800000001", "2", 3, []string{"a1"}},
		"full width":                {"008613800000001", "回复2确认", 3, []string{"a1"}},
		"English":                   {"+8613800000001", "Ack 3", 3, []string{"a2"}},
		"two codes":                 {"+8613800000001", "1,3 收到", 3, []string{"a0", "a2"}},
		"bare word, one alarm":      {"+8613800000001", "收到", 1, []string{"a0"}},
		"bare word, two alarms":     {"+8613800000001", "确认", 2, nil},
		"unknown code":              {"+8613800000001", "9", 3, nil},
		"not told this code":        {"13800000002", "1", 3, nil},
		"unknown number":            {"10086", "1", 1, nil},
		"automatic answer":          {"+8613800000001", "1分钟后回电", 1, nil},
		"automatic answer in words": {"+8613800000001", "我正在开会,收到后回复", 1, nil},
		"empty":                     {"+8613800000001", "", 1, nil},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			n := newNight(t, twoSteps)
			for i := range c.alarms {
				n.desk.Raised(n.now, anAlarm(fmt.Sprintf("a%d", i), 3, uint64(i+1)))
			}
			n.run(30 * time.Second)
			var got []string
			for _, a := range n.desk.Reply(n.now, Reply{Channel: "sms", From: c.from, Text: c.text}) {
				got = append(got, a.Key)
			}
			n.take()
			if !slices.Equal(got, c.want) {
				t.Errorf("acknowledges %v, want %v", got, c.want)
			}
			last := n.records[len(n.records)-1]
			if last.Type != event.MessageReply {
				t.Errorf("last record is %s", last.Type)
			}
		})
	}
}

func TestBareReplyCountsAlarmsThatEnded(t *testing.T) {
	n := newNight(t, twoSteps)
	first := anAlarm("a", 3, 1)
	n.desk.Raised(n.now, first)
	n.run(time.Minute)
	n.desk.Acknowledged(n.now, taken(first))
	n.desk.Cleared(n.now, gone(taken(first)))
	n.run(time.Minute)
	n.desk.Raised(n.now, anAlarm("b", 3, 2))
	n.run(time.Minute)
	if acks := n.desk.Reply(n.now, Reply{Channel: "sms", From: "13800000001", Text: "确认"}); acks != nil {
		t.Errorf("two alarms were sent within the hour, yet it acknowledges %v", acks)
	}
	n.run(2*time.Minute + memory)
	n.desk.Raised(n.now, anAlarm("c", 3, 3))
}

func TestUndeliveredGoesToTheNextChannel(t *testing.T) {
	n := newNight(t, twoSteps)
	n.desk.Raised(n.now, anAlarm("a", 3, 1))
	n.run(30 * time.Second)
	n.desk.Report(n.now, Report{Channel: "sms", Reference: "ref-" + n.sent[0].ID, Why: "number does not exist"})
	n.run(30 * time.Second)
	n.expect("4s wang sms raised", "34s wang mail raised")
	if e := n.ledger[n.sent[0].ID]; e.State != "failed" || e.Why == "" {
		t.Errorf("ledger has %+v", e)
	}
}

func TestDeliveryReportMayOvertakeTheReceipt(t *testing.T) {
	n := newNight(t, twoSteps)
	n.desk.Raised(n.now, anAlarm("a", 3, 1))
	m := n.desk.Take().Messages[0]
	n.desk.Report(n.now, Report{Channel: "sms", Reference: "7", Delivered: true})
	n.desk.Sent(n.now, m.ID, Receipt{Reference: "7"})
	n.take()
	if e := n.ledger[m.ID]; e.State != "delivered" || e.Delivered.IsZero() {
		t.Errorf("ledger has %+v", e)
	}
	if last := n.records[len(n.records)-1]; last.Type != event.MessageDelivered || last.Origin.Sequence != 1 || !strings.HasSuffix(last.Text.Zh, "(sms)：市电失电 a") {
		t.Errorf("last record %+v", last)
	}
}

func TestRestartSendsAgainAndTakesTheNextStep(t *testing.T) {
	n := newNight(t, twoSteps)
	a := anAlarm("a", 3, 1)
	n.desk.Raised(n.now, a)
	n.take() // handed out, then the power went
	after := newNight(t, twoSteps)
	after.now = point.Instant{Boot: "boot-two", Mono: time.Second, Wall: midnight.Wall, Clock: point.ClockRTC}
	var kept []event.Retained
	for k, v := range n.kept {
		kept = append(kept, event.Retained{Key: k, Value: v})
	}
	kept = append(kept, event.Retained{Key: "dialout:9", Value: []byte("{damaged")}, event.Retained{Key: "alarm:a", Value: []byte("x")})
	after.desk.Restore(after.now, kept, []*alarm.Alarm{&a})
	o := after.desk.Take()
	if len(o.Messages) != 2 || o.Messages[0].Contact != "wang" || o.Messages[1].Contact != "li" || o.Messages[0].Code != "1" {
		t.Fatalf("after the restart: %+v", o.Messages)
	}
	if o.Messages[0].ID == n.taken[0].ID {
		t.Error("the ledger could not show both messages: same id")
	}
}

func TestRestartOfAnAlarmThatEndedMeanwhileTellsTheTold(t *testing.T) {
	n := newNight(t, twoSteps)
	n.desk.Raised(n.now, anAlarm("a", 3, 1))
	n.run(time.Minute)
	after := newNight(t, twoSteps)
	for k, v := range n.kept {
		after.desk.Restore(after.now, []event.Retained{{Key: k, Value: v}}, nil)
	}
	after.run(time.Minute)
	after.expect("4s wang sms cleared")
}

func TestFirstPartStandsAlone(t *testing.T) {
	long := anAlarm("x", 1, 1)
	long.Label = point.Words{Zh: strings.Repeat("很长的名称😀", 20), En: strings.Repeat("a very long label 😀 ", 20)}
	long.Value = strings.Repeat("9", 40) + " °C"
	for _, a := range []alarm.Alarm{anAlarm("short", 3, 1), long} {
		for _, contact := range []string{"wang", "smith"} {
			n := newNight(t, Plan{Wait: time.Minute, Steps: []Step{{Contacts: []string{contact}, Channels: []string{"sms"}}}})
			n.desk.Raised(n.now, a)
			m := n.desk.Take().Messages[0]
			head, _, _ := strings.Cut(m.Text, "\n")
			if got := len(utf16.Encode([]rune(head))); got > 67 {
				t.Errorf("head has %d units: %q", got, head)
			}
			site := map[string]string{"wang": "财务机房", "smith": "Finance"}[contact]
			for _, part := range []string{site, a.Value[:4-1], "03-12 10:14"} {
				if !strings.Contains(head, part) {
					t.Errorf("head %q lacks %q", head, part)
				}
			}
			if !strings.Contains(m.Text, m.Code) {
				t.Errorf("text %q lacks the code", m.Text)
			}
			if got := len(utf16.Encode([]rune(m.Text))); got > 67*5 {
				t.Errorf("text has %d units", got)
			}
			if strings.ContainsRune(m.Text, '\uFFFD') {
				t.Errorf("a character was cut: %q", m.Text)
			}
		}
	}
}

func TestUnknownTimeIsSaid(t *testing.T) {
	n := newNight(t, twoSteps)
	a := anAlarm("a", 3, 1)
	a.Raised.Clock = point.ClockUnknown
	n.desk.Raised(n.now, a)
	if m := n.desk.Take().Messages[0]; !strings.Contains(m.Text, "时刻未校") || strings.Contains(m.Text, "03-12") {
		t.Errorf("text %q", m.Text)
	}
}

func TestTrialMessage(t *testing.T) {
	n := newNight(t, twoSteps)
	if n.desk.Test(n.now, "smith", "mail") {
		t.Error("smith has no mail address")
	}
	if !n.desk.Test(n.now, "wang", "mail") {
		t.Fatal("refused")
	}
	n.run(10 * time.Second)
	if len(n.sent) != 1 || !n.sent[0].Drill || n.sent[0].Code != "" || n.sent[0].To != "wang@example.com" {
		t.Errorf("sent %+v", n.sent)
	}
}

// TestPromises plays random nights and holds what every contact was told
// against the promises.
func TestPromises(t *testing.T) {
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 7))
		plan := twoSteps
		plan.Repeat, plan.Wait, plan.HourlyCap = r.IntN(3), time.Duration(30+r.IntN(200))*time.Second, 500
		n := newNight(t, plan)
		n.slow = time.Duration(r.IntN(9000)) * time.Millisecond
		n.broken = func(m Message) (string, bool) {
			over := strings.Contains(m.Text, "恢复") || strings.Contains(m.Text, "撤除")
			if r.IntN(4) == 0 && !over {
				return "no coverage", r.IntN(3) > 0
			}
			return "", false
		}
		promises(t, n, r, seed)
	}
}

func promises(t *testing.T, n *night, r *rand.Rand, seed uint64) {
	state := map[string]alarm.Alarm{}
	acked := map[string]time.Duration{}
	for i := range uint64(25) {
		key := fmt.Sprintf("k%d", r.IntN(4))
		a, on := state[key]
		switch k := r.IntN(4); {
		case !on:
			a = anAlarm(key, 1+r.IntN(3), i+1)
			a.Latch = r.IntN(4) == 0
			delete(acked, key)
			n.desk.Raised(n.now, a)
			state[key] = a
		case k == 0 && !a.Acknowledged:
			a = taken(a)
			n.desk.Acknowledged(n.now, a)
			acked[key], state[key] = n.now.Mono, a
		case k == 1 && a.Active:
			a = gone(a)
			n.desk.Cleared(n.now, a)
			state[key] = a
			if !a.Latch && (a.Acknowledged || a.Priority > 1) {
				delete(state, key)
			}
		case !a.Active && a.Acknowledged:
			n.desk.Removed(n.now, a)
			delete(state, key)
		}
		before := len(n.taken)
		n.run(time.Duration(r.Int64N(int64(2 * time.Minute))))
		for _, m := range n.taken[before:] {
			if at, done := acked[m.Key]; done && m.Code != "" && !strings.Contains(m.Text, "项") && m.Due.Mono > at {
				t.Fatalf("seed %d: %s was told of %s after the acknowledgement: %q", seed, m.Contact, m.Key, m.Text)
			}
		}
	}
	n.broken = nil
	for key, a := range state {
		n.desk.Acknowledged(n.now, taken(a))
		if a.Active {
			n.desk.Cleared(n.now, gone(taken(a)))
		}
		n.desk.Removed(n.now, gone(taken(a)))
		delete(state, key)
	}
	n.run(3 * time.Hour)
	balance(t, n, seed)
}

// balance reads the texts as the contacts do: at the end each of them knows of
// every alarm that it is over, and nobody heard "over" of what he never heard of.
func balance(t *testing.T, n *night, seed uint64) {
	knows := map[string]bool{}
	for _, m := range n.sent {
		for i, line := range strings.Split(m.Text, "\n") {
			for k := range 4 {
				key := fmt.Sprintf("k%d", k)
				if !strings.Contains(line, "失电 "+key) {
					continue
				}
				who := m.Contact + m.Channel + key
				over := strings.Contains(line, "恢复") || strings.Contains(line, "撤除")
				if over && !knows[who] {
					t.Fatalf("seed %d: %s hears %q without having heard of it", seed, who, line)
				}
				knows[who] = !over && !(i == 0 && strings.Contains(m.Text, "已恢复,仍待确认"))
			}
		}
	}
	for who, still := range knows {
		if still {
			for i, m := range n.sent {
				t.Logf("%v %s %s %q", n.at[i], m.Contact, m.Channel, m.Text)
			}
			t.Fatalf("seed %d: %s was never told that it is over", seed, who)
		}
	}
	if left := len(n.desk.open) + len(n.desk.letters); left != 0 {
		t.Fatalf("seed %d: %d escalations and letters are left", seed, left)
	}
}

// slowChannel takes a second and knows how many were in it at once.
type slowChannel struct {
	atOnce, in, most int
	order            []string
}

func (c *slowChannel) AtOnce() int { return c.atOnce }

func (c *slowChannel) Send(ctx context.Context, m Message) (Receipt, bool, error) {
	c.in++
	c.most = max(c.most, c.in)
	c.order = append(c.order, m.ID)
	defer func() { c.in-- }()
	if m.ID == "panic" {
		panic("driver bug")
	}
	if m.ID == "hang" {
		<-ctx.Done()
		return Receipt{}, true, ctx.Err()
	}
	time.Sleep(time.Second)
	return Receipt{Reference: m.ID}, false, nil
}

func TestRunnerSendsTheMostUrgentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		ch := &slowChannel{atOnce: 1}
		queue := make(chan Message, 8)
		var results []string
		go Run(ctx, "sms", ch, queue, func(m Message, r Receipt, retry bool, err error) {
			results = append(results, fmt.Sprintf("%s %s %v %v", m.ID, r.Reference, retry, errors.Is(err, context.DeadlineExceeded)))
		})
		queue <- Message{ID: "first", Priority: 3}
		synctest.Wait()
		for i, p := range []int{3, 2, 1, 3} {
			queue <- Message{ID: []string{"c", "b", "a", "d"}[i], Priority: p}
		}
		time.Sleep(10 * time.Second)
		queue <- Message{ID: "panic"}
		queue <- Message{ID: "hang"}
		time.Sleep(2 * AttemptTimeout)
		cancel()
		synctest.Wait()
		want := []string{"first first false false", "a a false false", "b b false false", "c c false false", "d d false false", "panic  true false", "hang  true true"}
		if !slices.Equal(results, want) || ch.most != 1 {
			t.Errorf("got %q with %d at once", results, ch.most)
		}
	})
}
