package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/event"
)

var (
	changedSite = strings.Replace(siteFile, "above: 30", "above: 20", 1) // the meter shows 25: it rings
	hotKey      = "hot/meter/temperature"
)

// try puts the changed file on trial for ten minutes.
func (h *house) try() {
	h.t.Helper()
	h.write(changedSite)
	if err := h.ReloadOnTrial(context.Background(), "li", 10*time.Minute); err != nil {
		h.t.Fatal(err)
	}
	h.pass(10 * time.Second)
	h.want(hotKey, true)
	if by, left, ok := h.SiteTrial(); !ok || by != "li" || left > 10*time.Minute || left < 9*time.Minute {
		h.t.Errorf("trial of %s, %v left, %v", by, left, ok)
	}
}

func TestASiteFileThatNobodyConfirmsGoesBack(t *testing.T) {
	inHouse(t, func(h *house) {
		var told []bool // what init finds, each time that it is told to look
		h.extra = func(o *Options) {
			o.Machine.Accepted = func() { told = append(told, config.Unconfirmed(h.data, []byte(changedSite), h.boot)) }
		}
		h.start()
		defer func() { h.end() }()
		h.try()
		h.pass(9 * time.Minute)
		h.want(hotKey, true)
		h.pass(2 * time.Minute)
		h.want(hotKey, false)
		h.want(troubleConfig, true)
		h.record(event.ConfigTrying, "")
		if r := h.record(event.ConfigTakenBack, ""); r.Actor != "box" {
			t.Errorf("taken back by %q", r.Actor)
		}
		h.end()
		h.start() // the file on the disk is still the one that nobody confirmed
		h.pass(10 * time.Second)
		h.want(hotKey, false)
		h.want(troubleConfig, true)
		if err := h.Reload(context.Background(), "li"); err != nil { // who reloads means it
			t.Fatal(err)
		}
		h.pass(10 * time.Second)
		h.want(hotKey, true)
		h.want(troubleConfig, false)
		if want := []bool{false, true, true, false}; !slices.Equal(told, want) {
			t.Errorf("the machine under the daemon found the file unconfirmed: %v, want %v", told, want)
		}
	})
}

// What the accepted one lacks by now, such as a map that the disk lost, costs its rule
// and not the way back.
func TestATrialEndsThoughARuleOfTheAcceptedOneLacksItsPoint(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer func() { h.end() }()
		h.try()
		lacks := strings.Replace(siteFile, "annunciators:\n", "  - {id: dry, points: [flow/rate], when: {below: 1}, priority: 3}\nannunciators:\n", 1)
		if err := config.SaveAccepted(h.data, []byte(lacks)); err != nil {
			t.Fatal(err)
		}
		h.pass(11 * time.Minute)
		h.want(hotKey, false)
		if _, _, trying := h.SiteTrial(); trying {
			t.Error("it is on trial yet")
		}
		h.terminal.edges <- true
		if !h.sounds() {
			t.Error("panic pressed, no siren")
		}
	})
}

func TestAConfirmedSiteFileStays(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer func() { h.end() }()
		if err := h.ConfirmSite(context.Background(), "li"); !errors.Is(err, errNoTrial) {
			t.Errorf("nothing to confirm: %v", err)
		}
		h.try()
		if err := h.ConfirmSite(context.Background(), "wang"); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Hour)
		h.want(hotKey, true)
		if list, err := h.SiteHistory(); err != nil || len(list) != 2 || list[0].By != "wang" || list[1].By != "box" {
			t.Errorf("%+v %v", list, err)
		}
		h.end()
		h.start()
		h.pass(10 * time.Second)
		h.want(hotKey, true)
		h.want(troubleConfig, false)
	})
}

// The trial ends with the run, however it ended.
func TestARestartOnTrialTakesTheFormerFile(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer func() { h.end() }()
		h.try()
		h.end()
		h.start()
		h.pass(10 * time.Second)
		h.want(hotKey, false)
		h.want(troubleConfig, true)
		h.write(strings.Replace(siteFile, "above: 30", "above: 24", 1)) // another file is no longer the one on trial
		h.end()
		h.start()
		h.pass(10 * time.Second)
		h.want(hotKey, true)
	})
}

func TestATrialBeforeATrialIsReplaced(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer func() { h.end() }()
		h.try()
		h.pass(8 * time.Minute)
		h.write(strings.Replace(siteFile, "above: 30", "above: 24", 1))
		if err := h.ReloadOnTrial(context.Background(), "li", 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		h.write(strings.Replace(siteFile, "type: panic", "type: picnic", 1))
		if err := h.ReloadOnTrial(context.Background(), "li", 10*time.Minute); !errors.Is(err, ErrSite) {
			t.Errorf("a bad file: %v", err)
		}
		h.pass(9 * time.Minute)
		h.want(hotKey, true)
		h.pass(2 * time.Minute)
		h.want(hotKey, false)
	})
}

func TestATrialHasBoundsAndNeedsAWayBack(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer func() { h.end() }()
		for _, d := range []time.Duration{0, time.Second, -time.Hour, 25 * time.Hour} {
			if err := h.ReloadOnTrial(context.Background(), "li", d); err == nil {
				t.Errorf("%v was taken", d)
			}
		}
		if err := os.Remove(filepath.Join(h.data, "accepted-site.yaml")); err != nil {
			t.Fatal(err)
		}
		h.write(changedSite)
		if err := h.ReloadOnTrial(context.Background(), "li", time.Hour); !errors.Is(err, config.ErrNoAccepted) {
			t.Errorf("without a way back: %v", err)
		}
		h.pass(10 * time.Second)
		h.want(hotKey, false)
	})
}

func TestAnEarlierSiteFileIsComparedAndRestored(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer func() { h.end() }()
		h.inForce(changedSite)
		h.pass(10 * time.Second)
		h.want(hotKey, true)
		lines, err := h.SiteDiff(1)
		var gone, fresh string
		for _, l := range lines {
			switch l.Kind {
			case "gone":
				gone += l.Text
			case "new":
				fresh += l.Text
			}
		}
		if err != nil || !strings.Contains(gone, "above: 30") || !strings.Contains(fresh, "above: 20") {
			t.Errorf("%v %v", lines, err)
		}
		if err := h.RestoreSite(context.Background(), 1, "wang"); err != nil {
			t.Fatal(err)
		}
		h.pass(10 * time.Second)
		h.want(hotKey, false)
		if text, err := os.ReadFile(h.site); err != nil || string(text) != siteFile {
			t.Errorf("the file on the disk: %v", err)
		}
		if list, _ := h.SiteHistory(); len(list) != 3 || list[0].By != "wang" || list[0].Digest != list[2].Digest {
			t.Errorf("%+v", list)
		}
		if err := h.RestoreSite(context.Background(), 99, "wang"); !errors.Is(err, config.ErrNoSuchSite) {
			t.Errorf("number 99: %v", err)
		}
	})
}

// After a fall-back the old firmware finds a site file and an accepted copy that
// it does not understand, and runs the newest one that it does.
func TestAFormerFirmwareFindsItsOwnSiteFile(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		h.end()
		later := siteFile + "holograms: [{id: h1}]\n"
		h.write(later)
		if err := config.SaveAccepted(h.data, []byte(later)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.history().Add([]byte(later), config.Accepted{By: "li", Firmware: "9.0.0"}); err != nil {
			t.Fatal(err)
		}
		h.start()
		defer h.end()
		h.want(troubleConfig, true)
		h.terminal.edges <- true
		if !h.sounds() {
			t.Error("the box does not guard")
		}
	})
}

func TestASiteFileFromAPersonIsCheckedBeforeItIsWritten(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer func() { h.end() }()
		if err := h.PutSite(context.Background(), []byte("version: 2"), "li", 0); !errors.Is(err, ErrSite) {
			t.Errorf("a bad one: %v", err)
		}
		h.broken = errSpoilt
		if err := h.PutSite(context.Background(), []byte(changedSite), "li", 0); !errors.Is(err, errSpoilt) {
			t.Errorf("one that cannot be built: %v", err)
		}
		if text, err := os.ReadFile(h.site); err != nil || string(text) != siteFile {
			t.Errorf("a refused file stands on the disk: %v", err)
		}
		h.broken = nil
		if err := h.PutSite(context.Background(), []byte(changedSite), "li", 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		h.pass(10 * time.Second)
		h.want(hotKey, true)
		if text, err := h.SiteText(); err != nil || string(text) != siteFile {
			t.Errorf("accepted before it was confirmed: %v", err)
		}
		h.pass(10 * time.Minute)
		h.want(hotKey, false)
	})
}
