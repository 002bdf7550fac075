//go:build boot

package boot

import (
	"regexp"
	"testing"
	"time"

	"watchbox/test/qemu"
)

// TestProduct boots the image that is sold, twice from a fresh disk at the same
// time: each to armed and its page, each with a certificate of its own.
func TestProduct(t *testing.T) {
	prints := make([]string, 2)
	t.Run("boots", func(t *testing.T) {
		for i := range prints {
			t.Run("box", func(t *testing.T) {
				t.Parallel()
				prints[i] = firstBoot(t)
			})
		}
	})
	if prints[0] == "" || prints[0] == prints[1] {
		t.Errorf("two boxes show the certificates %q: want one of its own each", prints)
	}
}

var kernelStarts, initStarts, guards = regexp.MustCompile(`Starting kernel`), regexp.MustCompile(`init: board`), regexp.MustCompile(`armed: `)

func firstBoot(t *testing.T) string {
	b := newBox(t, product)
	b.on()
	kernel := b.see(kernelStarts)
	user := b.see(initStarts)
	armed := b.see(guards)
	b.awaitPage(qemu.BootLimit)
	page := b.Since()
	lives := b.Armed()
	if len(lives) != 1 {
		t.Fatalf("the daemon said %d times that it is armed, want 1", len(lives))
	}
	t.Logf("loader %.1f s, kernel %.1f s, init to armed %.1f s (of these the daemon %.1f s); armed %.1f s, first page over TLS %.1f s after power on",
		kernel.Seconds(), (user - kernel).Seconds(), (armed - user).Seconds(), lives[0].Seconds(), armed.Seconds(), page.Seconds())
	return b.certificate()
}

// see waits for a line of the console and tells when it came.
func (b *box) see(what *regexp.Regexp) time.Duration {
	b.t.Helper()
	b.AwaitIn(qemu.BootLimit, "the console does not say "+what.String(), func(found string) bool { return found != "" },
		func() string { return what.FindString(b.Says()) })
	return b.Since()
}
