//go:build bootproof

package boot

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/system"
	"watchbox/firmware/event"
	"watchbox/test/qemu"
)

// usedBox is a box that has run, without power.
func usedBox(t *testing.T) *box {
	b := newBox(t, agent)
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	time.Sleep(6 * time.Second) // what nobody synced is then on the medium
	b.off()
	return b
}

// onMemory sees that the box guards without its data and says so, in its first life.
func (b *box) onMemory(why string) {
	b.t.Helper()
	b.awaitPage(qemu.BootLimit)
	if !strings.Contains(b.Says(), "the box runs on memory: "+why) {
		b.t.Errorf("the console does not say that the box runs on memory: %s", why)
	}
	b.setUp()
	b.stands("box/data")
	rings(b)
	b.Step("guards on memory, panic rings")
}

// itself sees that a box is the one that it was, with its data and all its tries.
func (b *box) itself(id string) {
	b.t.Helper()
	b.off()
	b.medium = ""
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	rings(b)
	b.off()
	if s := b.state(); s.Box != id || s.Left["A"] != system.Tries || s.Order[0] != "A" {
		b.t.Errorf("boot state %+v, want box %s and all tries", s, id)
	}
	b.Step("with its data it is itself")
}

// TestSiteFileHangs: the blocks of the site file are never read. The box goes on
// without its data, in the same life.
func TestSiteFileHangs(t *testing.T) {
	t.Parallel()
	b := usedBox(t)
	id, blocks := b.state().Box, b.blocksOf("/site.yaml")
	d, lives := b.onHungDisk(), b.starts()
	d.hang(blocks...)
	b.start()
	b.onMemory("site file")
	if d.hits() == 0 || b.starts() != lives+1 {
		t.Errorf("%d requests hung, %d starts", d.hits(), b.starts()-lives)
	}
	b.itself(id)
}

// blocksOf is where a file lies on the disk.
func (b *box) blocksOf(name string) (list []request) {
	b.t.Helper()
	at, size := lies(b.t, b.disk, "data")
	image := filepath.Join(b.t.TempDir(), "data")
	if out, err := exec.Command("dd", "if="+b.disk, "of="+image, "bs=1M", "conv=sparse", "skip="+strconv.FormatInt(at>>20, 10), "count="+strconv.FormatInt(size>>20, 10)).CombinedOutput(); err != nil {
		b.t.Fatalf("%v\n%s", err, out)
	}
	defer os.Remove(image)
	if out, err := exec.Command("/sbin/e2fsck", "-p", image).CombinedOutput(); err != nil && !system.Repaired(exitOf(err)) {
		b.t.Fatalf("%v\n%s", err, out)
	}
	ask := func(what string) []string {
		out, err := exec.Command("/sbin/debugfs", "-R", what, image).Output()
		if err != nil {
			b.t.Fatal(err)
		}
		return strings.Fields(string(out))
	}
	block := int64(4096)
	for i, words := 0, ask("stats"); i+2 < len(words); i++ {
		if words[i] == "Block" && words[i+1] == "size:" {
			block, _ = strconv.ParseInt(words[i+2], 10, 64)
		}
	}
	for _, word := range ask("blocks " + name) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			b.t.Fatalf("blocks of %s: %v", name, err)
		}
		list = append(list, request{from: at + n*block, to: at + (n+1)*block, read: true})
	}
	if len(list) == 0 {
		b.t.Fatalf("%s has no blocks", name)
	}
	return list
}

func exitOf(err error) int {
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	return -1
}

// TestDataTakesNoWrite: the power went, and nothing that is written to data ever
// arrives; the file system cannot even be put in order.
func TestDataTakesNoWrite(t *testing.T) {
	t.Parallel()
	b := usedBox(t)
	id, lives := b.state().Box, b.starts()
	at, size := lies(t, b.disk, "data")
	d := b.onHungDisk()
	d.hang(request{from: at, to: at + size, write: true})
	b.start()
	b.awaitPage(qemu.BootLimit)
	if d.hits() == 0 || b.starts() != lives+1 {
		t.Errorf("%d requests hung, %d starts", d.hits(), b.starts()-lives)
	}
	b.Await("nobody watches the panic button", qemu.Is("1"), "used di 0")
	b.Order("pull di 0 1")
	b.Await("the siren does not sound", qemu.Is("1"), "value do 0")
	b.Step("guards, panic rings")
	b.itself(id)
}

// TestBootStateTakesNoWrite: the loader could write, init cannot.
func TestBootStateTakesNoWrite(t *testing.T) {
	t.Parallel()
	b := usedBox(t)
	id, lives := b.state().Box, b.starts()
	at, size := lies(t, b.disk, "bootstate")
	d := b.onHungDisk()
	b.on()
	b.AwaitIn(qemu.BootLimit, "the kernel does not start", func(n string) bool { return n != strconv.Itoa(lives) }, func() string { return strconv.Itoa(b.starts()) })
	d.hang(request{from: at, to: at + size, write: true})
	b.AwaitAgent(qemu.BootLimit)
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	rings(b)
	b.told(event.AlarmReset) // it is on the disk: the next start finds nothing that rings
	if d.hits() == 0 || b.starts() != lives+1 {
		t.Errorf("%d requests hung, %d starts", d.hits(), b.starts()-lives)
	}
	b.itself(id)
}

// TestDaemonProvesNothing: as long as the box has its data each life of the daemon
// stops before it guards. The watchdog ends that once; the next start leaves the data
// alone, guards, and says so. The start after that tries the data again.
func TestDaemonProvesNothing(t *testing.T) {
	t.Parallel()
	b := usedBox(t)
	id, lives := b.state().Box, b.starts()
	b.on("stop-on-data")
	b.AwaitAgent(qemu.BootLimit)
	began := time.Now()
	b.AwaitAgent(remedyLimit)
	b.Step("the machine starts again, after " + time.Since(began).Round(time.Second).String())
	b.onMemory("the box did not come to its work with it")
	b.cause(system.CauseWatchdog)
	if n := b.starts() - lives; n != 2 {
		t.Errorf("%d starts, want 2", n)
	}
	b.itself(id)
}

// TestLoaderHangs: nothing that the loader reads comes. The watchdog that it started
// ends that: when the disk answers at last, the machine starts from the beginning, in
// place of going on. (QEMU does not reset a machine whose disk owes an answer, nor
// start one without the first sector.)
func TestLoaderHangs(t *testing.T) {
	t.Parallel()
	b := newBox(t, agent)
	d := b.onHungDisk()
	d.hang(request{from: 512, to: d.size})
	b.on()
	b.until(qemu.BootLimit, "U-Boot 20")
	time.Sleep(loaderWatch + 15*time.Second)
	if d.hits() == 0 || b.starts() != 0 {
		t.Fatalf("%d requests wait, %d kernels started", d.hits(), b.starts())
	}
	b.Step("the loader has hung for longer than its watchdog takes")
	d.hang()
	b.AwaitAgent(qemu.BootLimit)
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	rings(b)
	if n := strings.Count(b.Says(), "U-Boot 20"); n != 2 {
		t.Errorf("the loader started %d times, want 2", n)
	}
	b.cause(system.CauseWatchdog)
}

// loaderWatch is the loader's watchdog: twice 0x7800 ticks of about a millisecond
// (board/qemu/uboot.env).
const loaderWatch = 61 * time.Second
