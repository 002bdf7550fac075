package system

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/point"
)

func TestLedger(t *testing.T) {
	b := newBox(t)
	l := Ledger{b.files.State}
	if restart, reset, err := l.Remedies(); restart != (point.Instant{}) || reset != restart || err != nil {
		t.Fatalf("a fresh one: %v, %v, %v", restart, reset, err)
	}
	if past, err := l.Take(); past != (Past{}) || err != nil {
		t.Errorf("a fresh one: %+v, %v", past, err)
	}
	first := point.Instant{Boot: "6cbd4bc8-9e40-4a4c-8a70-0123456789ab", Mono: 90 * time.Second}
	second := point.Instant{Boot: "d3c5", Mono: 1000 * time.Hour}
	for _, err := range []error{l.NoteRestart(first), l.NoteReset(second)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	boot, err := b.slots.Boot()
	if err == nil {
		err = b.slots.SetBoot(boot.Erase("A")) // writes the boot state beside it
	}
	if restart, reset, bad := l.Remedies(); restart != first || reset != second || err != nil || bad != nil {
		t.Errorf("kept %v and %v, want %v and %v: %v, %v", restart, reset, first, second, err, bad)
	}
	for _, want := range []Past{{Reset: true}, {}} {
		if past, err := l.Take(); past != want || err != nil {
			t.Errorf("taken %+v, %v; want %+v", past, err, want)
		}
	}
	for _, err := range []error{l.NoteReset(first), l.TakeBack(first, second)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if past, err := l.Take(); past != (Past{}) || err != nil {
		t.Errorf("of a remedy that was put off: %+v, %v", past, err)
	}
	if restart, reset, err := l.Remedies(); restart != first || reset != second || err != nil {
		t.Errorf("of a remedy that was put off: %v and %v, %v", restart, reset, err)
	}
	if err := l.NoteUnproven(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []Past{{Unproven: true}, {}} {
		if past, err := l.Take(); past != want || err != nil {
			t.Errorf("taken %+v, %v; want %+v", past, err, want)
		}
	}
	if err := l.NoteKept(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // until a daemon made progress
		if past, err := l.Take(); past != (Past{Kept: true}) || err != nil {
			t.Errorf("taken %+v, %v", past, err)
		}
	}
	if err := l.NoteProven(); err != nil {
		t.Fatal(err)
	}
	if past, err := l.Take(); past != (Past{}) || err != nil {
		t.Errorf("taken %+v, %v", past, err)
	}
	if _, reset, _ := l.Remedies(); reset != second {
		t.Error("the next start forgot when the reset was")
	}
	if s := b.stateOf(); s.Box != "b7f3a2" {
		t.Errorf("the boot state is %+v", s)
	}
}

// What cannot be read is an error, never "never".
func TestADamagedLedger(t *testing.T) {
	b := newBox(t)
	l := Ledger{b.files.State}
	if err := l.NoteReset(point.Instant{Boot: "x"}); err != nil {
		t.Fatal(err)
	}
	disk := b.get(b.files.State)
	disk[ledgerAt+9] ^= 1
	b.put(b.files.State, disk)
	if _, _, err := l.Remedies(); err == nil {
		t.Error("a damaged ledger is believed")
	}
	if err := l.NoteRestart(point.Instant{Boot: "y", Mono: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if restart, _, err := l.Remedies(); restart.Boot != "y" || err != nil {
		t.Errorf("begun anew: %v, %v", restart, err)
	}
	b.put(b.files.State, b.get(b.files.State)[:ledgerAt+9]) // the rest cannot be read
	if err := l.NoteRestart(point.Instant{Boot: "z"}); err == nil {
		t.Error("what could not be read is written over")
	}
	if _, _, err := (Ledger{b.dir + "/none"}).Remedies(); err == nil {
		t.Error("a ledger that is not there is believed")
	}
}

// FuzzParseLedger gives each content its check sum, or else no fuzzer gets past it.
func FuzzParseLedger(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte(`{"reset":{"boot":"b","s":5},"fresh":true}`))
	f.Add([]byte(`{"reset":{"boot":"b","s":5},"fresh":7}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		b := make([]byte, ledgerSize)
		copy(b[4:], content)
		binary.LittleEndian.PutUint32(b, crc32.ChecksumIEEE(b[4:]))
		kept, err := parseLedger(b)
		if err != nil && kept != (ledger{}) {
			t.Errorf("an error and %+v", kept)
		}
		if b[4] ^= 1; err == nil {
			if _, err := parseLedger(b); err == nil {
				t.Error("a flipped bit is believed")
			}
		}
	})
}

func TestHeld(t *testing.T) {
	for name, c := range map[string]struct {
		first, later map[string]string
		want         bool
	}{
		"none":                          {map[string]string{"1": "1 (a) S 0"}, nil, false},
		"one hangs, its name is a trap": {map[string]string{"1": "1 (a) S 0", "2": "2 (x) S (y) D 0"}, nil, true},
		"busy, one after the other":     {map[string]string{"1": "1 (a) D 0", "2": "2 (b) S 0"}, map[string]string{"1": "1 (a) S 0", "2": "2 (b) D 0"}, false},
	} {
		dir := t.TempDir()
		put := func(all map[string]string) {
			for task, text := range all {
				os.MkdirAll(filepath.Join(dir, task), 0o700)
				if err := os.WriteFile(filepath.Join(dir, task, "stat"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		put(c.first)
		synctest.Test(t, func(t *testing.T) {
			time.AfterFunc(heldPause/2, func() { put(c.later) })
			if got := held(context.Background(), dir); got != c.want {
				t.Errorf("%s: held %v", name, got)
			}
			time.Sleep(heldPause)
		})
	}
	if Held(t.Context()) {
		t.Error("the kernel is said to hold this test")
	}
}
