package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"watchbox/drivers/system"
)

// bootState reads what loader and last life left, gives a confirmed slot its tries
// back and notes a fall. nil when there is no boot state: the box guards without.
func (b *box) bootState() *stateKeeper {
	ctx, cancel := context.WithTimeout(context.Background(), diskPatience)
	defer cancel()
	node, err := system.AwaitPartition(ctx, sysfs, system.StatePartition)
	if err != nil {
		log.Printf("boot state: %v", err)
		return nil
	}
	k := &stateKeeper{node: node}
	if b.past, err = inTime(diskPatience, system.Ledger{Path: node}.Take); err != nil {
		log.Print(err)
	}
	b.crashed = system.Crashed(b.bootStatus(), pstore, b.past)
	if err := k.read(); err != nil {
		log.Printf("boot state: %v: the loader's own is assumed", err)
		k.state = system.FreshState()
	}
	next, fallen := k.state.AtStart(b.told.Slot, b.crashed)
	b.notes.Fallen = fallen
	if fallen != nil {
		log.Printf("slot %s did not start: %s runs", fallen.Failed, fallen.Running)
	}
	tell(k.keep(next))
	return k
}

// bootStatus is what the hardware watchdog knows of the last reset.
func (b *box) bootStatus() int {
	if b.watchdog == nil {
		return 0
	}
	return b.watchdog.BootStatus()
}

// proven gives the slot back the tries that a start after a crash holds back. The
// daemon writes to the boot state too by now: what it wrote is what is changed. A site
// file that was taken from there has done no harm.
func (b *box) proven() {
	k := b.state
	if k == nil {
		return
	}
	if b.crashed {
		tell(k.write(func(node string) error {
			return system.ChangeState(node, func(s system.State) system.State { return s.Proven(b.told.Slot) })
		}))
	}
	if b.past.Kept || b.notes.Lost != nil && b.notes.Lost.Kept != nil {
		tell(k.write(func(node string) error { return system.Ledger{Path: node}.NoteProven() }))
	}
}

// noteUnproven leaves a word for the next start. It looks for the ledger itself: what
// hangs may be the search for it.
func noteUnproven() {
	node, err := system.FindPartition(sysfs, system.StatePartition)
	if err == nil {
		err = system.InTime(diskPatience, system.Ledger{Path: node}.NoteUnproven)
	}
	tell(err)
}

// stateKeeper reads and writes the partition of the boot state. One that could not be
// read is not written: nobody knows what it holds. Nor is one whose disk hangs: a
// write may land late, over what was written meanwhile.
type stateKeeper struct {
	node  string
	state system.State
	mute  error // why nothing is written any more
}

func (k *stateKeeper) read() error {
	s, err := inTime(diskPatience, func() (s system.State, err error) {
		f, err := os.Open(k.node)
		if err != nil {
			return s, err
		}
		defer f.Close()
		return system.ReadState(f)
	})
	switch {
	case err == nil:
		k.state = s
	case !errors.Is(err, system.ErrNoState):
		k.mute = err
	}
	return err
}

// keep writes what differs from what is there.
func (k *stateKeeper) keep(next system.State) error {
	if string(next.Bytes()) == string(k.state.Bytes()) {
		return nil
	}
	err := k.write(func(node string) error {
		f, err := os.OpenFile(node, os.O_RDWR, 0)
		if err != nil {
			return fmt.Errorf("boot state: %w", err)
		}
		defer f.Close()
		return system.WriteState(f, next)
	})
	if err == nil {
		k.state = next
	}
	return err
}

// write writes to the partition, unless it is not to be written.
func (k *stateKeeper) write(do func(node string) error) error {
	if k.mute != nil {
		return fmt.Errorf("boot state: it is not written: %w", k.mute)
	}
	err := system.InTime(diskPatience, func() error { return do(k.node) })
	if errors.Is(err, system.ErrHung) {
		k.mute = err
	}
	return err
}

func (k *stateKeeper) keepBox(id string) error {
	next := k.state
	next.Box = id
	return k.keep(next)
}
