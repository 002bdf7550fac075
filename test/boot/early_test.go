//go:build bootproof

package boot

import (
	"bytes"
	"fmt"
	"io"
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

// usedBox is a box that has run, by its installer's site file, without power.
func usedBox(t *testing.T) *box {
	b := newBox(t, agent)
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	b.changeSite(withDesk)
	time.Sleep(6 * time.Second) // what nobody synced is then on the medium
	b.off()
	return b
}

// withDesk is the board's own site file with a second panic button, on a terminal that
// the board's own does not use.
func withDesk(site string) string {
	site = strings.Replace(site, "\noutputs:\n", "\n  - {terminal: DI3, point: oc/desk, room: oc, rest: open}\n\noutputs:\n", 1)
	return strings.Replace(site, "\nannunciators:\n", "\n  - {id: desk, label: {zh: 前台紧急报警, en: Desk panic}, input: oc/desk, type: panic, room: oc}\n\nannunciators:\n", 1)
}

// deskRings presses the button that only the installer's site guards.
func (b *box) deskRings() {
	b.t.Helper()
	b.Await("nobody watches the installer's panic button", qemu.Is("1"), "used di 2")
	b.Await("the siren sounds before anybody pressed", qemu.Is("0"), "value do 0")
	b.Order("pull di 2 1")
	b.Await("the siren does not sound for the installer's panic button", qemu.Is("1"), "value do 0")
	b.Order("pull di 2 0")
}

// says waits until the trouble of the lost data tells by what the box guards.
func (b *box) says(want string) {
	b.t.Helper()
	b.AwaitText("the trouble does not say "+want, func(text string) bool { return strings.HasPrefix(text, want) }, func() string {
		time.Sleep(300 * time.Millisecond)
		alarms, err := b.api.Alarms()
		for _, a := range alarms {
			if a.Key == "box/data" {
				return a.ValueText.En
			}
		}
		return fmt.Sprint(err)
	})
}

// onMemory sees that the box guards without its data by the site file of its installer,
// and says so, in its first life.
func (b *box) onMemory(why string) {
	b.t.Helper()
	b.awaitPage(qemu.BootLimit)
	if !strings.Contains(b.Says(), "the box runs on memory: "+why) {
		b.t.Errorf("the console does not say that the box runs on memory: %s", why)
	}
	b.setUp()
	b.says("guards by the site file accepted 20")
	rings(b)
	b.deskRings()
	b.Step("guards on memory by its installer's site file, panic rings")
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
	at, _ := lies(b.t, b.disk, "data")
	image := b.dataImage()
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

// dataImage is a copy of the data of a box without power, in order. The test's end
// removes it.
func (b *box) dataImage() string {
	b.t.Helper()
	at, size := lies(b.t, b.disk, "data")
	image := filepath.Join(b.t.TempDir(), "data")
	if out, err := exec.Command("dd", "if="+b.disk, "of="+image, "bs=1M", "conv=sparse", "skip="+strconv.FormatInt(at>>20, 10), "count="+strconv.FormatInt(size>>20, 10)).CombinedOutput(); err != nil {
		b.t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command("/sbin/e2fsck", "-p", image).CombinedOutput(); err != nil && !system.Repaired(exitOf(err)) {
		b.t.Fatalf("%v\n%s", err, out)
	}
	return image
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
	b.deskRings()
	b.Step("guards by its installer's site file, panic rings")
	b.itself(id)
}

// TestKeptSiteIsRubbish: data is beyond repair, and what was kept of the site file is
// whole and no site file. The board's own guards.
func TestKeptSiteIsRubbish(t *testing.T) {
	t.Parallel()
	b := usedBox(t)
	b.overwrite("data", 0, bytes.Repeat([]byte("rubbish "), 4<<20/8))
	b.change("bootstate", func(f *os.File, at int64) error {
		part := filepath.Join(t.TempDir(), "part")
		all, err := io.ReadAll(io.NewSectionReader(f, at, 1<<20))
		if err == nil {
			err = os.WriteFile(part, all, 0o600)
		}
		if err == nil {
			err = system.KeptSite{Path: part}.Keep(system.AcceptedSite{Text: bytes.Repeat([]byte("{[\x00"), 10000)})
		}
		if err == nil {
			all, err = os.ReadFile(part)
		}
		if err == nil {
			_, err = f.WriteAt(all, at)
		}
		return err
	})
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	b.says("guards by the factory site file")
	b.stands("box/config")
	rings(b)
	if used := b.Order("used di 2"); used != "0" {
		t.Errorf("the installer's terminal is watched: %s", used)
	}
	b.Step("guards by the board's own site file, panic rings")
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
