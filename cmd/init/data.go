package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"watchbox/drivers/system"
	"watchbox/firmware/config"
)

// How long the start waits for a disk. A disk that hangs must not keep PID 1 from the
// daemon: the hardware watchdog would make a loop of the reset that was to help.
const (
	diskPatience  = 5 * time.Second  // for a partition to appear, and for one answer
	erasePatience = 30 * time.Second // to remove big files
)

// inTime is the answer of a disk. One that does not come is nobody's to read: ErrHung.
func inTime[T any](patience time.Duration, question func() (T, error)) (answer T, err error) {
	var late T
	if err = system.InTime(patience, func() (err error) { late, err = question(); return err }); errors.Is(err, system.ErrHung) {
		return answer, err
	}
	return late, err
}

// onData asks data, or the memory in its place. A disk that does not answer costs the
// box its data, not its guard: the question goes to memory then, as every later one.
func onData[T any](b *box, what string, patience time.Duration, question func(data *os.Root) (T, error)) (answer T) {
	data := b.root
	if data == nil {
		return answer
	}
	answer, err := inTime(patience, func() (T, error) { return question(data) })
	if errors.Is(err, system.ErrHung) && b.notes.Lost == nil {
		b.loseData(fmt.Errorf("%s: %w", what, err))
		return onData(b, what, patience, question)
	}
	tell(err)
	return answer
}

// done is for a question without an answer.
func done(do func(data *os.Root) error) func(*os.Root) (struct{}, error) {
	return func(data *os.Root) (struct{}, error) { return struct{}{}, do(data) }
}

// openData mounts the data, or memory in its place.
func (b *box) openData() {
	if err := b.mountData(); err != nil {
		b.loseData(err)
	} else if b.root, err = os.OpenRoot(dataFolder); err != nil {
		b.loseData(err)
	}
	b.settleBox()
}

// memoryRoot is a folder for data that lasts until the power goes.
func memoryRoot() (*os.Root, error) {
	if err := system.MountMemory(dataFolder); err != nil {
		return nil, err
	}
	return os.OpenRoot(dataFolder)
}

// loseData goes on on memory, over the data where that is mounted, with the site file
// that was kept elsewhere.
func (b *box) loseData(why error) {
	log.Printf("the box runs on memory: %v", why)
	b.notes.Lost = &system.Lost{Why: why.Error()}
	root, err := b.memory()
	tell(err)
	b.root = root
	kept, err := b.keptSite()
	if err == nil {
		err = system.PutSite(b.root, kept.Text, daemonID)
	}
	if err != nil {
		log.Printf("the board's own site file: %v", err)
		return
	}
	log.Printf("the site file that was accepted last, %s", kept)
	b.notes.Lost.Kept = &kept.At
}

// errTried is a kept site file that may be why the box did not come to its work.
var errTried = errors.New("the box did not come to its work with the kept one")

// keptSite is the last accepted site file, for the memory that stands in for data.
// Whether it can be used is the daemon's to say, which guards by the board's own
// otherwise. One that hangs or crashes the daemon has its mark in the ledger until a
// daemon makes progress; a power cut before that is not held against it.
func (b *box) keptSite() (kept system.AcceptedSite, err error) {
	k := b.state
	if k == nil || b.root == nil || b.ordered {
		return kept, system.ErrNoSite
	}
	if b.past.Kept && b.crashed {
		return kept, errTried
	}
	if kept, err = inTime(diskPatience, system.KeptSite{Path: k.node}.Load); err == nil {
		tell(k.write(func(node string) error { return system.Ledger{Path: node}.NoteKept() }))
	}
	return kept, err
}

// errDistrusted is data on which the box did not come to its work.
var errDistrusted = errors.New("the box did not come to its work with it: it is left alone until the next start")

func (b *box) mountData() error {
	k := b.state
	if k == nil {
		return fmt.Errorf("without a boot state no data partition is touched")
	}
	b.id = k.state.Box
	if b.distrusts() {
		return errDistrusted
	}
	ctx, cancel := context.WithTimeout(context.Background(), diskPatience)
	defer cancel()
	node, err := system.AwaitPartition(ctx, sysfs, system.DataPartition)
	if err != nil {
		return err
	}
	d := system.RealData(sysfs, node, dataFolder, tell)
	d.Reset = b.ordered
	b.id, err = d.Open(b.id, k.keepBox)
	return err
}

// distrusts tells whether the last life came to nothing, or the slot is on the last try
// of several that did: data may be why. Where new firmware is on trial, or was in the
// last life, that is why: a trial without the data would prove nothing, and the slot to
// which the box fell back has done nothing wrong with it. Data that is to be erased is
// opened for that.
func (b *box) distrusts() bool {
	s, slot := b.state.state, b.told.Slot
	return !b.ordered && b.notes.Fallen == nil && s.Trying != slot && (b.past.Unproven || b.crashed && s.LastTry(slot))
}

// settleBox makes boot state and data agree on who this box is. A boot state
// that was destroyed gets its id back from the data. Without data it may be somebody
// new, until the power goes.
func (b *box) settleBox() {
	if b.notes.Lost == nil && b.id == "" {
		b.id = onData(b, "the box's id", diskPatience, func(data *os.Root) (string, error) { return system.KeptBox(data), nil })
	}
	if b.id == "" {
		b.id = system.NewBoxID()
	}
	if b.notes.Lost == nil {
		tell(b.state.keepBox(b.id))
		onData(b, "the box's id", diskPatience, done(func(data *os.Root) error { return system.KeepBox(data, b.id) }))
	}
}

// standardSite is the board's own site file, in the root that cannot be written.
func (b *box) standardSite() string { return "/etc/watchbox/site-" + b.told.Board + ".yaml" }

// siteMost is more than any site file has, in bytes.
const siteMost = 4 << 20

// siteFile gives the daemon its folder and a site file. Both files that the daemon
// starts with are read once: a disk that hangs over them is found out here, where the
// box can go on without it, and the daemon has them from the kernel's memory.
func (b *box) siteFile() (made bool) {
	return onData(b, "site file", diskPatience, func(data *os.Root) (bool, error) {
		err := data.Chown(".", daemonID, daemonID)
		made, first := system.FirstSite(data, b.standardSite(), daemonID)
		return made, errors.Join(err, first, readThrough(data, system.SiteFile), readThrough(data, config.AcceptedFile))
	})
}

func readThrough(data *os.Root, name string) error {
	f, err := data.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(f, siteMost))
	return err
}
