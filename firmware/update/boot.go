package update

import (
	"maps"
	"slices"
)

// tries are what a slot gets from a person's switch and from each confirmed start.
const tries = 3

// Boot is what the loader goes by at the next start: it takes one try from the
// first slot of Order with tries left and starts it; when none has any, all get
// theirs again.
//
// Each step below is one write of the boot state, which is whole or not at all
// when the power goes. Whatever the moment, the slot that runs stays bootable.
type Boot struct {
	Order  []string       // slots, the first one first
	Left   map[string]int // tries left
	Trying string         // the slot that has not proven itself; empty when none
}

// Other is the slot that does not run.
func Other(running string) string {
	if running == "A" {
		return "B"
	}
	return "A"
}

// with is the state in which running is first and has its tries.
func with(first, second string, left map[string]int, trying string) Boot {
	return Boot{Order: []string{first, second}, Left: left, Trying: trying}
}

// Erase takes the other slot out of reach, before its first byte is overwritten.
func (b Boot) Erase(running string) Boot {
	return with(running, Other(running), map[string]int{running: tries, Other(running): 0}, "")
}

// Try makes the next start one of the other slot, which has still to prove itself.
func (b Boot) Try(running string) Boot {
	return with(Other(running), running, map[string]int{running: tries, Other(running): tries}, Other(running))
}

// Confirm keeps the slot that runs; the other one stays as the way back.
func (b Boot) Confirm(running string) Boot {
	return with(running, Other(running), map[string]int{running: tries, Other(running): b.Left[Other(running)]}, "")
}

// Leave goes back to the other slot: the one that runs did not prove itself.
func (b Boot) Leave(running string) Boot {
	return with(Other(running), running, map[string]int{running: 0, Other(running): tries}, "")
}

// Returned notes that the trial of the other slot has failed: the loader came back to
// the one that runs.
func (b Boot) Returned(running string) Boot { return b.Erase(running) }

// Bootable tells whether the loader would start the slot while the other one fails.
func (b Boot) Bootable(slot string) bool { return slices.Contains(b.Order, slot) && b.Left[slot] > 0 }

func (b Boot) equal(o Boot) bool {
	return b.Trying == o.Trying && slices.Equal(b.Order, o.Order) && maps.Equal(b.Left, o.Left)
}
