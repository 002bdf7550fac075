package proof

import (
	"testing"

	"watchbox/firmware/event"
)

func id(n uint64) event.ID { return event.ID{Box: "b", Epoch: "e", Sequence: n} }

func TestReplay(t *testing.T) {
	p := &Replay{Latches: func(key string) bool { return key == "zone/panic" }}
	take := func(n uint64, kind event.Type, key string, origin uint64) {
		t.Helper()
		if err := p.Take(event.Record{ID: id(n), Type: kind, Subject: key, Origin: id(origin)}); err != nil {
			t.Error(err)
		}
	}
	want := func(standing map[string]State) {
		t.Helper()
		if d := p.Differs(standing); d != "" {
			t.Error(d)
		}
	}
	take(1, event.AlarmRaised, "zone/panic", 1)
	take(2, event.AlarmRaised, "zone/water", 2)
	want(map[string]State{"zone/panic": {id(1), true, false}, "zone/water": {id(2), true, false}})
	take(3, event.AlarmAcknowledged, "zone/panic", 1)
	take(4, event.AlarmCleared, "zone/water", 2)
	take(5, event.AlarmCleared, "zone/panic", 1)
	want(map[string]State{"zone/panic": {id(1), false, true}, "zone/water": {id(2), false, false}})
	take(6, event.AlarmAcknowledged, "zone/water", 2)
	take(7, event.AlarmReset, "zone/panic", 1)
	want(nil)
	if p.Differs(map[string]State{"x": {}}) == "" {
		t.Error("one too many was not seen")
	}
	if p.Take(event.Record{ID: id(8), Type: event.AlarmCleared, Subject: "zone/panic"}) == nil {
		t.Error("the end of what never began was believed")
	}
	if p.Take(event.Record{ID: id(8)}) == nil {
		t.Error("a sequence was believed twice")
	}
}

func TestMissing(t *testing.T) {
	journal := []event.Record{{ID: id(1)}, {ID: id(2)}, {ID: id(6)}, {ID: id(8)}}
	got := Missing(journal, func(n uint64) (uint64, bool) { return 4, n == 4 })
	if len(got) != 3 || got[0] != 3 || got[1] != 5 || got[2] != 7 {
		t.Errorf("got %v", got)
	}
}
