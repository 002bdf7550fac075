//go:build bootproof

package boot

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/test/qemu"
)

var (
	runs   = flag.Int("runs", 25, "how often an update or a box is broken; rounded up to whole rounds of 25")
	chance = flag.Uint64("seed", 0, "of all that is random; 0: of the clock")
)

// fault is one way to break an update or a box.
type fault struct {
	name  string     // without a comma: folders are named so, and QEMU parts its arguments there
	do    func(*box) // ends with the machine running or starting
	want  string     // what runs then: "A 0.1.0", or "" for either slot
	tells event.Type // what the journal has of it; "" for nothing
}

// story is what befalls one box, one fault after the other: each ends in an armed
// box whose panic button rings, and that box meets the next.
type story struct {
	on     string // disk that it begins with
	boxes  int    // in a round of 25 runs; 0: once, whatever the rounds
	faults []fault
}

// stories, the longest first: that keeps the machine busy to the end.
var stories = []story{
	{used, 0, []fault{
		{"daemon stands still twice", standsStill, "A 0.1.0", event.BoxReset},
		{"three early deaths", earlyDeaths, "A 0.1.0", ""},
		{"power fails three times", flaps, "A 0.1.0", event.BoxReset},
		{"data partition read-only", readOnlyData, "A 0.1.0", ""},
		{"data partition full", fullData, "A 0.1.0", ""}}},
	{used, 1, []fault{
		{"bundle cut off", cutBundle, "A 0.1.0", event.UpdateRefused},
		{"bundle cut off", cutBundle, "A 0.1.0", event.UpdateRefused},
		{"power cut while a bundle is written", cutStage, "A 0.1.0", ""},
		{"power cut while a bundle is written", cutStage, "A 0.1.0", ""}}},
	{used, 1, []fault{
		{"boot state: copy 1 destroyed", destroyed(0), "A 0.1.0", ""},
		{"boot state: copy 2 destroyed", destroyed(1), "A 0.1.0", ""},
		{"boot state: both destroyed", destroyed(0, 1), "A 0.1.0", ""},
		{"boot state: foreign variables", foreignState, "A 0.1.0", ""}}},
	{staged, 2, []fault{{"power cut around the switch", cutSwitch, "", ""}}},
	{switched, 3, []fault{{"power cut in the trial", cutTrial, "", ""}}},
	{switched, 2, []fault{{"B hangs", spoiled("hang-b"), "A 0.1.0", event.UpdateRolledBack}}},
	{switched, 2, []fault{{"B panics", spoiled("panic-b"), "A 0.1.0", event.UpdateRolledBack}}},
	{switched, 2, []fault{{"B proves itself", proves, "B 0.2.0", event.UpdateConfirmed}}},
	{switched, 2, []fault{{"B has a flipped bit in the root", flippedRoot, "", ""}}},
	{switched, 2, []fault{{"B has no kernel", noKernel, "A 0.1.0", event.UpdateRolledBack}}},
	{switched, 2, []fault{{"B has a flipped bit in the FIT", flippedFIT, "A 0.1.0", event.UpdateRolledBack}}},
}

// TestFaults ends every run in a booted, armed box whose panic button rings.
func TestFaults(t *testing.T) {
	began, seed := time.Now(), *chance
	if seed == 0 {
		seed = uint64(began.UnixNano())
	}
	t.Logf("random moments and places: -args -seed %d", seed)
	disks := prepare(t)
	t.Logf("disks made in %.0f s", time.Since(began).Seconds())
	var table report
	t.Run("boxes", func(t *testing.T) {
		for i, s := range stories {
			for n := range max(s.boxes*((*runs+24)/25), 1) {
				t.Run(fmt.Sprintf("%s/%d", s.faults[0].name, n+1), func(t *testing.T) {
					t.Parallel()
					b := onDisk(t, disks[s.on])
					b.random, b.number = rand.New(rand.NewPCG(seed, uint64(i*1000+n))), n
					for _, f := range s.faults {
						f.run(b, &table)
					}
				})
			}
		}
	})
	t.Logf("%d runs in %.0f s, %.0f s of processor time; armed is a booted, armed box whose panic button rings:\n%s", len(table.rows), time.Since(began).Seconds(), processor().Seconds(), table.text())
}

// run breaks the box and sees that it guards all the same.
func (f fault) run(b *box, table *report) {
	b.t.Helper()
	x, began := row{name: f.name}, time.Now()
	b.note = ""
	defer func() {
		x.took, x.note, x.well = time.Since(began), b.note, !b.t.Failed()
		b.t.Log(table.add(x))
	}()
	f.do(b)
	b.awaitPage(backLimit)
	b.logIn()
	if x.runs = b.runs(); f.want != "" && x.runs != f.want {
		b.t.Errorf("%s runs, want %s", x.runs, f.want)
	}
	if f.tells != "" {
		b.told(f.tells)
	}
	x.phase = string(b.update().Phase)
	rings(b)
	if b.alarm("box/journal") != "stands" {
		b.told(event.AlarmReset) // on the disk: the next fault may be a power cut
	}
}

// told waits for a record of the journal that no earlier run has seen.
func (b *box) told(kind event.Type) {
	b.t.Helper()
	b.AwaitText("the journal does not tell of "+string(kind), qemu.Is("told"), func() string {
		records, err := b.api.Journal(b.seen)
		if err != nil {
			return err.Error()
		}
		for _, r := range records {
			if r.Type == kind {
				b.seen = r.ID.Sequence
				return "told"
			}
		}
		time.Sleep(300 * time.Millisecond)
		return fmt.Sprintf("%d records", len(records))
	})
}

// rings presses the panic button of a silent box, and makes it silent again: a
// siren that sounds from before proves nothing.
func rings(b *box) {
	b.t.Helper()
	b.Await("nobody watches the panic button", qemu.Is("1"), "used di 0")
	if on := b.Order("value do 0"); on != "0" {
		alarms, _ := b.api.Alarms()
		b.t.Errorf("the siren sounds although nobody pressed the button: %+v", alarms)
	}
	b.Order("pull di 0 1")
	b.Await("the siren does not sound", qemu.Is("1"), "value do 0")
	b.Order("pull di 0 0")
	b.AwaitText("the alarm cannot be ended", qemu.Is("ended"), func() string {
		b.api.Order("acknowledge", "zone/panic")
		if err := b.api.Order("reset", "zone/panic"); err != nil {
			time.Sleep(200 * time.Millisecond)
			return err.Error()
		}
		return "ended"
	})
	b.Await("the siren does not rest", qemu.Is("0"), "value do 0")
}
