//go:build boot || bootproof

package boot

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/update"
	"watchbox/test/harness"
	"watchbox/test/qemu"
)

// signer is the builder's own key, which the images trust.
func signer(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	folder, err := exec.Command(filepath.Join(harness.Root(), "tools", "image", "keys.sh")).Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(folder)), "bundle.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := update.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// pack signs a bundle of anything.
func pack(t testing.TB, m update.Manifest, key ed25519.PrivateKey, slot []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := update.Pack(&out, m, key, bytes.NewReader(slot)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// nextBundle is the 0.2.0 that the images' builder made.
func nextBundle(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(file(next, "watchbox-qemu-0.2.0.bundle"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stage uploads a bundle as the page does.
func (b *box) stage(bundle io.Reader) error {
	return b.api.Send(context.Background(), "POST", "update", "application/octet-stream", bundle, nil)
}

func (b *box) update() (s update.Status) {
	b.t.Helper()
	if err := b.api.Call("GET", "update", nil, &s); err != nil {
		b.t.Fatal(err)
	}
	return s
}

// comesBack waits for the next life of the machine and its page.
func (b *box) comesBack() {
	b.t.Helper()
	b.AwaitAgent(qemu.BootLimit)
	b.awaitPage(qemu.BootLimit)
	b.logIn()
}

// logIn begins a session. A box that is slow opens its accounts after its page.
func (b *box) logIn() {
	b.t.Helper()
	b.AwaitText("nobody can log in", qemu.Is("in"), func() string {
		if err := b.api.LogIn(); err != nil {
			time.Sleep(500 * time.Millisecond)
			return err.Error()
		}
		return "in"
	})
}

// awaitPhase waits until the update has come to this.
func (b *box) awaitPhase(limit time.Duration, phase update.Phase) {
	b.t.Helper()
	b.AwaitIn(limit, "the update does not end", qemu.Is(string(phase)), func() string {
		time.Sleep(500 * time.Millisecond)
		s := b.update()
		return strings.Join(append([]string{string(s.Phase)}, lacking(s)...), "; ")
	})
}

func lacking(s update.Status) (list []string) {
	if s.Phase == update.Trying {
		for _, w := range s.Lacks {
			list = append(list, w.En)
		}
	}
	return list
}

// runs is what runs: "A 0.1.0".
func (b *box) runs() string {
	s := b.update()
	return fmt.Sprint(s.Slot, " ", s.Version)
}

// acknowledges is what a person does before a switch: a slow builder's machine may
// have made the box alarm ("Journal stands still"), and the box does not go away
// over an unacknowledged alarm.
func (b *box) acknowledges() {
	b.t.Helper()
	alarms, err := b.api.Alarms()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, a := range alarms {
		if a.Acknowledged {
			continue
		}
		b.t.Logf("acknowledged before the switch: %s, raised %v, cleared %v", a.Key, a.Raised, a.Cleared)
		if err := b.api.Order("acknowledge", a.Key); err != nil {
			b.t.Fatal(err)
		}
	}
}

// switches starts the box into the staged slot.
func (b *box) switches() {
	b.t.Helper()
	b.acknowledges()
	if err := b.api.Call("POST", "update/switch", struct{}{}, nil); err != nil {
		b.t.Fatalf("switch: %v", err)
	}
}
