//go:build bootproof

package boot

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"watchbox/test/harness"
	"watchbox/test/proof"
	"watchbox/test/qemu"
)

var cuts = flag.Int("cuts", 5, "how often the power of a guarding box is cut")

// rig is a box whose disk stands behind nbdkit's cache: what the guest has not
// flushed is gone when both are killed, what it has flushed stays.
type rig struct {
	*box
	proof.Witness
	broker *harness.Broker
	disk   *exec.Cmd
	socket string
	stood  int // alarms that stood when box and journal agreed, over all starts
	moves  int
}

func newRig(t *testing.T) *rig {
	folder := t.TempDir()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := &rig{box: newBox(t, agent), broker: harness.NewPlainBroker(t, folder), socket: filepath.Join(folder, "disk")}
	r.box.random, r.box.open = rand.New(rand.NewPCG(seed, 0)), true
	r.Replay.Latches = func(key string) bool { return key == "zone/panic" }
	r.start()
	r.awaitPage(qemu.BootLimit)
	r.setUp()
	r.tellsUpstream()
	time.Sleep(6 * time.Second) // what nobody synced is then on the medium
	if err := r.Read(r.api); err != nil {
		t.Fatal(err)
	}
	r.Since = r.Replay.Last
	r.off()
	return r
}

// tellsUpstream has the box tell a broker on this machine.
func (r *rig) tellsUpstream() {
	r.t.Helper()
	r.changeSite(func(site string) string {
		return site + fmt.Sprintf("\nupstream:\n  - {id: platform, driver: mqtt, address: \"mqtt://10.0.2.2:%d\", options: {plain: \"true\"}}\n", r.broker.Port)
	})
}

// power starts disk and box. mode is nbdkit's: writeback keeps what was flushed,
// unsafe says that it does.
func (r *rig) power(mode string) {
	r.t.Helper()
	os.Remove(r.socket) // of the life before
	r.disk = exec.Command("nbdkit", "--foreground", "--exit-with-parent", "--unix", r.socket, "--filter=cache", "file", r.box.disk, "cache="+mode)
	if err := r.disk.Start(); err != nil {
		r.t.Fatal(err)
	}
	disk := r.disk
	r.t.Cleanup(func() { disk.Process.Kill(); disk.Wait() })
	r.AwaitText("the disk does not answer", qemu.Is("there"), func() string {
		conn, err := net.Dial("unix", r.socket)
		if err != nil {
			return err.Error()
		}
		conn.Close()
		return "there"
	})
	r.medium = "cache=writeback,file=nbd+unix:///?socket=" + r.socket
	r.start()
	r.awaitPage(qemu.BootLimit)
	r.logIn()
}

// cut ends both at once: the disk stands still while the machine dies.
func (r *rig) cut() {
	r.disk.Process.Signal(syscall.SIGSTOP)
	r.off()
	r.disk.Process.Kill()
	r.disk.Wait()
}

// busy has the panic button and the door move, and somebody at the page, for a
// random time.
func (r *rig) busy() {
	r.t.Helper()
	end := time.Now().Add(3*time.Second + r.moment(12*time.Second))
	for time.Now().Before(end) {
		r.Order("pull", "di", fmt.Sprint(r.random.IntN(2)), fmt.Sprint(r.random.IntN(2)))
		r.moves++
		if r.random.IntN(4) == 0 {
			r.api.Order([]string{"acknowledge", "reset", "silence"}[r.random.IntN(3)], "*") // often refused
		}
		time.Sleep(time.Duration(r.random.IntN(200)) * time.Millisecond)
	}
}

// same sees that a start is the box that was: journal and alarms agree, and what
// was told as journaled is in the journal.
func (r *rig) same() error {
	stood, err := r.Agrees(r.api, time.Minute)
	if err != nil {
		return err
	}
	r.stood += stood
	if _, err := r.ToldAll(r.api, r.broker.Told, time.Minute); err != nil {
		return fmt.Errorf("upstream: %w", err)
	}
	if missing := r.Missing(); len(missing) > 0 {
		return fmt.Errorf("%d sequences are in no record and no gap: %v", len(missing), missing[:min(10, len(missing))])
	}
	return nil
}

// TestPowerCut: nothing that was told upstream as journaled is lost with the power.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for n := range *cuts + 1 {
		r.power("writeback")
		if err := r.same(); err != nil {
			t.Fatalf("after %d cuts: %v", n, err)
		}
		if n < *cuts {
			r.busy()
			r.cut()
		}
	}
	t.Logf("%d power cuts: %d contacts moved, %d records in the journal, %d standing alarms compared", *cuts, r.moves, len(r.Records), r.stood)
	if r.moves < 10**cuts {
		t.Error("hardly anything moved")
	}
}

// TestALyingDiskIsFound is the control: with a disk that says "flushed" and has
// not, the same questions find what is lost.
func TestALyingDiskIsFound(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.power("unsafe")
	if err := r.same(); err != nil {
		t.Fatalf("before the cut: %v", err)
	}
	r.busy()
	r.cut()
	r.power("writeback")
	err := r.same()
	if err == nil {
		t.Fatal("a disk that lost everything was not found out")
	}
	t.Logf("found: %v", err)
}
