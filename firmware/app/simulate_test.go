package app

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// A simulated panic rings, is told by SMS and upstream as what it is; a site file
// without its point ends the simulation.
func TestASimulationReachesPhoneAndPlatformMarked(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		h.pass(time.Second)
		order := engine.Command{Verb: engine.Simulate, Target: "oc/panic", Value: point.OfBool(true), For: time.Minute, Actor: "gong"}
		if err := h.Do(context.Background(), order); err != nil {
			t.Fatal(err)
		}
		if !h.sounds() {
			t.Error("the siren does not sound")
		}
		h.pass(10 * time.Second)
		sent := h.messages()
		if len(sent) == 0 || !strings.Contains(sent[0].Text, "【模拟】紧急报警") {
			t.Errorf("SMS: %+v", sent)
		}
		if r := h.record(event.AlarmRaised, "zone/panic"); !r.Simulated || !h.toldUpstream(r) {
			t.Errorf("%+v", r)
		}
		if s := h.Update(); s.Phase == "staged" {
			t.Error(s)
		}
		h.pass(2 * time.Minute)
		h.want("zone/panic", false)
		if r := h.record(event.SimulationEnded, "oc/panic"); r.Actor != "box" {
			t.Errorf("%+v", r)
		}

		order = engine.Command{Verb: engine.Simulate, Target: "meter/temperature", Value: point.OfReal(20), For: time.Hour, Actor: "gong"}
		if err := h.Do(context.Background(), order); err != nil {
			t.Fatal(err)
		}
		gone := strings.NewReplacer("  - {id: meter, driver: self, room: oc}\n", "", "devices:\n", "", "  - {id: hot, label: {zh: 温度高, en: Hot}, points: [meter/temperature], when: {above: 30}, priority: 3}\n", "", "alarms:\n", "")
		h.inForce(gone.Replace(siteFile))
		h.pass(time.Second)
		if r := h.record(event.SimulationEnded, "meter/temperature"); r.Text.En == "" || len(h.View().Simulations) != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func picture(side int) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, side, side)), nil)
	return b.Bytes()
}

func TestPicturesOfTheChecklistAreBounded(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		h.pass(time.Second)
		ctx := context.Background()
		if err := h.Do(ctx, engine.Command{Verb: engine.PassItem, Target: "output/oc/siren", Actor: "gong", Comment: "heard"}); err != nil {
			t.Fatal(err)
		}
		var fault *Refusal
		for name, b := range map[string][]byte{"none": nil, "a text": []byte("<script>"), "too many pixels": picture(photoSide + 1), "too many bytes": append(picture(8), make([]byte, PhotoMost)...)} {
			if err := h.AttachPhoto(ctx, "output/oc/siren", b, "gong"); !errors.As(err, &fault) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := h.AttachPhoto(ctx, "output/oc/siren", picture(8), "gong"); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Second)
		shown := h.shownPhotos()
		if len(shown) != 1 {
			t.Fatal(shown)
		}
		if b, err := h.Photo(shown[0]); err != nil || !bytes.Equal(b, picture(8)) {
			t.Error(err)
		}
		for _, name := range []string{"", "../site.yaml", "..", strings.Repeat("0", 24) + ".jpg"} {
			if _, err := h.Photo(name); !errors.Is(err, ErrNoPhoto) {
				t.Errorf("%q: %v", name, err)
			}
		}
		// What nobody shows gives way, what is shown stays; then the room is full.
		waste := filepath.Join(h.photos(), strings.Repeat("a", 24)+".jpg")
		if err := os.WriteFile(waste, make([]byte, photosMost), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := h.AttachPhoto(ctx, "output/oc/siren", picture(9), "gong"); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(waste); err == nil {
			t.Error("what nobody shows was kept")
		}
		h.pass(time.Second)
		shown = h.shownPhotos()
		if err := os.WriteFile(filepath.Join(h.photos(), shown[0]), make([]byte, photosMost), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := h.AttachPhoto(ctx, "output/oc/siren", picture(10), "gong"); !errors.As(err, &fault) {
			t.Errorf("full: %v", err)
		}
	})
}
