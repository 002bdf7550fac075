//go:build bootproof

package boot

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/test/qemu"
)

// The disks that the stories begin with.
const (
	used     = "used"     // A runs and is confirmed, an administrator is set up
	staged   = "staged"   // 0.2.0 is written into B
	switched = "switched" // the next start is the first of B on trial
)

// prepare makes the disks.
func prepare(t *testing.T) map[string]string {
	t.Helper()
	folder := t.TempDir()
	disks := map[string]string{}
	b := newBox(t, agent)
	keep := func(name string) {
		b.off()
		disks[name] = filepath.Join(folder, name)
		copyDisk(t, b.disk, disks[name])
	}
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	time.Sleep(6 * time.Second) // what nobody synced is then on the medium
	keep(used)
	b.up()
	if err := b.stage(bytes.NewReader(nextBundle(t))); err != nil {
		t.Fatalf("stage: %v", err)
	}
	keep(staged)
	b.up()
	b.switches()
	keep(switched) // before the orderly end
	if s := b.state(); s.Trying != "B" || s.Order[0] != "B" {
		t.Fatalf("boot state after the switch: %+v", s)
	}
	return disks
}

// start gives power and waits for the agent.
func (b *box) start() {
	b.t.Helper()
	b.on()
	b.AwaitAgent(qemu.BootLimit)
}

// backLimit is for three tries of B and the start of A after them.
const backLimit = 4 * qemu.BootLimit

// fallsBack gives power to a box whose B does not start, and waits for the agent.
func (b *box) fallsBack() {
	b.t.Helper()
	b.on()
	b.AwaitAgent(backLimit)
}

// up is a box that runs, with somebody logged in.
func (b *box) up() {
	b.t.Helper()
	if b.runsNow() {
		return
	}
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.logIn()
}

// dark is a box without power.
func (b *box) dark() {
	if b.runsNow() {
		b.off()
	}
}

func (b *box) runsNow() bool {
	if b.Machine == nil {
		return false
	}
	select {
	case <-b.Ended():
		return false
	default:
		return true
	}
}

// until waits for words on the console.
func (b *box) until(limit time.Duration, words string) {
	b.t.Helper()
	b.AwaitIn(limit, "the console does not say "+words, qemu.Is("said"), func() string {
		if strings.Contains(b.Says(), words) {
			return "said"
		}
		time.Sleep(100 * time.Millisecond)
		return "not said"
	})
}

// changeSite gives the box another site file.
func (b *box) changeSite(change func(site string) string) {
	b.t.Helper()
	site, err := b.api.Raw("/api/v1/site/file")
	if err == nil {
		err = b.api.Send(b.t.Context(), "POST", "site/file", "application/yaml", strings.NewReader(change(site)), nil)
	}
	if err != nil {
		b.t.Fatalf("another site file: %v", err)
	}
}
