package engine

import "watchbox/firmware/event"

// numbering gives records their place in the order. Until the journal is open
// nobody knows the next sequence: records get provisional numbers and wait.
type numbering struct {
	box, epoch string
	makeshift  string // the epoch of Improvise; "" without one
	first      uint64 // of this run; 0 before Identify
	next       uint64 // of the next record; before Identify counts provisionally from 1
	waiting    []event.Batch
}

// final is Final once the journal is open. Another part may tell of an
// occurrence by the provisional id that it had when that part heard of it.
func (n *numbering) final(id event.ID) event.ID {
	if n.first == 0 {
		return id
	}
	return Final(id, n.makeshift, n.box, n.epoch, n.first)
}

func (n *numbering) take() event.ID {
	if n.next == 0 {
		n.next = 1
	}
	id := event.ID{Box: n.box, Epoch: n.epoch, Sequence: n.next}
	n.next++
	return id
}

// improvised is true from Improvise to Identify.
func (n *numbering) improvised() bool { return n.makeshift != "" && n.epoch == n.makeshift }

// Final turns a provisional id, or one of the makeshift epoch, into the one that
// it has once the journal begins this run with the sequence first; a final id stays.
func Final(id event.ID, makeshift, box, epoch string, first uint64) event.ID {
	if id.Sequence == 0 || id.Epoch != "" && id.Epoch != makeshift {
		return id
	}
	return event.ID{Box: box, Epoch: epoch, Sequence: first + id.Sequence - 1}
}
