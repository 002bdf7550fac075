package modem

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/modem/modemtest"
	"watchbox/firmware/alarm"
	"watchbox/firmware/dialout"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// office is the smallest owner of a Desk: one goroutine, one modem.
type office struct {
	desk    *dialout.Desk
	began   time.Time
	queue   chan dialout.Message
	inputs  chan func()
	reports []event.Type
}

func (o *office) now() point.Instant {
	return point.Instant{Boot: "b", Mono: time.Since(o.began), Wall: time.Now(), Clock: point.ClockSynchronised}
}

// run is the loop that the app has: inputs, the next deadline, Take.
func (o *office) run(ctx context.Context) {
	for {
		next := min(o.desk.Next()-time.Since(o.began), time.Hour)
		select {
		case <-ctx.Done():
			return
		case input := <-o.inputs:
			input()
		case <-time.After(max(0, next)):
			o.desk.Tick(o.now())
		}
		out := o.desk.Take()
		for _, m := range out.Messages {
			o.queue <- m
		}
		for _, r := range out.Batch.Records {
			o.reports = append(o.reports, r.Type)
		}
	}
}

func (o *office) result(m dialout.Message, r dialout.Receipt, retry bool, err error) {
	o.inputs <- func() {
		if err != nil {
			o.desk.Failed(o.now(), m.ID, err.Error(), retry)
			return
		}
		o.desk.Sent(o.now(), m.ID, r)
	}
}

// Report and Reply make the office the modem's inbox.
func (o *office) Report(r dialout.Report) { o.inputs <- func() { o.desk.Report(o.now(), r) } }

func (o *office) Reply(r dialout.Reply) {
	o.inputs <- func() {
		for _, a := range o.desk.Reply(o.now(), r) {
			o.desk.Acknowledged(o.now(), alarm.Alarm{Definition: alarm.Definition{Key: a.Key}, Acknowledged: true, AckedBy: a.Contact})
		}
	}
}

// TestAlarmToPhoneAndBack goes from the raise over the air to a reply that ends
// the escalation before the second contact hears of it.
func TestAlarmToPhoneAndBack(t *testing.T) {
	bench(t, nil, func(d *desk) {
		plan := dialout.Plan{Upto: 3, Wait: 3 * time.Minute, OnClear: true, HourlyCap: 60,
			Steps: []dialout.Step{{Contacts: []string{"wang"}, Channels: []string{"modem1"}}, {Contacts: []string{"li"}, Channels: []string{"modem1"}}}}
		contacts := []dialout.Contact{{ID: "wang", Phone: "+8613800000001", Language: "zh"}, {ID: "li", Phone: "+8613800000002", Language: "zh"}}
		o := &office{began: time.Now(), queue: make(chan dialout.Message, 8), inputs: make(chan func(), 16)}
		o.desk = dialout.NewDesk(plan, contacts, map[string]string{"modem1": dialout.Modem}, dialout.Site{Label: point.Words{Zh: "财务机房"}})
		d.inbox.also(o)
		ctx, cancel := context.WithCancel(d.t.Context())
		go o.run(ctx)
		go dialout.Run(ctx, "modem1", d.modem, o.queue, o.result)
		raised := time.Now()
		first := time.Duration(-1) // in fake time a message may be sent at once: 0 is an answer
		d.fake.OnSent(func(s modemtest.Sms) {
			if first < 0 {
				first = time.Since(raised)
			}
		})
		o.inputs <- func() {
			o.desk.Raised(o.now(), alarm.Alarm{Definition: alarm.Definition{Key: "zone/panic", Label: point.Words{Zh: "紧急按钮"}, Priority: 1, Class: alarm.ClassAlarm},
				Active: true, Raised: o.now(), Occurrence: event.ID{Box: "b", Epoch: "e", Sequence: 1}})
		}
		time.Sleep(10 * time.Second)
		d.fake.Receive("13800000001", "回复 1 确认")
		time.Sleep(time.Hour)
		cancel()
		synctest.Wait()
		sent := d.fake.Sent()
		if len(sent) != 2 || !strings.HasPrefix(sent[0].Text, "【财务机房】紧急报警:紧急按钮") || !strings.Contains(sent[1].Text, "收到确认") || sent[1].To != "+8613800000001" {
			t.Fatalf("sent %+v", sent)
		}
		if first < 0 || first > time.Second {
			t.Errorf("the first message was sent after %v", first)
		}
		want := []event.Type{event.MessageSent, event.MessageDelivered, event.MessageReply, event.MessageSent, event.MessageDelivered}
		if len(o.reports) != len(want) {
			t.Errorf("records %v, want %v", o.reports, want)
		}
	})
}
