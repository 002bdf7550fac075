//go:build bootproof

package boot

import (
	"strings"
	"testing"
	"time"

	"watchbox/drivers/system"
	"watchbox/test/qemu"
)

// remedyLimit is for a minute of patience and what the remedy takes on a machine
// that is busy with other things.
const remedyLimit = 4 * time.Minute

// TestJournalStandsStill: the disk of the journal takes nothing any more. The
// program restarts itself once, the box resets itself once; the disk hangs again,
// and from then on the box guards on without it.
func TestJournalStandsStill(t *testing.T) {
	t.Parallel()
	b := stallBox(t)
	first := b.Order("pid watchboxd")
	b.Order("readonly /data")
	b.stands("box/journal")
	b.restarts(first)
	b.resets()
	b.staysUp(b.freezes)
}

// TestJournalHangs: the kernel holds the program in the disk. It could not end, so
// there is no restart of it; the box resets itself once, and then guards on.
func TestJournalHangs(t *testing.T) {
	t.Parallel()
	b := stallBox(t)
	b.freezes()
	b.resets()
	if n := len(b.Armed()); n != 2 {
		t.Errorf("the program was armed %d times, want once in each life of the machine", n)
	}
	b.staysUp(b.freezes)
}

// stallBox is a box that guards, with an administrator.
func stallBox(t *testing.T, hardware ...string) *box {
	b := newBox(t, agent)
	b.more = hardware
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	b.Step("guards")
	return b
}

// starts is how often the machine has started, by init's first line.
func (b *box) starts() int { return strings.Count(b.Says(), "init: board ") }

// restarts waits until another life of the program guards, in the same life of the
// machine.
func (b *box) restarts(first string) {
	b.t.Helper()
	b.AwaitIn(remedyLimit, "the program does not restart itself", func(pid string) bool { return pid != first && pid != "0" },
		func() string { time.Sleep(200 * time.Millisecond); return b.Order("pid watchboxd") })
	b.Step("the program has restarted itself")
	b.AwaitIn(qemu.BootLimit, "it does not guard", qemu.Is("guards"), func() string {
		if len(b.Armed()) == 2 {
			return "guards"
		}
		return "not yet"
	})
	b.Await("nobody watches the panic button", qemu.Is("1"), "used di 0")
	if n := b.starts(); n != 1 {
		b.t.Fatalf("the machine started %d times before its reset, want once", n)
	}
}

// freezes holds the disk, gives the journal something to write, and waits for the
// alarm.
func (b *box) freezes() {
	b.t.Helper()
	b.Order("freeze /data")
	began := time.Now()
	if err := b.api.Call("POST", "outputs/lamp-test", nil, nil); err != nil {
		b.t.Fatal(err)
	}
	b.stands("box/journal")
	b.Step("the disk hangs, alarm after " + time.Since(began).Round(100*time.Millisecond).String())
}

// resets waits for the reset that the box asks for, and sees that it knows why.
func (b *box) resets() {
	b.t.Helper()
	began := time.Now()
	b.AwaitAgent(remedyLimit)
	b.Step("the machine starts again, after " + time.Since(began).Round(time.Second).String())
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	b.cause(system.CauseRemedy)
	if n := b.starts(); n != 2 {
		b.t.Errorf("the machine started %d times, want twice", n)
	}
	if now := b.runs(); now != "A 0.1.0" {
		b.t.Errorf("%s runs, want the same slot", now)
	}
}

// staysUp hangs something of a box that has used its remedies: it goes on guarding,
// says so, and has spent no try of its slot.
func (b *box) staysUp(hang func()) {
	b.t.Helper()
	lives := len(b.Armed())
	pid := b.Order("pid watchboxd")
	hang()
	b.AwaitIn(remedyLimit, "the box does not say that it did not recover", qemu.Is("stands"), func() string {
		time.Sleep(time.Second)
		return b.alarm("box/standstill")
	})
	b.Step("it says that it did not recover")
	time.Sleep(90 * time.Second) // longer than the patience before a remedy
	if now := b.Order("pid watchboxd"); now != pid || b.starts() != 2 || len(b.Armed()) != lives {
		b.t.Errorf("watchboxd %s, was %s; %d starts of the machine, want 2", now, pid, b.starts())
	}
	rings(b)
	b.Step("panic rings")
	if now := b.runs(); now != "A 0.1.0" {
		b.t.Errorf("%s runs, want the same slot", now)
	}
	b.off()
	if s := b.state(); s.Order[0] != "A" || s.Left["A"] != system.Tries || s.Trying != "" {
		b.t.Errorf("boot state %+v: want A first, with all its tries", s)
	}
}
