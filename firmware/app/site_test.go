package app

import (
	"os"
	"path/filepath"
	"testing"

	"watchbox/firmware/config"
)

// A box without a site file that can be used guards by the board's own, and says so.
func TestWithoutAnySiteFileTheBoardsOwnGuards(t *testing.T) {
	inHouse(t, func(h *house) {
		h.write("version: 1\nid: [")
		if _, _, err := New(Options{SitePath: h.site, DataDir: h.data, Builder: h, Clock: h.clock, Log: t.Logf}); err == nil {
			t.Error("a box that can guard nothing starts")
		}
		standard := filepath.Join(filepath.Dir(h.site), "standard.yaml")
		if err := os.WriteFile(standard, []byte(siteFile), 0o600); err != nil {
			t.Fatal(err)
		}
		h.extra = func(o *Options) { o.Standard = standard }
		h.start()
		defer h.end()
		h.want(troubleConfig, true)
		h.terminal.edges <- true
		if !h.armed || !h.sounds() {
			t.Error("panic pressed, no siren")
		}
		if text, err := config.LoadAccepted(h.data); err == nil {
			t.Errorf("the board's own file counts as accepted: %s", text)
		}
	})
}

// What a power cut left half written is gone with the next start.
func TestAStartSweepsWhatACutLeft(t *testing.T) {
	inHouse(t, func(h *house) {
		left := filepath.Join(h.data, "site-history", "00000001.yaml.saving-1")
		if err := os.MkdirAll(filepath.Dir(left), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left, []byte("# watch"), 0o600); err != nil {
			t.Fatal(err)
		}
		h.start()
		defer h.end()
		if _, err := os.Lstat(left); !os.IsNotExist(err) {
			t.Errorf("it is still there: %v", err)
		}
	})
}
