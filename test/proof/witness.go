package proof

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/store"
	"watchbox/test/harness"
)

// Witness reads the journal of one box over its lives and holds it against what
// the box says of itself and what it told upstream.
type Witness struct {
	Replay  Replay
	Since   uint64         // upstream was told from the record after this one on
	Records []event.Record // everything read so far, oldest first
	gaps    []store.Gap    // that stand in it
}

// Read takes what is new in the journal.
func (w *Witness) Read(api *harness.API) error {
	records, err := api.Journal(w.Replay.Last)
	if err != nil {
		return err
	}
	for _, r := range records {
		if err := w.Replay.Take(r); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		w.Records = append(w.Records, r)
		var g store.Gap
		if r.Type == event.JournalGap && json.Unmarshal(r.Detail, &g) == nil && g.Path == "" {
			w.gaps = append(w.gaps, g)
		}
	}
	return nil
}

// Agrees waits, with the room at rest, until what stands is what the journal
// tells, and gives how many alarms that is. Both are read while delays end, so
// they may differ for a moment.
func (w *Witness) Agrees(api *harness.API, patience time.Duration) (stood int, err error) {
	differs := "nothing was read"
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		before, err := standing(api)
		if err == nil {
			err = w.Read(api)
		}
		if err != nil {
			return 0, err
		}
		if differs = w.Replay.Differs(before); differs == "" {
			return len(before), nil
		}
	}
	return 0, fmt.Errorf("after the restart the box is not what its journal tells: %s", differs)
}

func standing(api *harness.API) (map[string]State, error) {
	list, err := api.Alarms()
	all := map[string]State{}
	for _, a := range list {
		if a.Standing {
			all[a.Key] = State{a.Occurrence, a.Active, a.Acknowledged}
		}
	}
	return all, err
}

// ToldAll waits until the box has told everything, and holds what was told
// against the journal; it gives the number of records that were told.
func (w *Witness) ToldAll(api *harness.API, told func() ([]harness.Told, error), patience time.Duration) (records int, err error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(500 * time.Millisecond) {
		list, err := told()
		if err == nil {
			records, err = w.tellsAll(api, list)
		}
		if err == nil || time.Now().After(deadline) {
			return records, err
		}
	}
}

func (w *Witness) tellsAll(api *harness.API, told []harness.Told) (int, error) {
	if err := w.Read(api); err != nil {
		return 0, err
	}
	records := slices.DeleteFunc(slices.Clone(w.Records), func(r event.Record) bool { return r.ID.Sequence <= w.Since })
	told = slices.DeleteFunc(told, func(t harness.Told) bool { return t.Fault == "" && t.ID.Sequence <= w.Since })
	if err := harness.Compare(records, told); err != nil {
		return 0, err
	}
	byID, err := harness.ByID(told)
	inJournal := map[event.ID]bool{}
	for _, r := range w.Records {
		inJournal[r.ID] = true
	}
	for id, r := range byID {
		if _, told := w.gap(id.Sequence); !r.Journaled && !inJournal[id] && !told {
			return 0, fmt.Errorf("%v was told as not journaled; it neither came again nor stands in a gap record", id)
		}
	}
	return len(byID), err
}

// gap finds the gap record that a sequence stands in.
func (w *Witness) gap(sequence uint64) (last uint64, ok bool) {
	for _, g := range w.gaps {
		if g.From <= sequence && sequence <= g.To {
			return g.To, true
		}
	}
	return 0, false
}

// Missing lists the sequences after Since that are in no record and no gap.
func (w *Witness) Missing() []uint64 {
	return slices.DeleteFunc(Missing(w.Records, w.gap), func(n uint64) bool { return n <= w.Since })
}
