//go:build boot

package boot

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"watchbox/test/qemu"
)

// TestProduct boots the image that is sold, twice from a fresh disk at the same
// time: each to armed and its page, each with a certificate of its own. One of the
// cards is bigger than the image: the data partition grows over the rest of it.
func TestProduct(t *testing.T) {
	prints := make([]string, 2)
	t.Run("boots", func(t *testing.T) {
		for i := range prints {
			t.Run("box", func(t *testing.T) {
				t.Parallel()
				prints[i] = firstBoot(t, []int64{0, bigCard}[i])
			})
		}
	})
	if prints[0] == "" || prints[0] == prints[1] {
		t.Errorf("two boxes show the certificates %q: want one of its own each", prints)
	}
}

var kernelStarts, initStarts, guards = regexp.MustCompile(`Starting kernel`), regexp.MustCompile(`init: board`), regexp.MustCompile(`armed: `)

// bigCard is the size of a card, in bytes.
const bigCard = 600 << 20

func firstBoot(t *testing.T, card int64) string {
	b := newBox(t, product)
	if card > 0 {
		if err := os.Truncate(b.disk, card); err != nil {
			t.Fatal(err)
		}
	}
	_, before := lies(t, b.disk, "data")
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
	print := b.certificate()
	b.off()
	want := before
	if card > 0 {
		at, _ := lies(t, b.disk, "data")
		want = card - at - 1<<20 // the table's second copy has the last MiB
	}
	b.holds(want)
	if card > 0 {
		b.comesAgain(print)
	}
	return print
}

// comesAgain starts a box whose table was written anew: as it is, and as a power cut
// in the middle of its first sector leaves it.
func (b *box) comesAgain(print string) {
	b.t.Helper()
	for _, torn := range []bool{false, true} {
		if torn {
			f, err := os.OpenFile(b.disk, os.O_WRONLY, 0)
			if err != nil {
				b.t.Fatal(err)
			}
			if _, err := f.WriteAt(make([]byte, 256), 512); err != nil {
				b.t.Fatal(err)
			}
			f.Close()
		}
		b.on()
		b.awaitPage(qemu.BootLimit)
		if now := b.certificate(); now != print {
			b.t.Errorf("torn %v: another certificate: the data are not those that were", torn)
		}
		b.off()
	}
}

// holds sees that the data partition and the file system on it have that size.
func (b *box) holds(want int64) {
	b.t.Helper()
	if out, err := exec.Command("sfdisk", "--verify", b.disk).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("No errors")) {
		b.t.Errorf("the partition table: %v\n%s", err, out)
	}
	at, size := lies(b.t, b.disk, "data")
	f, err := os.Open(b.disk)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	super := make([]byte, 64)
	if _, err := f.ReadAt(super, at+1024); err != nil {
		b.t.Fatal(err)
	}
	// ext4.rst, "The Super Block": s_blocks_count_lo at 0x4, s_log_block_size at 0x18.
	blocks := int64(binary.LittleEndian.Uint32(super[4:])) << (10 + binary.LittleEndian.Uint32(super[0x18:]))
	if size != want || blocks != want {
		b.t.Errorf("data partition of %d bytes, file system of %d, want %d", size, blocks, want)
	}
}

// see waits for a line of the console and tells when it came.
func (b *box) see(what *regexp.Regexp) time.Duration {
	b.t.Helper()
	b.AwaitIn(qemu.BootLimit, "the console does not say "+what.String(), func(found string) bool { return found != "" },
		func() string { return what.FindString(b.Says()) })
	return b.Since()
}
