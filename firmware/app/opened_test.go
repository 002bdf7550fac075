package app

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/store"
)

// claimed is a house with an administrator, who acknowledged the panic of the last run.
func (h *house) claimed() {
	h.t.Helper()
	h.start()
	if h.code == "" {
		h.t.Fatal("a new box tells no set-up code")
	}
	if _, err := h.Persons().SetUp(context.Background(), h.code, "chief", "long enough"); err != nil {
		h.t.Fatal(err)
	}
	h.end()
	h.code = ""
}

// closed tells whether nobody can log in or claim the box.
func (h *house) closed() bool {
	ctx := context.Background()
	_, _, in := h.Persons().LogIn(ctx, "chief", "long enough")
	_, known := h.Persons().NeedsSetup(ctx)
	_, claim := h.Persons().SetUp(ctx, "", "thief", "long enough")
	return h.code == "" && errors.Is(in, person.ErrOpening) && errors.Is(known, person.ErrOpening) && errors.Is(claim, person.ErrOpening)
}

func (h *house) logsIn() bool {
	_, _, err := h.Persons().LogIn(context.Background(), "chief", "long enough")
	return err == nil
}

func TestASlowDiskCostsNeitherTheGuardNorTheAccounts(t *testing.T) {
	inHouse(t, func(h *house) {
		h.claimed()
		heard := false
		h.extra = func(o *Options) {
			o.Machine = Machine{Told: []event.Record{{Type: event.BoxReset, Actor: "box"}}, Heard: func() { heard = true }}
			o.open = func(dir string, s store.Options) (*store.Store, store.OpenReport, error) {
				time.Sleep(2 * time.Minute)
				return store.Open(dir, s)
			}
		}
		began := time.Now()
		h.start() // to the page
		defer h.end()
		if took := time.Since(began); took > storePatience+2*time.Second {
			t.Errorf("the page waited %v for the disk", took)
		}
		h.want(troubleJournal, true)
		h.terminal.edges <- true
		if !h.armed || !h.sounds() || len(h.messages()) == 0 {
			t.Error("the box does not guard")
		}
		if h.pass(10 * time.Second); !h.closed() || heard {
			t.Error("somebody may come in although nobody knows who there is, or the cause of the start counts as told")
		}
		first := h.record(event.AlarmRaised, "zone/panic")
		if !h.toldUpstream(first) {
			t.Error("the platform was told nothing meanwhile")
		}
		if h.pass(2 * time.Minute); !h.logsIn() || h.code != "" {
			t.Errorf("once the store is open: logs in %v, set-up code %q", h.logsIn(), h.code)
		}
		h.want(troubleJournal, false)
		if h.record(event.BoxReset, ""); !heard {
			t.Error("the cause of the start is told again by the next life")
		}
		h.kept(first)
	})
}

// An alarm of the first seconds, before anybody gave the disk up, is told upstream too.
func TestAnAlarmWhileTheDiskIsAwaitedIsToldUpstream(t *testing.T) {
	inHouse(t, func(h *house) {
		h.extra = func(o *Options) {
			o.open = func(string, store.Options) (*store.Store, store.OpenReport, error) {
				h.terminal.edges <- true
				time.Sleep(time.Hour)
				return nil, store.OpenReport{}, errors.New("input/output error")
			}
		}
		h.start()
		defer func() { h.end(); h.pass(time.Hour) }()
		if h.pass(10 * time.Second); !h.toldUpstream(h.record(event.AlarmRaised, "zone/panic")) {
			t.Error("the platform was told nothing of the panic")
		}
	})
}

// kept wants in the journal what was told before there was one.
func (h *house) kept(first event.Record) {
	h.t.Helper()
	box, epoch := h.Identity()
	r := h.record(event.AlarmRaised, "zone/panic")
	if r.ID.Box != box || r.ID.Epoch != epoch || !r.Journaled || r.ID == first.ID {
		h.t.Errorf("told as %v, in the journal as %v", first.ID, r.ID)
	}
	if h.pass(10 * time.Second); !h.toldUpstream(r) {
		h.t.Errorf("the platform was never told of %v", r.ID)
	}
	if err := h.Reload(context.Background(), "chief"); err != nil {
		h.t.Errorf("reload: %v", err)
	}
}

func TestAStoreThatFailsIsTriedAgain(t *testing.T) {
	inHouse(t, func(h *house) {
		h.claimed()
		away := h.data + ".away"
		if err := errors.Join(os.Rename(h.data, away), os.WriteFile(h.data, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		h.start()
		defer h.end()
		h.terminal.edges <- true
		if !h.sounds() {
			t.Error("no siren without a disk")
		}
		if h.pass(time.Hour); !h.closed() {
			t.Error("somebody may come in although nobody knows who there is")
		}
		first := h.record(event.AlarmRaised, "zone/panic")
		if err := errors.Join(os.Remove(h.data), os.Rename(away, h.data)); err != nil {
			t.Fatal(err)
		}
		if h.pass(lastRetry + time.Second); !h.logsIn() || h.code != "" {
			t.Errorf("once the store is open: logs in %v, set-up code %q", h.logsIn(), h.code)
		}
		h.kept(first)
	})
}

// What the last run left sounding is no business of a run that cannot read why.
func TestWithoutADiskNothingThatSoundsIsSwitchedOff(t *testing.T) {
	inHouse(t, func(h *house) {
		h.claimed()
		h.extra = func(o *Options) {
			o.open = func(string, store.Options) (*store.Store, store.OpenReport, error) {
				return nil, store.OpenReport{}, errors.New("input/output error")
			}
		}
		h.start()
		defer h.end()
		driven := func() bool {
			h.terminal.mutex.Lock()
			defer h.terminal.mutex.Unlock()
			_, known := h.terminal.levels["oc/siren"]
			return known
		}
		if h.pass(annunciate.Leftover - time.Minute); driven() {
			t.Error("the siren was driven although nobody knows whether it shall sound")
		}
		if h.pass(2 * time.Minute); !driven() || h.sounds() {
			t.Error("the siren was not brought to rest in the end")
		}
	})
}

// A dying card must never become a reset loop: the box stays up, and guards.
func TestADayWithoutADisk(t *testing.T) {
	inHouse(t, func(h *house) {
		h.claimed()
		pets, exits := 0, 0
		h.extra = func(o *Options) {
			o.Pet, o.Exit = func() { pets++ }, func(string) { exits++ }
			o.open = func(string, store.Options) (*store.Store, store.OpenReport, error) {
				return nil, store.OpenReport{}, errors.New("input/output error")
			}
		}
		h.start()
		defer h.end()
		h.want(troubleJournal, true)
		h.pass(24 * time.Hour)
		if exits > 0 || pets < 86_000 {
			t.Errorf("asked %d times to be started again, petted the watchdog %d times", exits, pets)
		}
		h.want(troubleJournal, true)
		h.terminal.edges <- true
		if h.pass(time.Second); !h.armed || !h.sounds() || len(h.messages()) == 0 {
			t.Error("the box does not guard after a day")
		}
		if h.pass(10 * time.Second); !h.toldUpstream(h.record(event.AlarmRaised, "zone/panic")) {
			t.Error("the platform was told nothing")
		}
	})
}

func TestABoxThatStopsBeforeItsStoreOpens(t *testing.T) {
	inHouse(t, func(h *house) {
		h.extra = func(o *Options) {
			o.open = func(dir string, s store.Options) (*store.Store, store.OpenReport, error) {
				time.Sleep(time.Minute)
				return store.Open(dir, s)
			}
		}
		h.start()
		h.end()
		h.pass(2 * time.Minute) // the store opens, and is closed again
		h.extra = nil
		h.start()
		defer h.end()
		if h.active(troubleStore) || h.active(troubleJournal) || h.code == "" {
			t.Errorf("the next start: %+v, set-up code %q", h.View().Alarms, h.code)
		}
	})
}
