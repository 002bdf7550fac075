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
