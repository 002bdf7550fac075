package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/system"
)

// resets is a box with the former owner's site file on data and beside the boot state,
// whose button was held.
func resets(t *testing.T) *box {
	t.Helper()
	b := rooted(t)
	b.state, b.ordered = &stateKeeper{node: filepath.Join(t.TempDir(), "state")}, true
	err := errors.Join(os.WriteFile(b.state.node, make([]byte, 1<<20), 0o600), b.root.WriteFile(system.SiteFile, []byte("former"), 0o600))
	if err = errors.Join(err, system.KeptSite{Path: b.state.node}.Keep(system.AcceptedSite{Text: []byte("former"), At: time.Now()})); err != nil {
		t.Fatal(err)
	}
	return b
}

// formerly tells whether the box would guard by the former owner's site file.
func (b *box) formerly(t *testing.T) bool {
	t.Helper()
	_, onData := b.root.Stat(system.SiteFile)
	_, kept := system.KeptSite{Path: b.state.node}.Load()
	return onData == nil || kept == nil || b.notes.Lost != nil && b.notes.Lost.Kept != nil
}

func TestAFactoryResetForgetsTheFormerOwner(t *testing.T) {
	b := resets(t)
	b.forgetSite()
	if b.eraseData(); !b.erased || b.unerased() || b.formerly(t) || b.notes.Lost != nil {
		t.Errorf("erased %v, lost %+v", b.erased, b.notes.Lost)
	}
	b.ordered, b.erased = false, false
	if b.eraseData(); b.erased {
		t.Error("the next start erases too")
	}
}

// Without data, and on a disk that hangs, the kept copy is forgotten all the same, and
// nobody says that data was erased.
func TestAFactoryResetWithoutData(t *testing.T) {
	b := resets(t)
	b.forgetSite()
	b.loseData(errors.New("e2fsck could not repair it"))
	if b.eraseData(); b.erased || !b.unerased() || b.formerly(t) {
		t.Errorf("erased %v, lost %+v", b.erased, b.notes.Lost)
	}
	synctest.Test(t, func(t *testing.T) {
		b := resets(t)
		b.forgetSite()
		disk := b.root
		onData(b, "factory reset", diskPatience, done(func(data *os.Root) error {
			if data == disk {
				time.Sleep(time.Hour)
			}
			return nil
		}))
		if b.eraseData(); b.erased || b.formerly(t) {
			t.Errorf("a disk that hangs: erased %v, lost %+v", b.erased, b.notes.Lost)
		}
		time.Sleep(2 * time.Hour)
	})
}

// Data that is there and takes no write, a card at its end, is not erased: people are told.
func TestAFactoryResetThatCannotBegin(t *testing.T) {
	b := resets(t)
	if err := b.root.MkdirAll("erasing.part/full", 0o700); err != nil { // the note cannot be written
		t.Fatal(err)
	}
	if b.eraseData(); b.erased || b.notes.Lost != nil || !b.unerased() {
		t.Errorf("erased %v, lost %+v, people are told that it is not: %v", b.erased, b.notes.Lost, b.unerased())
	}
}

// What a power cut ended goes on at the next start, without the button.
func TestAFactoryResetThatWasCutGoesOn(t *testing.T) {
	b := resets(t)
	b.forgetSite()
	b.ordered = false
	if err := system.BeginErase(b.root); err != nil {
		t.Fatal(err)
	}
	if b.eraseData(); !b.erased || b.formerly(t) {
		t.Errorf("erased %v", b.erased)
	}
}

// Data on which the last life came to nothing is opened where it is to be erased.
func TestAFactoryResetOpensDataThatWasLeftAlone(t *testing.T) {
	b := &box{state: &stateKeeper{state: system.FreshState()}, past: system.Past{Unproven: true}, crashed: true}
	if b.ordered = true; b.distrusts() {
		t.Error("it is left alone")
	}
}
