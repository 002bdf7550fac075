//go:build bootproof

package boot

import (
	"encoding/json"
	"strings"
	"time"

	"watchbox/drivers/system"
	"watchbox/firmware/event"
	"watchbox/test/qemu"
)

// standsStill stops the daemon twice; after the second time nothing but the
// hardware helps, and the journal says so.
func standsStill(b *box) {
	b.up()
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

// earlyDeaths kills the daemon three times as soon as it guards.
func earlyDeaths(b *box) {
	b.dark()
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

// flaps cuts the power three times as soon as the box guards. No program died: the box
// is no less than it was.
func flaps(b *box) {
	b.dark()
	for range 3 {
		b.start()
		b.Await("the daemon does not watch", qemu.Is("1"), "used di 0")
		b.off()
	}
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	if state := b.alarm("box/safe-mode"); state == "stands" {
		b.t.Error("three power cuts are taken for three early deaths")
	}
	b.cause(system.CausePower)
}

// stands waits for an alarm of the box itself.
func (b *box) stands(key string) {
	b.t.Helper()
	b.AwaitText("no alarm "+key, qemu.Is("stands"), func() string {
		time.Sleep(300 * time.Millisecond)
		return b.alarm(key)
	})
	b.note = key
}

// alarm is "stands" when the alarm does, else the keys of those that are listed.
func (b *box) alarm(key string) string {
	alarms, err := b.api.Alarms()
	if err != nil {
		return err.Error()
	}
	var keys []string
	for _, a := range alarms {
		if a.Key == key && a.Active {
			return "stands"
		}
		keys = append(keys, a.Key)
	}
	return strings.Join(keys, " ")
}

// fullData leaves no room on the data partition, and starts the box on it.
func fullData(b *box) {
	b.dark()
	b.up()
	b.Order("fill /data/ballast")
	b.dark()
	b.up()
	b.stands("box/journal")
}

// readOnlyData is a medium that takes nothing any more while the box runs.
func readOnlyData(b *box) {
	b.dark()
	b.up()
	b.Order("readonly /data")
	b.stands("box/journal")
}
