package engine

import (
	"testing"

	"watchbox/firmware/event"
)

func TestAnotherPartMayNameAnOccurrenceByItsProvisionalID(t *testing.T) {
	b := newBench(t)
	b.Edge(edge(true))
	b.Turn()
	heard := b.View().Alarms[0].Occurrence // as dial-out heard it, before the journal was open
	if heard.Sequence != 1 || heard.Epoch != "" {
		t.Fatalf("occurrence before the journal is open: %+v", heard)
	}
	b.Identify("box", "epoch", 500, nil)
	b.Turn()
	b.Commit(event.Batch{Records: []event.Record{{Type: event.MessageSent, Origin: heard}}})
	b.Turn()
	all := b.records()
	if last := all[len(all)-1]; last.Origin.String() != "box/epoch/500" {
		t.Errorf("the message is about %q", last.Origin)
	}
}

func TestWhatWaitedForTheJournalIsOneBatch(t *testing.T) {
	b := newBench(t)
	b.Edge(edge(true))
	b.Turn()
	b.Offer(warm(35))
	b.Turn()
	b.Identify("box", "epoch", 500, nil)
	b.Turn()
	if n := len(b.batches[0].Records); n != 2 {
		t.Errorf("the first batch holds %d records, want both raises", n)
	}
	second := newBench(t)
	kept := map[string][]byte{}
	for _, r := range b.batches[0].Retained { // killed before the second batch was written
		kept[r.Key] = r.Value
	}
	second.Identify("box", "epoch", 600, kept)
	second.Turn()
	for _, a := range second.View().Alarms {
		if a.Occurrence.Epoch != "epoch" || a.Occurrence.Sequence > 501 {
			t.Errorf("%s came back as occurrence %q", a.Key, a.Occurrence)
		}
	}
}

func TestRecordsOfAJournalThatOpensLateAreLentAndComeAgain(t *testing.T) {
	first := newBench(t)
	first.Identify("box", "epoch", 1, nil)
	first.Edge(edge(true))
	first.Turn()
	check(t, first.ask(Command{Verb: Acknowledge, Target: "zone/panic", Actor: "li"}))
	kept := first.kept()
	b := newBench(t)
	b.Offer(warm(35)) // before anybody gave the journal up
	b.Turn()
	b.Improvise("box", "makeshift")
	b.Edge(edge(true))
	b.Turn()
	var lent []event.Record
	for _, batch := range b.batches {
		if !batch.Makeshift || len(batch.Retained) > 0 {
			t.Errorf("without a journal: %+v", batch)
		}
		lent = append(lent, batch.Records...)
	}
	if len(lent) != 2 || lent[0].ID.String() != "box/makeshift/1" || lent[1].ID.String() != "box/makeshift/2" || lent[1].Origin != lent[1].ID {
		t.Fatalf("lent: %+v", lent)
	}
	b.batches = nil
	b.Identify("box", "epoch", 500, kept)
	b.Turn()
	all := b.records()
	if len(all) < 2 || all[0].ID.String() != "box/epoch/500" || all[0].Type != event.AlarmRaised || all[1].ID.String() != "box/epoch/501" {
		t.Fatalf("journal: %+v", all)
	}
	if r := all[1]; r.Type != event.AlarmContinued || r.Origin.String() != "box/epoch/1" {
		t.Errorf("the panic that stood before is %s of %v", r.Type, r.Origin)
	}
	b.Commit(event.Batch{Records: []event.Record{{Type: event.MessageSent, Origin: lent[0].ID}}})
	b.Turn()
	all = b.records()
	if last := all[len(all)-1]; last.Origin != all[0].ID || b.batches[len(b.batches)-1].Makeshift {
		t.Errorf("a message about %v is about %v", lent[0].ID, last.Origin)
	}
	for _, a := range b.View().Alarms {
		if a.Key == "zone/panic" && !a.Acknowledged {
			t.Errorf("the last run's acknowledgement is lost: %+v", a)
		}
	}
}

func TestALongWaitKeepsTheNewestState(t *testing.T) {
	b := newBench(t)
	b.Improvise("box", "makeshift")
	keep := func(key, value string) {
		b.Commit(event.Batch{Retained: []event.Retained{{Key: key, Value: []byte(value)}}})
		b.Turn()
	}
	keep("once", "then")
	for i := range waitingLimit + 2 {
		keep("again", string(rune('a'+i%26)))
	}
	b.Identify("box", "epoch", 1, nil)
	b.Turn()
	state := map[string]string{}
	for _, r := range b.batches[0].Retained {
		state[r.Key] = string(r.Value)
	}
	if want := string(rune('a' + (waitingLimit+1)%26)); state["once"] != "then" || state["again"] != want {
		t.Errorf("state is %v, want once=then again=%s", state, want)
	}
}
