package wiring

import (
	"reflect"
	"testing"

	"watchbox/firmware/app"
	"watchbox/firmware/config"
)

// TestAReloadThatChangesADoorTouchesNoDevice: a reader that is opened anew is
// deaf meanwhile, and the card that is held to it is lost.
func TestAReloadThatChangesADoorTouchesNoDevice(t *testing.T) {
	t.Setenv("WATCHBOX_SIM", t.TempDir())
	b := &Builder{dataDir: t.TempDir(), buses: newBuses()}
	f, err := b.Build(read(t, example(t)), func(config.Device) bool { return false }, deaf{})
	if err != nil {
		t.Fatal(err)
	}
	running := map[string]app.Fitted{}
	for _, d := range f.Devices {
		running[d.Spec.ID] = d
	}
	site := read(t, example(t))
	site.Doors[0].TwoPerson, site.Cards = true, site.Cards[1:]
	keep := func(d config.Device) bool {
		_, there := running[d.ID]
		return there && reflect.DeepEqual(running[d.ID].Spec, d)
	}
	if f, err = b.Build(site, keep, deaf{}); err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Devices {
		if d.Device != nil {
			t.Errorf("%s is made anew: %+v, was %+v", d.Spec.ID, d.Spec, running[d.Spec.ID].Spec)
		}
	}
}
