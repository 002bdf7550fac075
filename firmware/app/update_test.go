package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/update"
)

// slots are two slots in memory: update.Slots.
type slots struct {
	running string
	boot    update.Boot
	b       bytes.Buffer // the other slot's content
}

func (s *slots) Running() string             { return s.running }
func (s *slots) Room() int64                 { return 1 << 20 }
func (s *slots) Boot() (update.Boot, error)  { return s.boot, nil }
func (s *slots) SetBoot(b update.Boot) error { s.boot = b; return nil }
func (s *slots) Fill(_ context.Context, _ string, write func(io.Writer) error) error {
	s.b.Reset()
	return write(&s.b)
}
func (s *slots) Check(_ context.Context, _ string, _ int64, want string) error {
	if sum := sha256.Sum256(s.b.Bytes()); hex.EncodeToString(sum[:]) != want {
		return errors.New("read back: differs")
	}
	return nil
}

// flat is a house on a box with slots.
type flat struct {
	*house
	slots    *slots
	key      ed25519.PrivateKey
	dark     bool // the page does not answer
	restarts []string
}

func inFlat(t *testing.T, f func(*flat)) {
	inHouse(t, func(h *house) {
		fl := &flat{house: h, key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{5}, 32)),
			slots: &slots{running: "A", boot: update.Boot{Order: []string{"A", "B"}, Left: map[string]int{"A": 3, "B": 3}}}}
		h.extra = func(o *Options) {
			o.Updates = update.NewKeeper(fl.slots, update.Trust{Keys: []ed25519.PublicKey{fl.key.Public().(ed25519.PublicKey)}, Board: "sim"},
				filepath.Join(h.data, "update"), "1.0.0", time.Now)
			o.Restart = func(why string) { fl.mutex.Lock(); defer fl.mutex.Unlock(); fl.restarts = append(fl.restarts, why) }
			o.Page = func(context.Context) error {
				if fl.dark {
					return errors.New("no answer")
				}
				return nil
			}
		}
		fl.start()
		defer func() { fl.end() }()
		fl.pass(10 * time.Second)
		f(fl)
	})
}

func (f *flat) bundle(version update.Version) io.Reader {
	f.t.Helper()
	var out bytes.Buffer
	if err := update.Pack(&out, update.Manifest{Board: "sim", Version: version}, f.key, strings.NewReader("kernel and root")); err != nil {
		f.t.Fatal(err)
	}
	return &out
}

// reboot ends this life and begins the next one on the slot.
func (f *flat) reboot(slot string) {
	f.t.Helper()
	f.end()
	f.slots.running, f.restarts = slot, nil
	f.boot, f.began, f.uptime = f.boot+"+", time.Now(), 10*time.Second
	f.start()
}

func (f *flat) tried() {
	f.t.Helper()
	if err := f.StageUpdate(context.Background(), f.bundle(update.Version{Major: 1, Minor: 1}), false, "li"); err != nil {
		f.t.Fatal(err)
	}
	f.pass(time.Second)
	f.record(event.UpdateStaged, "firmware")
	if err := f.SwitchUpdate(context.Background(), false, "", "li"); err != nil {
		f.t.Fatal(err)
	}
	f.pass(5 * time.Second)
	if r := f.record(event.UpdateTrying, "firmware"); r.Actor != "li" || len(f.restarts) != 1 || f.slots.boot.Trying != "B" {
		f.t.Fatalf("%+v, restarts %v, boot %+v", r, f.restarts, f.slots.boot)
	}
}

func TestNewFirmwareThatSensesRingsAndSendsStays(t *testing.T) {
	inFlat(t, func(f *flat) {
		f.tried()
		f.reboot("B")
		f.pass(4 * time.Minute)
		if s := f.Update(); s.Phase != update.Trying || len(s.Lacks) != 1 || s.Left <= 0 || !strings.Contains(s.Lacks[0].En, "progress") {
			t.Errorf("after four minutes: %+v", s)
		}
		f.pass(2 * time.Minute)
		r := f.record(event.UpdateConfirmed, "firmware")
		if s := f.Update(); s.Phase != update.Confirmed || f.slots.boot.Trying != "" || f.slots.boot.Order[0] != "B" || !strings.Contains(r.Text.En, "not proven") {
			t.Errorf("%+v, boot %+v, %s", s, f.slots.boot, r.Text.En)
		}
		f.want(troubleUpdate, false)
		if len(f.restarts) != 0 {
			t.Errorf("restarted: %v", f.restarts)
		}
	})
}

func TestNewFirmwareThatCannotSenseGoesBackAndSaysWhy(t *testing.T) {
	inFlat(t, func(f *flat) {
		f.tried()
		f.dark = true
		f.reboot("B")
		f.pass(14 * time.Minute)
		if len(f.restarts) != 0 || f.Update().Phase != update.Trying {
			t.Fatalf("too early: %v", f.restarts)
		}
		f.pass(2 * time.Minute)
		if len(f.restarts) != 1 || f.slots.boot.Order[0] != "A" || f.slots.boot.Left["B"] != 0 {
			t.Fatalf("restarts %v, boot %+v", f.restarts, f.slots.boot)
		}
		if r := f.record(event.UpdateRolledBack, "firmware"); !strings.Contains(r.Text.En, "the page does not answer") || !strings.Contains(r.Text.Zh, "页面无应答") {
			t.Errorf("told: %+v", r.Text)
		}
		f.reboot("A")
		f.pass(time.Minute)
		f.want(troubleUpdate, true)
		if s := f.Update(); s.Phase != update.RolledBack || len(s.Lacks) != 1 {
			t.Errorf("%+v", s)
		}
		if err := f.ForgetUpdate("li"); err != nil {
			t.Error(err)
		}
		f.pass(time.Second)
		f.want(troubleUpdate, false)
	})
}

func TestNewFirmwareThatNeverStartedIsTold(t *testing.T) {
	inFlat(t, func(f *flat) {
		f.tried()
		f.reboot("A") // the loader gave up on B
		f.pass(time.Second)
		if r := f.record(event.UpdateRolledBack, "firmware"); !strings.Contains(r.Text.En, "did not start") {
			t.Errorf("%+v", r.Text)
		}
		if f.slots.boot.Trying != "" || f.slots.boot.Left["B"] != 0 {
			t.Errorf("boot %+v", f.slots.boot)
		}
	})
}

func TestAnAlarmRefusesTheSwitchUnlessSomebodyInsists(t *testing.T) {
	inFlat(t, func(f *flat) {
		if err := f.StageUpdate(context.Background(), f.bundle(update.Version{Minor: 9}), false, "li"); err == nil {
			t.Error("a downgrade was taken")
		}
		if err := f.StageUpdate(context.Background(), f.bundle(update.Version{Minor: 9}), true, "li"); err != nil {
			t.Fatal(err)
		}
		f.terminal.edges <- true
		f.pass(3 * time.Second)
		var r *update.Refusal
		if err := f.SwitchUpdate(context.Background(), false, "", "li"); !errors.As(err, &r) || r.Code != update.Situation || len(r.Reasons) != 2 {
			t.Fatalf("in an alarm: %v", err)
		}
		f.pass(time.Second)
		if e := f.record(event.UpdateRefused, "firmware"); e.Actor != "li" || !strings.Contains(e.Text.En, "siren sounds") {
			t.Errorf("%+v", e)
		}
		for _, verb := range []engine.Verb{engine.Acknowledge, engine.Silence} {
			if err := f.Do(context.Background(), engine.Command{Verb: verb, Target: "zone/panic", Actor: "li"}); err != nil {
				t.Fatal(err)
			}
		}
		f.pass(30 * time.Second)
		if s := f.Update(); !s.Older || len(s.Obstacles) != 0 {
			t.Errorf("acknowledged: %+v", s)
		}
		f.terminal.edges <- false
		f.pass(time.Second)
		f.terminal.edges <- true
		f.pass(3 * time.Second)
		if err := f.SwitchUpdate(context.Background(), true, "", "li"); !errors.As(err, &r) || r.Code != update.NoReason {
			t.Errorf("without a reason: %v", err)
		}
		if err := f.SwitchUpdate(context.Background(), true, "vendor on site", "wang"); err != nil {
			t.Fatal(err)
		}
		f.pass(5 * time.Second)
		if e := f.record(event.UpdateTrying, "firmware"); e.Actor != "wang" || !strings.Contains(string(e.Detail), "vendor on site") || len(f.restarts) != 1 {
			t.Errorf("%+v %s, restarts %v", e, e.Detail, f.restarts)
		}
	})
}

func TestABoxWithoutSlotsSaysSo(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		var r *update.Refusal
		if err := h.StageUpdate(context.Background(), nil, false, "li"); !errors.As(err, &r) || r.Code != update.NoSlots || h.Update().Slots {
			t.Errorf("%v %+v", err, h.Update())
		}
	})
}

func TestAnInputThatIsLostIsNotProven(t *testing.T) {
	inFlat(t, func(f *flat) {
		before := f.senses(context.Background(), worked)
		if !before.Inputs["oc/panic"] || !before.Devices["meter"] || before.Sounders["oc/siren"] != update.Blind || !before.Paths["platform"] || !before.Store || !before.Page {
			t.Errorf("before: %+v", before)
		}
		f.terminal.spoil(errSpoilt)
		f.terminal.edges <- true
		f.pass(5 * time.Second)
		if now := f.senses(context.Background(), took); now.Sounders["oc/siren"] != update.Undriven {
			t.Errorf("a siren that cannot be driven: %+v", now)
		}
	})
}
