//go:build bootproof

package boot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"watchbox/drivers/system"
	"watchbox/firmware/update"
	"watchbox/test/qemu"
)

// spoiled has the agent spoil each start of B. It is there in each, so the last
// life of the machine is the one that the page belongs to.
func spoiled(what string) func(*box) {
	return func(b *box) {
		b.on(what)
		b.until(backLimit, "slot \"A\"")
		b.note = fmt.Sprintf("%d starts of B", strings.Count(b.Says(), "'slot-b' configuration")/2)
	}
}

func noKernel(b *box) {
	n := []int{512, 8 << 20}[b.number%2]
	b.note = fmt.Sprintf("%d bytes of zeros", n)
	b.overwrite("slot-b", 0, make([]byte, n))
	b.fallsBack()
}

// fitLength is what the FIT says of itself: big-endian, after the magic.
func (b *box) fitLength() (n int64) {
	b.change("slot-b", func(f *os.File, at int64) error {
		head := make([]byte, 8)
		_, err := f.ReadAt(head, at)
		n = int64(binary.BigEndian.Uint32(head[4:]))
		return err
	})
	return n
}

func flippedFIT(b *box) {
	at := 64 + b.random.Int64N(b.fitLength()-64)
	b.note = fmt.Sprintf("bit in byte %d", at)
	b.flip("slot-b", at)
	b.fallsBack()
}

// flippedRoot turns a bit that every start reads, then one anywhere. A block that
// nobody reads harms nobody.
func flippedRoot(b *box) {
	const root = 16 << 20 // tools/mkimage/layout.go
	at := int64(root + 40)
	if b.number%2 == 1 {
		at = root + b.random.Int64N(16<<20)
	}
	b.note = fmt.Sprintf("bit in byte %d", at)
	b.flip("slot-b", at)
	b.fallsBack()
	b.settles()
}

// settles waits until B has proved itself or A runs again. On its way the box may
// die under any question.
func (b *box) settles() {
	b.t.Helper()
	ended := func(phase string) bool {
		return phase == string(update.Confirmed) || phase == string(update.RolledBack)
	}
	b.AwaitIn(backLimit, "the trial does not end", ended, func() string {
		time.Sleep(500 * time.Millisecond)
		var s update.Status
		if err := b.api.Call("GET", "update", nil, &s); err != nil {
			b.api.LogIn()
			return err.Error()
		}
		return string(s.Phase)
	})
}

// proves is an update that nobody breaks.
func proves(b *box) {
	b.up()
	b.awaitPhase(2*time.Minute, update.Confirmed)
}

// moment is a random time.
func (b *box) moment(most time.Duration) time.Duration {
	d := time.Duration(b.random.Int64N(int64(most)))
	b.note += fmt.Sprintf(" after %.1f s", d.Seconds())
	return d
}

// cutTrial cuts the power from the loader's first step to after the gate's word.
func cutTrial(b *box) {
	b.on()
	time.Sleep(b.moment(40 * time.Second))
	b.off()
	b.start()
}

// cutSwitch cuts the power while the order is carried out (the slot is read back,
// the boot state written), or after its answer, on the way down and up again.
func cutSwitch(b *box) {
	b.up()
	b.acknowledges()
	answer := make(chan error, 1)
	order := func() { answer <- b.api.Call("POST", "update/switch", struct{}{}, nil) }
	if b.note = "order and"; b.number%2 == 1 {
		b.note = "answer and"
		order()
	} else {
		go order()
	}
	time.Sleep(b.moment(8 * time.Second))
	b.off()
	if err := <-answer; err != nil && b.number%2 == 1 {
		b.t.Errorf("switch: %v", err)
	}
	b.start()
}

// cutStage cuts the power at a random byte of a bundle on its way, or soon after
// its last.
func cutStage(b *box) {
	b.up()
	whole := nextBundle(b.t)
	at := min(b.random.IntN(len(whole)*5/4), len(whole))
	tail := &lastByte{reached: make(chan struct{}), over: b.Ended(), whole: at == len(whole)}
	done := make(chan error, 1)
	go func() { done <- b.stage(io.MultiReader(bytes.NewReader(whole[:at]), tail)) }()
	<-tail.reached
	b.note = fmt.Sprintf("byte %d of %d", at, len(whole))
	if tail.whole {
		time.Sleep(b.moment(5 * time.Second))
	}
	b.off()
	if err := <-done; err == nil {
		b.note += ", all written"
	}
	b.start()
}

// lastByte is the end of what is sent: of the whole, or of a line that says
// nothing more until the power is gone.
type lastByte struct {
	reached chan struct{}
	over    <-chan struct{}
	whole   bool
}

func (l *lastByte) Read([]byte) (int, error) {
	close(l.reached)
	if l.whole {
		return 0, io.EOF
	}
	<-l.over
	return 0, errors.New("the power is gone")
}

// cutBundle sends parts of a good bundle, then cuts the power.
func cutBundle(b *box) {
	b.up()
	whole := nextBundle(b.t)
	for range max((*runs+7)/8, 1) { // a hundred points in a hundred runs, of which eight are these
		at := b.random.IntN(len(whole))
		b.note += fmt.Sprintf(" %d", at)
		if err := b.stage(bytes.NewReader(whole[:at])); err == nil {
			b.t.Errorf("a bundle of %d bytes, cut at %d, is taken", len(whole), at)
		}
	}
	b.off()
	b.start()
}

// destroyed spoils copies of the boot state, with zeros or with anything. The box
// must still be itself.
func destroyed(copies ...int) func(*box) {
	return func(b *box) {
		b.dark()
		id := b.state().Box
		rubbish, most := make([]byte, system.StateSize), 1+255*b.random.IntN(2)
		for i := range rubbish {
			rubbish[i] = byte(b.random.IntN(most))
		}
		b.note = map[int]string{1: "zeros", 256: "anything"}[most]
		for _, c := range copies {
			b.overwrite("bootstate", stateAt[c], rubbish)
		}
		b.start()
		b.awaitPage(qemu.BootLimit)
		if now := b.state().Box; now != id || id == "" {
			b.t.Errorf("the box is %q in its boot state, was %q", now, id)
		}
	}
}

// stateAt is where the copies of the boot state stand.
var stateAt = []int64{0, system.SecondState}

func foreignState(b *box) {
	b.dark()
	b.change("bootstate", func(f *os.File, at int64) error {
		s, err := system.ReadState(shifted{f, at})
		if err != nil {
			return err
		}
		for _, copy := range stateAt {
			if _, err := f.WriteAt(foreign(s), at+copy); err != nil {
				return err
			}
		}
		return nil
	})
	already := len(b.Says())
	b.start()
	if line := b.Order("read", "/proc/cmdline"); strings.Contains(line, "/bin/sh") || !strings.Contains(line, "init=/bin/agent") {
		b.t.Errorf("the kernel was told %s", line)
	}
	if strings.Contains(b.Says()[already:], "taken") {
		b.t.Error("the loader did what the boot state says")
	}
}
