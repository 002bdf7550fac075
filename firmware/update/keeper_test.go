package update

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/point"
)

// world is a box with two slots whose power may go before any write: the
// loader as board/uboot/boot.env has it, init's part, and what is in the slots.
type world struct {
	t       *testing.T
	r       *rand.Rand
	boot    Boot
	slots   map[string][]byte
	running string
	record  Record
	budget  int // writes until the power goes; negative: it stays
	trouble error
}

var errCut = errors.New("the power went")

func newWorld(t *testing.T, r *rand.Rand) *world {
	return &world{t: t, r: r, boot: Boot{Order: []string{"A", "B"}, Left: map[string]int{"A": tries}}, budget: -1, record: Record{Phase: Idle},
		slots: map[string][]byte{"A": firmware(true, true), "B": nil}, running: "A"}
}

// firmware is a slot: whether it starts, whether it can prove itself.
func firmware(starts, proves bool) []byte {
	head := []byte{'n', 'n'}
	if starts {
		head[0] = 'y'
	}
	if proves {
		head[1] = 'y'
	}
	return append(head, slotOf(2000)...)
}

func (w *world) starts(slot string) bool { s := w.slots[slot]; return len(s) > 1000 && s[0] == 'y' }
func (w *world) proves(slot string) bool { s := w.slots[slot]; return w.starts(slot) && s[1] == 'y' }

// spend is asked before each write.
func (w *world) spend() error {
	if w.budget == 0 {
		return errCut
	}
	w.budget--
	return w.trouble
}

func (w *world) Running() string { return w.running }
func (w *world) Room() int64     { return 1 << 20 }
func (w *world) Boot() (Boot, error) {
	if w.budget == 0 {
		return Boot{}, errCut
	}
	return Boot{slices.Clone(w.boot.Order), maps.Clone(w.boot.Left), w.boot.Trying}, nil
}
func (w *world) SetBoot(b Boot) error {
	if err := w.spend(); err != nil {
		return err
	}
	w.boot = b
	w.check()
	return nil
}
func (w *world) Fill(_ context.Context, slot string, write func(io.Writer) error) error {
	if slot == w.running || w.boot.Bootable(slot) {
		w.t.Fatalf("slot %s is overwritten; running %s, boot %+v", slot, w.running, w.boot)
	}
	w.slots[slot] = nil
	return write(filler{w, slot})
}

type filler struct {
	w    *world
	slot string
}

func (f filler) Write(b []byte) (int, error) {
	for i := 0; i < len(b); i += 100 {
		if err := f.w.spend(); err != nil {
			return i, err
		}
		f.w.slots[f.slot] = append(f.w.slots[f.slot], b[i:min(i+100, len(b))]...)
	}
	return len(b), nil
}

func (w *world) Check(_ context.Context, slot string, size int64, sum string) error {
	if w.budget == 0 {
		return errCut
	}
	if b := w.slots[slot]; int64(len(b)) != size || digest(b) != sum {
		return errors.New("read back: differs")
	}
	return nil
}

// check: somebody who starts is always within the loader's reach.
func (w *world) check() {
	w.t.Helper()
	for _, slot := range []string{"A", "B"} {
		if w.starts(slot) && w.boot.Bootable(slot) {
			return
		}
	}
	w.t.Fatalf("no slot that starts is bootable: %+v, A starts %v, B starts %v", w.boot, w.starts("A"), w.starts("B"))
}

// powerUp is the loader and what init does for a confirmed slot.
func (w *world) powerUp() {
	w.budget = -1
	for range 20 {
		for _, slot := range w.boot.Order {
			if w.boot.Left[slot] == 0 {
				continue
			}
			w.boot.Left[slot]--
			if w.starts(slot) {
				w.running = slot
				if w.boot.Trying != slot {
					w.boot.Left[slot] = tries
				}
				return
			}
			goto reset
		}
		w.boot.Left = map[string]int{"A": tries, "B": tries}
	reset:
	}
	w.t.Fatalf("the box does not start: %+v", w.boot)
}

func (w *world) keeper() *Keeper {
	k := NewKeeper(w, trust, "", "1.0.0", func() time.Time { return time.Unix(0, 0) })
	k.load = func() (Record, error) { return w.record, nil }
	k.save = func(r Record) error {
		if err := w.spend(); err != nil {
			return err
		}
		w.record = r
		return nil
	}
	return k
}

func (w *world) bundle(slot []byte) io.Reader {
	return bytes.NewReader(bundleOf(w.t, manifestOf(""), key, slot))
}

// live is one life of the daemon: until it reboots, or the power goes, or it has nothing to do.
func (w *world) live() {
	k := w.keeper()
	r, leave, err := k.Start()
	if err != nil || leave {
		return
	}
	if r.Phase == Trying {
		if r.Slot != w.running {
			w.t.Fatalf("trying %s, running %s", r.Slot, w.running)
		}
		if w.proves(w.running) {
			k.Keep(Verdict{Decision: Keep})
		} else if w.r.IntN(2) == 0 {
			k.Leave(Verdict{Decision: GiveUp, Lacks: []point.Words{{En: "x"}}})
		} // else the watchdog resets it: a try is gone
		return
	}
	if _, err := k.Stage(context.Background(), w.bundle(firmware(w.r.IntN(2) == 0, w.r.IntN(2) == 0)), false, "li"); err != nil {
		return
	}
	k.Switch(context.Background(), Senses{}, nil, false, "", "li")
}

func TestAnyCutLeavesABoxThatStarts(t *testing.T) {
	confirmed, back, stranded := 0, 0, 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := newWorld(t, r)
		for range 12 {
			if r.IntN(3) > 0 {
				w.budget = r.IntN(60)
				if r.IntN(2) == 0 {
					w.budget = r.IntN(4)
				}
			}
			w.live()
			w.powerUp()
			w.check()
			switch w.record.Phase {
			case Confirmed:
				confirmed++
				if !w.proves(w.record.Slot) {
					t.Fatalf("seed %d: confirmed without proof: %+v", seed, w.record)
				}
			case RolledBack:
				back++
			case Stranded:
				stranded++
			}
		}
	}
	if confirmed < 100 || back < 100 {
		t.Errorf("%d confirmed, %d rolled back, %d stranded: the test says little", confirmed, back, stranded)
	}
	t.Logf("%d confirmed, %d rolled back, %d stranded", confirmed, back, stranded)
}

func TestAWholeUpdate(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(1, 1)))
	k := w.keeper()
	if r, leave, err := k.Start(); err != nil || leave || r.Phase != Idle {
		t.Fatalf("start: %+v %v %v", r, leave, err)
	}
	if _, err := k.Switch(context.Background(), Senses{}, nil, false, "", "li"); codeOf(err) != Nothing {
		t.Errorf("switch to nothing: %v", err)
	}
	r, err := k.Stage(context.Background(), w.bundle(firmware(true, true)), false, "li")
	if err != nil || r.Phase != Staged || r.Slot != "B" || w.boot.Left["B"] != 0 || k.Written() != 0 {
		t.Fatalf("stage: %+v %v, boot %+v", r, err, w.boot)
	}
	obstacle := []point.Words{{Zh: "漏水", En: "leak"}}
	if _, err := k.Switch(context.Background(), all(), obstacle, false, "", "li"); codeOf(err) != Situation {
		t.Errorf("switch in an alarm: %v", err)
	}
	if _, err := k.Switch(context.Background(), all(), obstacle, true, "", "li"); codeOf(err) != NoReason {
		t.Errorf("insist without a reason: %v", err)
	}
	if r, err = k.Switch(context.Background(), all(), obstacle, true, "the vendor is here", "wang"); err != nil || !r.Insisted || r.By != "wang" {
		t.Fatalf("switch: %+v %v", r, err)
	}
	w.powerUp()
	k = w.keeper()
	if r, leave, err := k.Start(); err != nil || leave || r.Phase != Trying || w.running != "B" || r.Before == nil || !r.Before.Inputs["oc/panic"] {
		t.Fatalf("on B: %+v %v %v", r, leave, err)
	}
	if _, err := k.Stage(context.Background(), w.bundle(firmware(true, true)), false, "li"); codeOf(err) != OnTrial {
		t.Errorf("stage on trial: %v", err)
	}
	if err := k.Keep(Verdict{Decision: Keep}); err != nil || w.boot.Trying != "" || w.boot.Order[0] != "B" || !w.boot.Bootable("A") {
		t.Fatalf("keep: %v, boot %+v", err, w.boot)
	}
	if err := k.Leave(Verdict{}); err == nil {
		t.Error("a confirmed slot was left")
	}
}

func TestTheGateGivesUpAndTheFormerSlotRuns(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(1, 1)))
	k := w.keeper()
	k.Start()
	if _, err := k.Stage(context.Background(), w.bundle(firmware(true, false)), false, "li"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Switch(context.Background(), all(), nil, false, "", "li"); err != nil {
		t.Fatal(err)
	}
	w.powerUp()
	k = w.keeper()
	k.Start()
	lacks := []point.Words{{Zh: "页面无应答", En: "the page does not answer"}}
	if err := k.Leave(Verdict{Decision: GiveUp, Lacks: lacks}); err != nil {
		t.Fatal(err)
	}
	w.powerUp()
	r, leave, err := w.keeper().Start()
	if err != nil || leave || w.running != "A" || r.Phase != RolledBack || len(r.Lacks) != 1 || r.Told || w.boot.Bootable("B") {
		t.Errorf("%+v leave %v %v, running %s, boot %+v", r, leave, err, w.running, w.boot)
	}
}

func TestAFormerSlotThatIsDeadDoesNotMakeALoop(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(1, 1)))
	w.slots["B"], w.running = firmware(true, false), "B"
	w.slots["A"] = nil
	w.boot = Boot{Order: []string{"A", "B"}, Left: map[string]int{"A": 3, "B": 0}} // as Leave left it
	w.record = Record{Phase: RolledBack, Slot: "B"}
	for range 5 {
		w.powerUp()
	}
	r, leave, err := w.keeper().Start()
	if err != nil || leave || r.Phase != Stranded {
		t.Errorf("%+v leave %v %v", r, leave, err)
	}
}

func TestABadBundleOrMediumLeavesTheSlotOutOfReach(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(w *world, in *[]byte)
		want  Code
	}{
		"cut":      {func(_ *world, in *[]byte) { *in = (*in)[:2600] }, Damaged},
		"medium":   {func(w *world, _ *[]byte) { w.budget = 8; w.trouble = nil }, Unwritten},
		"no state": {func(w *world, _ *[]byte) { w.budget = 1 }, Unwritten},
	} {
		w := newWorld(t, rand.New(rand.NewPCG(1, 1)))
		k := w.keeper()
		k.Start()
		in := bundleOf(t, manifestOf(""), key, firmware(true, true))
		c.spoil(w, &in)
		_, err := k.Stage(context.Background(), bytes.NewReader(in), false, "li")
		if codeOf(err) != c.want || w.boot.Bootable("B") || k.Record().Phase != Idle {
			t.Errorf("%s: %v, boot %+v, phase %s", name, err, w.boot, k.Record().Phase)
		}
		if _, err := k.Switch(context.Background(), Senses{}, nil, true, "now", "li"); codeOf(err) != Nothing {
			t.Errorf("%s: switch: %v", name, err)
		}
	}
}

func TestAStagedSlotThatDecaysIsNotStarted(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(1, 1)))
	k := w.keeper()
	k.Start()
	if _, err := k.Stage(context.Background(), w.bundle(firmware(true, true)), false, "li"); err != nil {
		t.Fatal(err)
	}
	w.slots["B"][50] ^= 1
	if _, err := k.Switch(context.Background(), Senses{}, nil, false, "", "li"); codeOf(err) != Unwritten || w.boot.Bootable("B") {
		t.Errorf("%v, boot %+v", err, w.boot)
	}
}

func TestTheRecordIsKeptWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	before := all()
	r := Record{Phase: Trying, Slot: "B", Before: &before, Manifest: manifestOf(""), Lacks: []point.Words{{Zh: "一", En: "one"}}}
	if err := r.save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := load(dir)
	if err != nil || got.Slot != "B" || !got.Before.Devices["ups1"] || got.Manifest.Version != r.Manifest.Version {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := load(t.TempDir()); err != nil || got.Phase != Idle {
		t.Errorf("no record: %+v %v", got, err)
	}
	for _, bad := range []string{"", "x", strings.Repeat("0", 64) + "\n{}", digest([]byte("[]")) + "\n[]"} {
		if got, err := parseRecord([]byte(bad)); err == nil || got.Phase != Idle {
			t.Errorf("%q: %+v %v", bad, got, err)
		}
	}
}
