package update

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"
)

// TestAStickBringsNewerFirmwareOnly holds what a stick may against what an upload may.
func TestAStickBringsNewerFirmwareOnly(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(1, 1)))
	k := w.keeper()
	offer := func(v Version) Code {
		m := manifestOf("")
		m.Version = v
		_, err := k.StageStick(context.Background(), bytes.NewReader(bundleOf(t, m, key, firmware(true, true))), "stick")
		return codeOf(err)
	}
	for v, want := range map[Version]Code{{Minor: 9}: Downgrade, {Major: 1}: NotNewer, {Major: 1, Patch: 1}: ""} {
		if got := offer(v); got != want {
			t.Errorf("%v over 1.0.0: %q, want %q", v, got, want)
		}
	}
	next := Version{Major: 1, Patch: 1}
	w.budget = 1 << 30 // what stands there is not written again
	if got := offer(next); got != "" || w.budget != 1<<30 {
		t.Errorf("staged twice: %q, %d writes", got, 1<<30-w.budget)
	}
	w.slots["B"][500] ^= 1
	if got := offer(next); got != "" || w.budget == 1<<30 {
		t.Errorf("a slot that does not hold it any more: %q, %d writes", got, 1<<30-w.budget)
	}
	for r, p := k.Record(), RolledBack; p != ""; p = map[Phase]Phase{RolledBack: Stranded}[p] {
		r.Phase = p
		k.set(r)
		if got := offer(next); got != FailedHere {
			t.Errorf("%s: %q", p, got)
		}
		if got := offer(Version{Major: 2}); got != "" {
			t.Errorf("%s, a later one: %q", p, got)
		}
	}
	if got := offer(next); got != NotNewer {
		t.Errorf("older than the one that waits: %q", got)
	}
	k.set(Record{Phase: Trying})
	if got := offer(Version{Major: 3}); got != OnTrial {
		t.Errorf("on trial: %q", got)
	}
}
