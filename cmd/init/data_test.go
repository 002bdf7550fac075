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

// rooted is a box with data, and with memory to stand in for it.
func rooted(t *testing.T) *box {
	t.Helper()
	folder := func() *os.Root {
		r, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r
	}
	memory := folder()
	return &box{root: folder(), memory: func() (*os.Root, error) { return memory, nil }}
}

// A disk that does not answer keeps the box neither from its start nor from the answer
// that memory gives; what it says late is nobody's.
func TestADiskThatHangsCostsTheDataOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			lasts time.Duration
			err   error
			lost  bool
		}{{time.Hour, nil, true}, {time.Second, nil, false}, {0, errors.New("it could not be written"), false}} {
			b := rooted(t)
			data, began := b.root, time.Now()
			got := onData(b, "test", diskPatience, func(root *os.Root) (string, error) {
				if root == data {
					time.Sleep(c.lasts)
				}
				return root.Name(), c.err
			})
			if took := time.Since(began); took > diskPatience || got != b.root.Name() || (b.root != data) != c.lost || (b.notes.Lost != nil) != c.lost {
				t.Errorf("%v, %v: %q after %v, lost %+v", c.lasts, c.err, got, took, b.notes.Lost)
			}
			onData(b, "test", diskPatience, done(func(root *os.Root) error {
				if root != b.root {
					t.Error("a later question goes to the disk that hangs")
				}
				return nil
			}))
		}
		time.Sleep(time.Hour)
	})
}

// Memory that hangs too is not asked for ever.
func TestMemoryThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, began := rooted(t), time.Now()
		if got := onData(b, "test", diskPatience, func(*os.Root) (int, error) { time.Sleep(time.Hour); return 1, nil }); got != 0 {
			t.Errorf("answer %d", got)
		}
		if took := time.Since(began); took != 2*diskPatience {
			t.Errorf("it took %v", took)
		}
		time.Sleep(time.Hour)
	})
}

// Data on which the last life came to nothing is not touched, nor on the last try.
func TestDataThatIsLeftAlone(t *testing.T) {
	last := system.State{Left: map[string]int{"A": 0}, Box: "0011223344556677"}
	trial := last
	trial.Trying = "A"
	for name, c := range map[string]struct {
		state   system.State
		past    system.Past
		crashed bool
		fell    bool
		want    bool
	}{
		"no progress":             {system.FreshState(), system.Past{Unproven: true}, true, false, true},
		"no progress on trial":    {trial, system.Past{Unproven: true}, true, false, false},
		"the other slot had none": {system.FreshState(), system.Past{Unproven: true}, true, true, false},
		"the last try":            {last, system.Past{}, true, false, true},
		"the last try of a trial": {trial, system.Past{}, true, false, false},
		"after a power cut":       {last, system.Past{}, false, false, false},
		"a crash":                 {system.FreshState(), system.Past{}, true, false, false},
	} {
		b := &box{state: &stateKeeper{state: c.state}, past: c.past, crashed: c.crashed}
		b.told.Slot = "A"
		if c.fell {
			b.notes.Fallen = &system.Fallen{Failed: "B", Running: "A"}
		}
		if got := b.distrusts(); got != c.want {
			t.Errorf("%s: left alone %v", name, got)
		}
	}
}

// A box that loses its data takes the site file that was kept, unless its daemon came
// to nothing with it.
func TestTheKeptSiteFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(file, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	place, ledger := system.KeptSite{Path: file}, system.Ledger{Path: file}
	start := func(crashed bool) (*box, system.AcceptedSite, error) {
		b := rooted(t)
		b.state, b.crashed = &stateKeeper{node: file}, crashed
		var err error
		if b.past, err = ledger.Take(); err != nil {
			t.Fatal(err)
		}
		kept, err := b.keptSite()
		return b, kept, err
	}
	if _, _, err := start(false); !errors.Is(err, system.ErrNoSite) {
		t.Fatalf("nothing was kept: %v", err)
	}
	if err := place.Keep(system.AcceptedSite{Text: []byte("version: 1\n")}); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		crashed, proves bool
		want            error
	}{
		{false, false, nil},
		{false, false, nil}, // the power was cut before it proved anything
		{true, false, errTried},
		{true, true, errTried}, // until some daemon proves itself
		{true, true, nil},
		{true, true, nil},
	} {
		b, kept, err := start(c.crashed)
		if !errors.Is(err, c.want) || c.want == nil && string(kept.Text) != "version: 1\n" {
			t.Errorf("start %d: %q, %v", i, kept.Text, err)
		}
		b.notes.Lost = &system.Lost{}
		if c.want == nil {
			b.notes.Lost.Kept = &kept.At
		}
		if c.proves {
			b.proven()
		}
	}
	b, _, _ := start(false)
	b.ordered = true
	if _, err := b.keptSite(); !errors.Is(err, system.ErrNoSite) {
		t.Errorf("a factory reset whose disk forgets nothing: %v", err)
	}
	b.forgetSite()
	if _, _, err := start(false); !errors.Is(err, system.ErrNoSite) {
		t.Errorf("after a factory reset: %v", err)
	}
}

// A boot state that could not be read, or hung, is not written over.
func TestBootStateThatIsNotWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(file, make([]byte, 100), 0o600); err != nil { // too short to be read
		t.Fatal(err)
	}
	k := &stateKeeper{node: file}
	if err := k.read(); err == nil || errors.Is(err, system.ErrNoState) {
		t.Fatalf("read: %v", err)
	}
	if err := k.keep(system.FreshState()); !errors.Is(err, k.mute) || k.mute == nil {
		t.Errorf("written: %v", err)
	}
	if err := os.WriteFile(file, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	k = &stateKeeper{node: file}
	if err := k.read(); !errors.Is(err, system.ErrNoState) {
		t.Fatalf("an empty one: %v", err)
	}
	if err := k.keepBox("0011223344556677"); err != nil {
		t.Fatal(err)
	}
	again := &stateKeeper{node: file}
	if err := again.read(); err != nil || again.state.Box != "0011223344556677" {
		t.Errorf("kept %+v, %v", again.state, err)
	}
}

// A slot that starts after a crash has its tries back with the daemon's first proof.
func TestTriesComeBackWithTheProof(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(file, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	k := &stateKeeper{node: file}
	if err := k.keep(system.State{Order: []string{"A", "B"}, Left: map[string]int{"A": 1}}); err != nil {
		t.Fatal(err)
	}
	b := &box{state: k, crashed: true}
	b.told.Slot = "A"
	b.proven()
	again := &stateKeeper{node: file}
	if err := again.read(); err != nil || again.state.Left["A"] != system.Tries {
		t.Errorf("%+v, %v", again.state, err)
	}
	(&box{crashed: true}).proven() // without a boot state
}
