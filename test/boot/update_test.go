//go:build boot

package boot

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"watchbox/firmware/update"
	"watchbox/test/harness"
	"watchbox/test/qemu"
)

// TestUpdate is an update from A to B over the API: what is not to be taken is
// refused, what is good proves itself and stays, over a power cut too.
func TestUpdate(t *testing.T) {
	t.Parallel()
	b := newBox(t, agent)
	b.on()
	b.AwaitAgent(qemu.BootLimit)
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	b.Step("set up")
	refuses(b)
	b.Step("refused what is not to be taken")
	if err := b.stage(bytes.NewReader(nextBundle(t))); err != nil {
		t.Fatalf("stage: %v", err)
	}
	b.Step("staged")
	b.switches()
	b.comesBack()
	b.Step("on trial")
	if now := b.runs(); now != "B 0.2.0" {
		t.Fatalf("%s runs after the switch, want B 0.2.0", now)
	}
	b.awaitPhase(2*time.Minute, update.Confirmed)
	b.Step("confirmed")
	b.off()
	b.on()
	b.comesBack()
	if now := b.runs(); now != "B 0.2.0" {
		t.Errorf("%s runs after a power cut, want B 0.2.0", now)
	}
	b.Step("the same after a power cut")
}

// refuses offers what a box must not take. The slot's content is of no matter:
// it is the manifest that speaks against each.
func refuses(b *box) {
	b.t.Helper()
	key, slot := signer(b.t), bytes.Repeat([]byte("slot"), 1000)
	_, stranger, _ := ed25519.GenerateKey(nil)
	older, now, later := update.Version{Patch: 9}, update.Version{Minor: 3}, update.Version{Minor: 2}
	whole := pack(b.t, update.Manifest{Board: "qemu", Version: now}, key, slot)
	for code, bundle := range map[update.Code][]byte{
		update.Signature: pack(b.t, update.Manifest{Board: "qemu", Version: now}, stranger, slot),
		update.Board:     pack(b.t, update.Manifest{Board: "rpi4", Version: now}, key, slot),
		update.Downgrade: pack(b.t, update.Manifest{Board: "qemu", Version: older}, key, slot),
		update.TooOld:    pack(b.t, update.Manifest{Board: "qemu", Version: now, From: later}, key, slot),
		update.Damaged:   whole[:len(whole)-3000],
	} {
		var refusal *harness.Refusal
		if err := b.stage(bytes.NewReader(bundle)); !errors.As(err, &refusal) || refusal.Code != string(code) {
			b.t.Errorf("a bundle that is %s: %v", code, err)
		}
	}
}
