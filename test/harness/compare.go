package harness

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"watchbox/firmware/event"
)

// Compare holds what a receiver was told against the journal: every record was
// told (but for the one that begins a journal, which is written before anybody
// can be told), as it stands there, however often it came; and nothing was told
// as journaled that the journal has not.
func Compare(journal []event.Record, told []Told) error {
	byID, err := ByID(told)
	if err != nil {
		return err
	}
	var missing []string
	for _, r := range journal {
		t, ok := byID[r.ID]
		switch {
		case !ok && r.Type == event.JournalBegan:
		case !ok:
			missing = append(missing, fmt.Sprintf("%d %s", r.ID.Sequence, r.Type))
		case !Same(t, r):
			return fmt.Errorf("%v was told as %+v and stands in the journal as %+v", r.ID, t, r)
		}
		delete(byID, r.ID)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%d of %d were not told: %v", len(missing), len(journal), missing[:min(8, len(missing))])
	}
	for _, r := range byID {
		if r.Journaled {
			return fmt.Errorf("%d were told that the journal has not, such as %v %s", len(byID), r.ID, r.Type)
		}
	}
	return nil
}

// ByID is what was told by its id. An event may come twice, as it was; an event
// of the same id with another content, or one that the receiver does not trust,
// is an error. What came first as not journaled may come again as journaled.
func ByID(told []Told) (map[event.ID]event.Record, error) {
	byID := map[event.ID]event.Record{}
	for _, t := range told {
		if t.Fault != "" {
			return nil, fmt.Errorf("%s: %s", t.Fault, t.Raw)
		}
		r := t.Record
		if before, twice := byID[r.ID]; twice {
			a, b := before, r
			a.Journaled = b.Journaled
			if !Same(a, b) {
				return nil, fmt.Errorf("%v was told twice with different content: %+v, %+v", r.ID, before, r)
			}
			r.Journaled = r.Journaled || before.Journaled
		}
		byID[r.ID] = r
	}
	return byID, nil
}

// Same compares what two records say; times to the microsecond.
func Same(a, b event.Record) bool {
	a.At.Wall, b.At.Wall = a.At.Wall.UTC().Truncate(time.Microsecond), b.At.Wall.UTC().Truncate(time.Microsecond)
	a.Detail, b.Detail = plain(a.Detail), plain(b.Detail)
	return reflect.DeepEqual(a, b)
}

// plain is JSON without what no two encoders agree on: blanks, escapes, the
// order of keys.
func plain(j json.RawMessage) json.RawMessage {
	var v any
	if json.Unmarshal(j, &v) != nil {
		return j
	}
	b, err := json.Marshal(v)
	if err != nil {
		return j
	}
	return b
}
