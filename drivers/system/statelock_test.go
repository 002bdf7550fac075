package system

import (
	"testing"
	"time"

	"watchbox/firmware/point"
)

// init gives tries back, and says that a daemon made progress, while the daemon switches
// slots and notes a remedy: neither loses what the other one wrote.
func TestTwoWritersOfTheBootState(t *testing.T) {
	b := newBox(t)
	over, done := make(chan struct{}), make(chan struct{})
	ledger := Ledger{b.files.State}
	go func() {
		defer close(done)
		for {
			select {
			case <-over:
				return
			default:
			}
			err := ChangeState(b.files.State, func(s State) State {
				time.Sleep(time.Millisecond) // the other one has its turn between reading and writing
				return s.Proven("A")
			})
			if err == nil {
				err = ledger.NoteProven()
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for i := range 100 {
		boot, err := b.slots.Boot()
		if err != nil {
			t.Fatal(err)
		}
		next, at := boot.Erase("A"), point.Instant{Boot: "x", Mono: time.Duration(i) * time.Second}
		if i%2 == 0 {
			next = boot.Try("A")
		}
		if err := b.slots.SetBoot(next); err != nil {
			t.Fatal(err)
		}
		if err := ledger.NoteRestart(at); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond)
		now, err := b.slots.Boot()
		if err != nil || now.Trying != next.Trying || now.Order[0] != next.Order[0] || now.Left["B"] != next.Left["B"] {
			t.Fatalf("turn %d: %+v, want %+v, %v", i, now, next, err)
		}
		if restart, _, err := ledger.Remedies(); restart != at || err != nil {
			t.Fatalf("turn %d: the ledger says %v, want %v, %v", i, restart, at, err)
		}
	}
	close(over)
	<-done
}
