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
)

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
		shown := h.shown()
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
	})
}

// shown are the pictures that the checklist has.
func (h *house) shown() (names []string) {
	for _, v := range h.View().Checklist {
		if v.Entry != nil && v.Entry.Photo != "" {
			names = append(names, v.Entry.Photo)
		}
	}
	return names
}

// What belongs to nothing gives way first, then what belongs to an item that is gone;
// what is shown stays, and then the room is full.
func TestPicturesGiveWayInOrder(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		h.pass(time.Second)
		attach := func(item string, side int) error {
			return h.AttachPhoto(context.Background(), item, picture(side), "gong")
		}
		fill := func(name string, size int) (path string) {
			path = filepath.Join(h.photos(), name)
			if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		const siren, meter = "output/oc/siren", "point/meter/temperature"
		for i, item := range []string{meter, siren} {
			if err := h.Do(context.Background(), engine.Command{Verb: engine.PassItem, Target: item, Actor: "gong", Comment: "seen"}); err != nil {
				t.Fatal(err)
			}
			if err := attach(item, 8+i); err != nil {
				t.Fatal(err)
			}
		}
		h.pass(time.Second)
		shown := h.shown()
		h.inForce(withoutMeter.Replace(siteFile))
		h.pass(time.Second)
		stays := h.shown()
		if len(shown) != 2 || len(stays) != 1 {
			t.Fatal(shown, stays)
		}
		gone := shown[0]
		if gone == stays[0] {
			gone = shown[1]
		}
		waste, half := fill(strings.Repeat("a", 24)+".jpg", photosMost/2), fill(gone, photosMost/2)
		if err := attach(siren, 9); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(waste); err == nil {
			t.Error("what belongs to nothing was kept")
		}
		if _, err := os.Stat(half); err != nil {
			t.Error("the picture of an item that may come back went first:", err)
		}
		fill(gone, photosMost)
		if err := attach(siren, 9); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(half); err == nil {
			t.Error("the picture of an item that is gone keeps others out")
		}
		fill(stays[0], photosMost)
		var full *Refusal
		if err := attach(siren, 10); !errors.As(err, &full) || full != errFull {
			t.Errorf("full: %v", err)
		}
	})
}

// Two at a time are no more than one after the other: the last place is given once.
func TestTheLastPlaceIsGivenOnce(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		h.pass(time.Second)
		items, results := []string{"output/oc/siren", "point/meter/temperature"}, make(chan error, 2)
		for _, item := range items {
			if err := h.Do(context.Background(), engine.Command{Verb: engine.PassItem, Target: item, Actor: "gong", Comment: "seen"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.AttachPhoto(context.Background(), items[0], picture(8), "gong"); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Second)
		big := append(picture(9), make([]byte, PhotoMost/2)...)
		if err := os.WriteFile(filepath.Join(h.photos(), h.shown()[0]), make([]byte, photosMost-len(big)), 0o600); err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			go func() {
				results <- h.AttachPhoto(context.Background(), items[1], append(big[:len(big)-1:len(big)-1], byte(i)), "gong")
			}()
		}
		<-results
		<-results
		if _, total, err := h.keptPhotos(); err != nil || total > photosMost {
			t.Errorf("%d bytes, %v", total, err)
		}
	})
}
