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

	"watchbox/firmware/backup"
	"watchbox/firmware/config"
	"watchbox/firmware/event"
)

// shelfOf is where a house keeps its site file outside of data.
type shelfOf struct {
	texts []string
	at    time.Time
	err   error
	hangs chan struct{}
}

func (s *shelfOf) keep(text []byte, at time.Time) error {
	if s.hangs != nil {
		<-s.hangs
	}
	s.texts, s.at = append(s.texts, string(text)), at
	return s.err
}

// What somebody has accepted is kept: at a start, a reload, and when a trial is
// confirmed; what is on trial, or refused, is not.
func TestTheAcceptedSiteIsKeptOutsideOfData(t *testing.T) {
	inHouse(t, func(h *house) {
		s := &shelfOf{}
		h.extra = func(o *Options) { o.Machine.Keep = s.keep }
		h.start()
		want := func(when string, texts ...string) {
			t.Helper()
			if h.pass(time.Second); !slices.Equal(s.texts, texts) {
				t.Errorf("%s: kept %d site files, want %d", when, len(s.texts), len(texts))
			}
		}
		want("start", siteFile)
		first, second, third := s.at, siteFile+"# second\n", siteFile+"# third\n"
		h.pass(time.Hour)
		h.write("version: 1\nid: [")
		if err := h.Reload(context.Background(), "li"); err == nil {
			t.Error("a broken file is taken")
		}
		h.inForce(second)
		want("reload", siteFile, second)
		if !s.at.After(first) {
			t.Errorf("the second was accepted %v, the first %v", s.at, first)
		}
		h.write(third)
		if err := h.ReloadOnTrial(context.Background(), "li", time.Hour); err != nil {
			t.Fatal(err)
		}
		want("on trial", siteFile, second)
		if err := h.ConfirmSite(context.Background(), "li"); err != nil {
			t.Fatal(err)
		}
		want("confirmed", siteFile, second, third)
		when := s.at
		h.end()
		h.pass(24 * time.Hour)
		h.start()
		defer h.end()
		want("the next start", siteFile, second, third, third)
		if !s.at.Equal(when) {
			t.Errorf("a start makes %v of the day %v", s.at, when)
		}
		h.want(troubleKept, false)
	})
}

// A site file that cannot be kept is told; a medium that hangs costs nothing else.
func TestASiteThatCannotBeKept(t *testing.T) {
	inHouse(t, func(h *house) {
		s := &shelfOf{err: errors.New("it does not fit")}
		h.extra = func(o *Options) { o.Machine.Keep = s.keep }
		h.start()
		h.want(troubleKept, true)
		s.err = nil
		h.inForce(siteFile + "# shorter\n")
		h.pass(time.Second)
		h.want(troubleKept, false)
		s.hangs = make(chan struct{})
		for _, more := range []string{"# a\n", "# b\n", "# c\n"} {
			h.inForce(siteFile + more)
		}
		h.terminal.edges <- true
		if !h.sounds() {
			t.Error("panic pressed, no siren")
		}
		h.end()
		close(s.hangs)
		h.pass(time.Second)
	})
}

// lostHouse has no data any more, and on its site file some needs a secret.
func lostHouse(h *house, kept *time.Time) *shelfOf {
	s := &shelfOf{}
	h.write(strings.Replace(siteFile, `phone: "+8613800000001"`, `phone: "secret:chief"`, 1))
	standard := filepath.Join(filepath.Dir(h.site), "standard.yaml")
	if err := os.WriteFile(standard, []byte(siteFile), 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.extra = func(o *Options) {
		o.Standard, o.Secrets = standard, config.Forgiving(o.Secrets)
		o.Machine = Machine{Lost: errors.New("disk died"), Kept: kept, Keep: s.keep}
	}
	return s
}

// what the trouble of the lost data says.
func (h *house) lost() string {
	h.t.Helper()
	for _, a := range h.View().Alarms {
		if a.Key == troubleData && a.Active {
			if a.ValueText.Zh == "" || a.Value != "disk died" {
				h.t.Errorf("%+v", a)
			}
			return a.ValueText.En
		}
	}
	h.t.Error("data is lost, and nobody is told")
	return ""
}

// Without its data the box guards by what was kept, says so, and does without what is
// lost; it does not take the place of what was kept, until somebody accepts another one.
func TestWithoutDataTheKeptSiteGuards(t *testing.T) {
	inHouse(t, func(h *house) {
		at := time.Date(2026, 3, 1, 6, 5, 0, 0, time.UTC)
		s := lostHouse(h, &at)
		h.start()
		if got := h.lost(); !strings.Contains(got, "accepted 2026-03-01 14:05") || !strings.Contains(got, "chief") {
			t.Errorf("the trouble says %q", got)
		}
		h.terminal.edges <- true
		if !h.armed || !h.sounds() {
			t.Error("panic pressed, no siren")
		}
		if h.pass(time.Minute); len(h.messages()) > 0 {
			t.Errorf("sent to somebody whose number is lost: %+v", h.messages())
		}
		h.want(troubleConfig, false)
		h.end()
		if len(s.texts) > 0 {
			t.Error("a start without data takes the place of what was kept")
		}
		h.start() // the daemon's next life, on the same memory
		defer h.end()
		if got := h.lost(); !strings.Contains(got, "accepted 2026-03-01 14:05") {
			t.Errorf("the next life says %q", got)
		}
		h.inForce(siteFile)
		if h.pass(time.Second); !slices.Equal(s.texts, []string{siteFile}) {
			t.Errorf("somebody accepted a site file: %d are kept", len(s.texts))
		}
	})
}

// A kept site file that this firmware does not take leaves the board's own.
func TestWithoutDataAndAKeptSiteThatIsRefused(t *testing.T) {
	for name, text := range map[string]string{"foreign": "version: 9\n", "empty": "", "rubbish": "\x00\xff{[", "another board": strings.Replace(siteFile, "DI1", "DI1\nx: 1", 1)} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				at := time.Date(2026, 3, 1, 6, 5, 0, 0, time.UTC)
				lostHouse(h, &at)
				h.write(text)
				h.start()
				defer h.end()
				if got := h.lost(); got != "guards by the factory site file" {
					t.Errorf("the trouble says %q", got)
				}
				h.want(troubleConfig, true)
				h.terminal.edges <- true
				if !h.armed || !h.sounds() {
					t.Error("panic pressed, no siren")
				}
			})
		})
	}
}

// A person who puts another site file on a box without data reads at once by which one it
// guards, and in the daemon's next life too; what the journal says of the raise stays.
func TestTheTroubleOfTheLostDataFollowsTheSite(t *testing.T) {
	inHouse(t, func(h *house) {
		lostHouse(h, nil)
		h.write(siteFile)
		h.start()
		if got := h.lost(); got != "guards by the factory site file" {
			t.Errorf("the start says %q", got)
		}
		now := func() (said, now string) {
			for _, a := range h.View().Alarms {
				if a.Key == troubleData && a.Active {
					return a.ValueText.En, a.Now.En
				}
			}
			return "", ""
		}
		want := func(when, want string) {
			t.Helper()
			h.pass(time.Second)
			if said, got := now(); said != "guards by the factory site file" || !strings.Contains(got, want) || want == "" && got != "" {
				t.Errorf("%s: raised with %q, says %q now, want %q", when, said, got, want)
			}
		}
		want("start", "")
		h.write(siteFile + "# trial\n")
		if err := h.ReloadOnTrial(context.Background(), "li", time.Hour); err != nil {
			t.Fatal(err)
		}
		want("on trial", "guards by the site file on trial")
		h.pass(2 * time.Hour)
		want("taken back", "")
		h.inForce(strings.Replace(siteFile, `phone: "+8613800000001"`, `phone: "secret:chief"`, 1))
		want("put", h.clock().Wall.In(h.Site().Zone()).Format("guards by the site file accepted 2006-01-02 15:0"))
		want("put", "secrets are missing: chief")
		if text := h.record(event.AlarmRaised, troubleData).Text.En; !strings.Contains(text, "factory") {
			t.Errorf("the journal says %q", text)
		}
		h.end()
		h.start()
		defer h.end()
		want("the next life", "secrets are missing: chief")
	})
}

// A backup is looked through while somebody puts a site file in force: neither waits.
func TestABackupIsLookedThroughBesideAReload(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		looked := make(chan error)
		for i := range 32 {
			go func() { looked <- h.fits(backup.Content{Site: siteFile}) }()
			if i%2 == 1 {
				h.inForce(siteFile + strings.Repeat("# again\n", i+1))
			}
		}
		for range 32 {
			if err := <-looked; !errors.Is(err, errOrphan) {
				t.Errorf("a backup without an administrator: %v", err)
			}
		}
	})
}
