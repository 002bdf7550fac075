package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/dialout"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
	"watchbox/firmware/zone"
)

func TestPanicReachesSirenPhoneJournalAndPlatform(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		if !h.armed {
			t.Error("nobody was told that the box is armed")
		}
		h.terminal.edges <- true
		if !h.sounds() {
			t.Fatal("panic pressed, no siren")
		}
		sent := h.messages()
		if len(sent) == 0 || sent[0].Contact != "duty" || sent[0].Code == "" {
			t.Fatalf("messages: %+v", sent)
		}
		raised := h.record(event.AlarmRaised, "zone/panic")
		if box, epoch := h.Identity(); raised.ID.Box != box || raised.ID.Epoch != epoch || sent[0].Alarm != raised.ID {
			t.Errorf("journal %v, message %v, box %s/%s", raised.ID, sent[0].Alarm, box, epoch)
		}
		h.pass(10 * time.Second)
		if !h.toldUpstream(raised) {
			t.Errorf("the platform was never told of %v", raised.ID)
		}
		h.inbox.Reply(dialout.Reply{Channel: "sms", From: sent[0].To, Text: sent[0].Code})
		h.pass(time.Second)
		if r := h.record(event.AlarmAcknowledged, "zone/panic"); r.Actor != "duty" || r.Origin != raised.ID {
			t.Errorf("acknowledged by %q of %v", r.Actor, r.Origin)
		}
	})
}

func (h *house) toldUpstream(r event.Record) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, x := range h.told {
		if x.ID == r.ID && x.Type == r.Type {
			return true
		}
	}
	return false
}

func TestStateComesBackAfterAStop(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		h.terminal.edges <- true
		h.pass(time.Second)
		raised := h.record(event.AlarmRaised, "zone/panic")
		if err := h.Do(context.Background(), engine.Command{Verb: engine.Acknowledge, Target: "zone/panic", Actor: "li"}); err != nil {
			t.Fatal(err)
		}
		h.end()
		h.start()
		defer h.end()
		h.record(event.BoxStopped, "")
		for _, a := range h.View().Alarms {
			if a.Key == "zone/panic" && a.Occurrence == raised.ID && a.Acknowledged && a.AckedBy == "li" {
				return
			}
		}
		t.Errorf("after the stop: %+v", h.View().Alarms)
	})
}

func TestABrokenDatabaseDoesNotDisarm(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"garbage": func(p string) error {
			return os.WriteFile(p, []byte("this was a database once, and then it was not"), 0o600)
		},
		"directory": func(p string) error { return os.Mkdir(p, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				if err := os.Mkdir(h.data, 0o700); err != nil {
					t.Fatal(err)
				}
				if err := spoil(filepath.Join(h.data, "guard.db")); err != nil {
					t.Fatal(err)
				}
				h.start()
				defer h.end()
				if !h.active(troubleStore) && !h.active(troubleJournal) {
					t.Error("no trouble tells of it")
				}
				h.terminal.edges <- true
				if !h.armed || !h.sounds() {
					t.Error("the box does not guard")
				}
			})
		})
	}
}

func TestADataDirectoryThatCannotBeMadeDoesNotDisarm(t *testing.T) {
	inHouse(t, func(h *house) {
		if err := os.WriteFile(h.data, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		h.start()
		defer h.end()
		h.want(troubleJournal, true)
		h.terminal.edges <- true
		if !h.sounds() {
			t.Error("no siren without a disk")
		}
		h.pass(10 * time.Second)
		if !h.toldUpstream(h.record(event.AlarmRaised, "zone/panic")) {
			t.Error("without a journal the platform must be told all the same")
		}
	})
}

// dieEarly counts starts that never said goodbye: the next one is safe mode.
func (h *house) dieEarly() {
	for range safeAfter {
		box := &App{options: Options{DataDir: h.data}, clock: h.clock, log: h.t.Logf}
		_, calm := box.countStart()
		calm.Stop()
	}
}

func TestSafeModeForgetsNothingThatItDoesNotHave(t *testing.T) {
	inHouse(t, func(h *house) {
		h.write(strings.NewReplacer("above: 30", "above: 20", "\nalarms:", "\n  - {id: door, input: oc/fan, type: entry, partition: main, room: oc}\npartitions:\n  - {id: main, exit-delay: 1s}\nalarms:").Replace(siteFile))
		h.start()
		h.engine.Edge(point.Sample{Point: "oc/fan", Value: point.OfBool(false)})
		if err := h.Do(context.Background(), engine.Command{Verb: engine.Arm, Target: "main", Actor: "li"}); err != nil {
			t.Fatal(err)
		}
		h.pass(2 * time.Second)
		raised := h.record(event.AlarmRaised, "hot/meter/temperature")
		h.end()
		h.dieEarly()
		h.start()
		h.want(troubleSafeMode, true)
		h.end()
		h.start()
		defer h.end()
		h.want(troubleSafeMode, false)
		if p := h.View().Panel.Partitions; len(p) != 1 || p[0].Mode != zone.Armed || p[0].By != "li" {
			t.Errorf("after safe mode the partition is %+v", p)
		}
		for _, a := range h.View().Alarms {
			if a.Key == "hot/meter/temperature" && a.Occurrence == raised.ID {
				return
			}
		}
		t.Errorf("after safe mode there are %+v", h.View().Alarms)
	})
}

func TestThreeEarlyDeathsMakeSafeMode(t *testing.T) {
	inHouse(t, func(h *house) {
		h.dieEarly()
		h.start()
		h.want(troubleSafeMode, true)
		if !h.View().Health.SafeMode || h.meters != 0 {
			t.Errorf("safe mode %v, %d devices built", h.View().Health.SafeMode, h.meters)
		}
		h.terminal.edges <- true
		if !h.sounds() || len(h.messages()) == 0 {
			t.Error("safe mode guards nobody")
		}
		if err := h.Reload(context.Background(), "li"); err != nil || h.meters != 0 || len(h.Site().Alarms) != 0 {
			t.Errorf("a reload left safe mode: %v, %d devices", err, h.meters)
		}
		h.end()
		h.start()
		defer h.end()
		h.want(troubleSafeMode, false)
	})
}

func TestWhatCannotBeBuiltDoesNotCostTheRest(t *testing.T) {
	inHouse(t, func(h *house) {
		h.broken = errSpoilt
		h.start()
		defer h.end()
		h.want(troubleConfig, true)
		h.terminal.edges <- true
		if !h.sounds() {
			t.Error("no siren")
		}
	})
}

func TestAFailedOutputIsATroubleAndTriedAgain(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		h.terminal.spoil(errSpoilt)
		h.terminal.edges <- true
		h.pass(5 * time.Second)
		h.want("output/oc/siren", true)
		h.terminal.spoil(nil)
		if h.pass(5 * time.Second); !h.sounds() {
			t.Error("the siren was given up")
		}
		h.want("output/oc/siren", false)
	})
}

// The tests hash cheaply where the cost is not what they are about; a box never does.
func TestAPasswordOnTheBoxIsCostly(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		if _, err := h.Persons().SetUp(context.Background(), h.code, "chief", "long enough"); err != nil {
			t.Fatal(err)
		}
		h.end()
		s, _, err := store.Open(h.data, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		all, err := s.Accounts(context.Background())
		if err != nil || len(all) != 1 || !strings.HasPrefix(all[0].Hash, "pbkdf2-sha256$600000$") {
			t.Errorf("kept: %+v, %v", all, err)
		}
	})
}

// What is retained without a record is no news for the newest sequence.
func TestTheHeartbeatNamesTheNewestRecord(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		newest := h.heartbeat("platform").Last
		h.engine.Commit(event.Batch{Retained: []event.Retained{{Key: "test:state", Value: []byte("1")}}})
		h.pass(time.Second)
		if last := h.heartbeat("platform").Last; newest == 0 || last != newest {
			t.Errorf("the newest record is %d, the heartbeat says %d", newest, last)
		}
	})
}
