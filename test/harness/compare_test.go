package harness

import (
	"strings"
	"testing"

	"watchbox/firmware/event"
)

func record(n uint64, kind event.Type) event.Record {
	return event.Record{ID: event.ID{Box: "b", Epoch: "e", Sequence: n}, Type: kind, Journaled: true, Detail: []byte(`{"a":"中"}`)}
}

func TestCompare(t *testing.T) {
	journal := []event.Record{record(1, event.JournalBegan), record(2, event.AlarmRaised), record(3, event.AlarmCleared)}
	told := func(list ...event.Record) (all []Told) {
		for _, r := range list {
			all = append(all, Told{Record: r})
		}
		return all
	}
	escaped := record(2, event.AlarmRaised)
	escaped.Detail = []byte(`{ "a": "\u4e2d" }`)
	early := record(9, event.AlarmRaised)
	early.Journaled = false
	for _, x := range []struct {
		name string
		told []Told
		want string
	}{
		{"all", told(journal[1:]...), ""},
		{"twice, encoded otherwise", told(journal[1], escaped, journal[2]), ""},
		{"one that was never journaled", told(journal[1], journal[2], early), ""},
		{"one is missing", told(journal[1]), "1 of 3 were not told: [3 alarm.cleared]"},
		{"another content", told(record(2, event.AlarmReset), journal[2]), "stands in the journal as"},
		{"twice and different", told(journal[1], record(2, event.AlarmReset)), "told twice"},
		{"one too many", told(journal[1], journal[2], record(4, event.AlarmReset)), "the journal has not"},
		{"a forged one", []Told{{Fault: "signature: does not match the body"}}, "signature"},
	} {
		err := Compare(journal, x.told)
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}
