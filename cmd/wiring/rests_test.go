package wiring

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
)

// The example site: the siren holds for its own cut-off, the relay rests at once,
// what the air-conditioner does in silence nobody knows.
func TestOutputsOfTheExampleSite(t *testing.T) {
	t.Setenv("WATCHBOX_SIM", t.TempDir())
	data, err := os.ReadFile(filepath.Join("..", "fieldsim", "site.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	site, problems := config.Parse("site.yaml", data)
	if config.Refused(problems) {
		t.Fatal(problems)
	}
	b, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := range site.Annunciators {
		if site.Annunciators[i].ID == "siren" {
			site.Annunciators[i].CutOff = 3 * time.Minute
		}
	}
	of := map[string]annunciate.Resting{}
	for _, r := range b.Outputs(site) {
		of[string(r.Point)] = r
	}
	for name, want := range map[string]struct {
		kind, state, terminal string
		hold                  time.Duration
	}{
		"oc/siren":           {"sounder", driver.RestOff, "DO1", 3 * time.Minute},
		"oc/beacon":          {"beacon", driver.RestOff, "DO2", 15 * time.Minute},
		"machine-room/relay": {"relay", driver.RestOff, "DO3", 0},
		"door1/strike":       {"strike", driver.RestOff, "DO4", 0},
		"ac1/unit.on":        {"team", driver.RestUnknown, "", 0},
	} {
		r := of[name]
		if r.Kind != want.kind || r.State != want.state || r.Terminal != want.terminal || r.Hold != want.hold || r.Label.IsZero() {
			t.Errorf("%s: %+v, want %+v", name, r, want)
		}
	}
	if label := of["ac1/setpoint.temperature"].Label.Zh; label != "精密空调 1 温度设定" {
		t.Errorf("a set-point is called %q", label)
	}
	if of["oc/siren"].Feedback != "oc/siren-current" || len(of) != 10 { // and four set-points, and the second unit
		t.Errorf("%d outputs, the siren %+v", len(of), of["oc/siren"])
	}
}

// Whoever holds the lines hears of the cut-off, and of a changed one.
func TestHolderHearsOfTheCutOff(t *testing.T) {
	t.Setenv("WATCHBOX_SIM", t.TempDir())
	b, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var heard map[string]time.Duration
	b.Holds = func(h map[string]time.Duration) { heard = h }
	site := &config.Site{Board: "sim", Outputs: []config.Output{{Terminal: "DO1", Point: "oc/siren"}, {Terminal: "DO3", Point: "oc/relay"}},
		Annunciators: []annunciate.Annunciator{{ID: "siren", Kind: "sounder", Output: "oc/siren", CutOff: 10 * time.Minute},
			{ID: "relay", Kind: "sounder", Output: "oc/relay", CutOff: 10 * time.Minute}}}
	never := func(config.Device) bool { return false }
	f, err := b.Build(site, never, deaf{})
	if err != nil {
		t.Fatal(err)
	}
	if heard["DO1"] != 10*time.Minute || heard["DO2"] != 15*time.Minute || heard["DO3"] != 0 {
		t.Errorf("heard %v; want the cut-off for DO1, and no hold where the board rests at once", heard)
	}
	running := f.Devices[0].Spec
	same := func(d config.Device) bool { return d.Options["terminals"] == running.Options["terminals"] }
	site.Annunciators[0].CutOff = 2 * time.Minute
	if _, err := b.Build(site, same, deaf{}); err != nil || heard["DO1"] != 2*time.Minute {
		t.Errorf("after a reload: %v, %v", heard, err)
	}
	f.Devices[0].Device.Close()
}
