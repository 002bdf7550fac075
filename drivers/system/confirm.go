package system

import (
	"maps"
	"slices"
)

// Fallen tells that the loader did not start the slot that was meant to run.
type Fallen struct {
	Failed  string `json:"failed"`  // the slot that did not start or did not prove itself
	Running string `json:"running"` // the slot that runs instead
	Trial   bool   `json:"trial"`   // it was on trial after an update; else it had been confirmed once
}

// AtStart is what a start from a slot does to the boot state. A confirmed slot
// has its tries back, so that a reset of it spends none; a slot on trial keeps
// its count until the health gate confirms it. When the loader fell back, the
// running slot is put in front, the trial is over, and fallen says so: it is told
// once, at the start after the fall. Pure.
func (s State) AtStart(slot string) (next State, fallen *Fallen) {
	next = s
	next.Order, next.Left = slices.Clone(s.Order), maps.Clone(s.Left)
	if slot == "" || s.Trying == slot {
		return next, nil
	}
	if next.Left == nil {
		next.Left = map[string]int{}
	}
	if failed := s.meant(); failed != slot {
		fallen = &Fallen{Failed: failed, Running: slot, Trial: s.Trying != ""}
	}
	next.Order = []string{slot}
	for _, other := range Slots {
		if other != slot {
			next.Order = append(next.Order, other)
		}
	}
	next.Trying, next.Left[slot] = "", Tries
	return next, fallen
}

// meant is the slot that the loader was to start.
func (s State) meant() string {
	if s.Trying != "" {
		return s.Trying
	}
	if len(s.Order) == 0 {
		return Slots[0]
	}
	return s.Order[0]
}
