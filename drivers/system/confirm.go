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

// AtStart is what a start from a slot does to the boot state. A confirmed slot has
// its tries back at once: a power cut of it spends none. But after a life that
// crashed the daemon has to make progress first (Proven): what crashes each time
// before that must come to its last try, and then to the other slot.
//
// A slot on trial keeps its count until the health gate confirms it, whatever ended
// its lives. Nobody can tell a mains failure from somebody who pulls the plug because
// the new firmware does not do its work; and the harm is not the same: a trial that
// three power cuts ended is repeated, new firmware that is never given up is a box
// that does not guard.
//
// When the loader fell back, the running slot is put in front, the trial is over, and
// fallen says so: it is told once, at the start after the fall. Pure.
func (s State) AtStart(slot string, crashed bool) (next State, fallen *Fallen) {
	next = s
	next.Order, next.Left = slices.Clone(s.Order), maps.Clone(s.Left)
	if slot == "" || s.Trying == slot {
		return next, nil
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
	next.Trying = ""
	if !crashed {
		next = next.Proven(slot)
	}
	return next, fallen
}

// Proven gives a confirmed slot its tries back. Pure.
func (s State) Proven(slot string) State {
	if slot == "" || s.Trying == slot {
		return s
	}
	left := map[string]int{}
	maps.Copy(left, s.Left)
	left[slot] = Tries
	s.Left = left
	return s
}

// LastTry is true while a confirmed slot runs on its last try: the next start without
// proof is the other slot's. Pure.
func (s State) LastTry(slot string) bool {
	return slot != "" && s.Trying != slot && s.Left[slot] == 0
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
