//go:build bootproof

package boot

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"watchbox/drivers/system"
	"watchbox/firmware/event"
	"watchbox/test/qemu"
)

// fault is one way to break an update or a box.
type fault struct {
	name  string // without a comma: folders are named so, and QEMU parts its arguments there
	times int
	do    func(b *box, n int) // ends with the machine running
	on    string              // disk that it begins with: used or switched
	want  string              // what runs then: "A 0.1.0", or "" for either slot
	tells event.Type          // what the journal has of it; "" for nothing
}

// The disks that the faults begin with.
const (
	used     = "used"     // A runs and is confirmed, an administrator is set up
	switched = "switched" // B holds 0.2.0, the next start is its first on trial
)

var faults = []fault{
	{"B panics", 2, spoiled("panic-b"), switched, "A 0.1.0", event.UpdateRolledBack},
	{"B hangs", 2, spoiled("hang-b"), switched, "A 0.1.0", event.UpdateRolledBack},
	{"B has no kernel", 2, noKernel, switched, "A 0.1.0", event.UpdateRolledBack},
	{"B has a flipped bit in the FIT", 2, flippedFIT, switched, "A 0.1.0", event.UpdateRolledBack},
	{"B has a flipped bit in the root", 2, flippedRoot, switched, "", ""},
	{"power cut in the trial", 3, cutTrial, switched, "", ""},
	{"power cut while a bundle is written", 4, cutStage, used, "A 0.1.0", ""},
	{"power cut around the switch", 3, cutSwitch, used, "", ""},
	{"bundle cut off", 2, cutBundle, used, "A 0.1.0", event.UpdateRefused},
	{"boot state: copy 1 destroyed", 2, destroyed(0), used, "A 0.1.0", ""},
	{"boot state: copy 2 destroyed", 2, destroyed(system.SecondState), used, "A 0.1.0", ""},
	{"boot state: both destroyed", 2, destroyed(0, system.SecondState), used, "A 0.1.0", ""},
	{"boot state: foreign variables", 2, foreignState, used, "A 0.1.0", ""},
	{"daemon stands still twice", 1, standsStill, used, "A 0.1.0", event.BoxReset},
	{"three early deaths", 1, earlyDeaths, used, "A 0.1.0", ""},
	{"data partition full", 1, fullData, used, "A 0.1.0", ""},
	{"data partition read-only", 1, readOnlyData, used, "A 0.1.0", ""},
}

// TestFaults ends every run in a booted, armed box whose panic button rings.
func TestFaults(t *testing.T) {
	disks := prepare(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("random moments and places: seed %d", seed)
	var table report
	t.Run("runs", func(t *testing.T) {
		for _, f := range faults {
			for n := range f.times {
				t.Run(fmt.Sprintf("%s/%d", f.name, n+1), func(t *testing.T) {
					t.Parallel()
					row := row{name: f.name, run: n + 1}
					defer func() { table.add(row); t.Log(row) }()
					f.run(t, disks[f.on], rand.New(rand.NewPCG(seed, uint64(len(f.name)*100+n))), n, &row)
				})
			}
		}
	})
	t.Logf("every run ends in a booted, armed box:\n%s", table.text())
}

func (f fault) run(t *testing.T, disk string, random *rand.Rand, n int, r *row) {
	b := onDisk(t, disk)
	b.random = random
	began := time.Now()
	f.do(b, n)
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	r.runs = b.runs()
	if f.want != "" && r.runs != f.want {
		t.Errorf("%s runs, want %s", r.runs, f.want)
	}
	if f.tells != "" {
		b.told(f.tells)
	}
	rings(b)
	r.took, r.phase, r.note, r.well = time.Since(began), string(b.update().Phase), b.note, !t.Failed()
}

// told waits for a record of the journal.
func (b *box) told(kind event.Type) {
	b.t.Helper()
	b.AwaitText("the journal does not tell of "+string(kind), qemu.Is("told"), func() string {
		records, err := b.api.Journal(0)
		if err != nil {
			return err.Error()
		}
		for _, r := range records {
			if r.Type == kind {
				return "told"
			}
		}
		time.Sleep(300 * time.Millisecond)
		return fmt.Sprintf("%d records", len(records))
	})
}

// rings presses the panic button; the siren may sound already.
func rings(b *box) {
	b.t.Helper()
	b.Await("nobody watches the panic button", qemu.Is("1"), "used di 0")
	b.Order("pull di 0 1")
	b.Await("the siren does not sound", qemu.Is("1"), "value do 0")
}

// prepare makes the disks.
func prepare(t *testing.T) map[string]string {
	t.Helper()
	folder := t.TempDir()
	disks := map[string]string{used: filepath.Join(folder, used), switched: filepath.Join(folder, switched)}
	b := newBox(t, agent)
	b.on()
	b.AwaitAgent(qemu.BootLimit)
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	time.Sleep(6 * time.Second) // what nobody synced is then on the medium
	b.off()
	copyDisk(t, b.disk, disks[used])
	b.on()
	b.comesBack()
	if err := b.stage(bytes.NewReader(nextBundle(t))); err != nil {
		t.Fatalf("stage: %v", err)
	}
	b.switches()
	b.off() // before the orderly end
	copyDisk(t, b.disk, disks[switched])
	if s := b.state(); s.Trying != "B" || s.Order[0] != "B" {
		t.Fatalf("boot state after the switch: %+v", s)
	}
	return disks
}

// start gives power and waits for the agent.
func (b *box) start(spoil ...string) {
	b.t.Helper()
	b.on(spoil...)
	b.AwaitAgent(qemu.BootLimit)
}

// spoiled has the agent spoil each start of B. It is there in each, so the last
// life of the machine is the one that the page belongs to.
func spoiled(what string) func(*box, int) {
	return func(b *box, n int) {
		b.on(what)
		b.until("slot \"A\"")
		b.note = fmt.Sprintf("%d starts of B", strings.Count(b.Says(), "'slot-b' configuration")/2)
	}
}

// until waits for words on the console.
func (b *box) until(words string) {
	b.t.Helper()
	b.AwaitIn(qemu.BootLimit, "the console does not say "+words, qemu.Is("said"), func() string {
		if strings.Contains(b.Says(), words) {
			return "said"
		}
		time.Sleep(100 * time.Millisecond)
		return "not said"
	})
}

func noKernel(b *box, n int) {
	b.overwrite("slot-b", 0, make([]byte, []int{512, 8 << 20}[n%2]))
	b.start()
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

func flippedFIT(b *box, n int) {
	at := 64 + b.random.Int64N(b.fitLength()-64)
	b.note = fmt.Sprintf("bit in byte %d", at)
	b.flip("slot-b", at)
	b.start()
}

// flippedRoot turns a bit that every start reads, then one anywhere. A block that
// nobody reads harms nobody.
func flippedRoot(b *box, n int) {
	const root = 16 << 20 // tools/mkimage/layout.go
	at := int64(root + 40)
	if n%2 == 1 {
		at = root + b.random.Int64N(16<<20)
	}
	b.note = fmt.Sprintf("bit in byte %d", at)
	b.flip("slot-b", at)
	b.start()
}

// moment is a random time.
func (b *box) moment(most time.Duration) time.Duration {
	d := time.Duration(b.random.Int64N(int64(most)))
	b.note = fmt.Sprintf("after %.1f s", d.Seconds())
	return d
}

func cutTrial(b *box, n int) {
	b.on()
	time.Sleep(b.moment(20 * time.Second))
	b.off()
	b.start()
}

func cutStage(b *box, n int) {
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	done := make(chan error, 1)
	go func() { done <- b.stage(bytes.NewReader(nextBundle(b.t))) }()
	time.Sleep(b.moment(12 * time.Second))
	b.off()
	if err := <-done; err == nil {
		b.note += ", all written"
	}
	b.start()
}

func cutSwitch(b *box, n int) {
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	if err := b.stage(bytes.NewReader(nextBundle(b.t))); err != nil {
		b.t.Fatalf("stage: %v", err)
	}
	go b.api.Call("POST", "update/switch", struct{}{}, nil)
	time.Sleep(b.moment(8 * time.Second))
	b.off()
	b.start()
}

// cutBundle sends parts of a good bundle, then cuts the power.
func cutBundle(b *box, n int) {
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	whole := nextBundle(b.t)
	for range 4 {
		at := b.random.IntN(len(whole))
		b.note += fmt.Sprintf(" %d", at)
		err := b.api.Send(context.Background(), "POST", "update", "application/octet-stream", io.LimitReader(bytes.NewReader(whole), int64(at)), nil)
		if err == nil {
			b.t.Errorf("a bundle of %d bytes, cut at %d, is taken", len(whole), at)
		}
	}
	b.off()
	b.start()
}

func destroyed(copies ...int64) func(*box, int) {
	return func(b *box, n int) {
		id := b.state().Box
		rubbish := make([]byte, system.StateSize)
		for i := range rubbish {
			rubbish[i] = byte(b.random.IntN(256) * (n % 2)) // zeros, then anything
		}
		for _, at := range copies {
			b.overwrite("bootstate", at, rubbish)
		}
		b.start()
		b.awaitPage(qemu.BootLimit)
		b.off()
		if now := b.state().Box; now != id || id == "" {
			b.t.Errorf("the box is %q in its boot state, was %q", now, id)
		}
		b.start()
	}
}

func foreignState(b *box, n int) {
	b.change("bootstate", func(f *os.File, at int64) error {
		s, err := system.ReadState(shifted{f, at})
		if err != nil {
			return err
		}
		for _, copy := range []int64{0, system.SecondState} {
			if _, err := f.WriteAt(foreign(s), at+copy); err != nil {
				return err
			}
		}
		return nil
	})
	b.start()
	if line := b.Order("read", "/proc/cmdline"); strings.Contains(line, "/bin/sh") || !strings.Contains(line, "init=/bin/agent") {
		b.t.Errorf("the kernel was told %s", line)
	}
	if strings.Contains(b.Says(), "taken") {
		b.t.Error("the loader did what the boot state says")
	}
}

// standsStill stops the daemon twice; after the second time nothing but the
// hardware helps, and the journal says so.
func standsStill(b *box, n int) {
	b.start()
	b.awaitPage(qemu.BootLimit)
	first := b.Order("pid watchboxd")
	b.Order("signal", first, "19")
	b.AwaitIn(2*time.Minute, "the daemon that stands still is not replaced", func(pid string) bool { return pid != first && pid != "0" },
		func() string { time.Sleep(200 * time.Millisecond); return b.Order("pid watchboxd") })
	b.Order("signal", b.Order("pid watchboxd"), "19") // before it proves anything
	b.AwaitAgent(qemu.BootLimit)
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	b.cause(system.CauseWatchdog)
}

// cause looks for the newest record of why the machine started.
func (b *box) cause(want string) {
	b.t.Helper()
	records, err := b.api.Journal(0)
	if err != nil {
		b.t.Fatal(err)
	}
	var last system.LastBoot
	for _, r := range records {
		if r.Type == event.BoxReset {
			if err := json.Unmarshal(r.Detail, &last); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	b.note = "cause: " + last.Cause
	if last.Cause != want {
		b.t.Errorf("the machine started because of %q, want %q", last.Cause, want)
	}
}

func earlyDeaths(b *box, n int) {
	b.start()
	for range 3 {
		b.Await("the daemon is not there", func(pid string) bool { return pid != "0" }, "pid watchboxd")
		b.Await("the daemon does not watch", qemu.Is("1"), "used di 0")
		b.Order("signal", b.Order("pid watchboxd"), "9")
		b.Await("the panic button is still watched", qemu.Is("0"), "used di 0")
	}
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	b.stands("box/safe-mode")
}

// stands waits for an alarm of the box itself.
func (b *box) stands(key string) {
	b.t.Helper()
	b.AwaitText("no alarm "+key, qemu.Is("stands"), func() string {
		time.Sleep(300 * time.Millisecond)
		alarms, err := b.api.Alarms()
		if err != nil {
			return err.Error()
		}
		var keys []string
		for _, a := range alarms {
			if a.Key == key && a.Active {
				b.note = key
				return "stands"
			}
			keys = append(keys, a.Key)
		}
		return strings.Join(keys, " ")
	})
}

func fullData(b *box, n int) {
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.Order("fill /data/ballast")
	b.off()
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	b.stands("box/journal")
}

func readOnlyData(b *box, n int) {
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	b.Order("readonly /data")
	b.stands("box/journal")
}

// report is the table.
type report struct {
	mutex sync.Mutex
	rows  []row
}

type row struct {
	name        string
	run         int
	runs, phase string
	took        time.Duration
	note        string
	well        bool
}

func (x row) String() string {
	end := "armed"
	if !x.well {
		end = "FAILED"
	}
	return fmt.Sprintf("%-40s %d  %-8s %-12s %-6s %5.0f s  %s", x.name, x.run, x.runs, x.phase, end, x.took.Seconds(), x.note)
}

func (r *report) add(x row) { r.mutex.Lock(); defer r.mutex.Unlock(); r.rows = append(r.rows, x) }

func (r *report) text() string {
	var s strings.Builder
	for _, f := range faults {
		for _, x := range r.rows {
			if x.name == f.name {
				fmt.Fprintln(&s, x)
			}
		}
	}
	return s.String()
}
