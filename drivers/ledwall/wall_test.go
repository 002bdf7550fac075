package ledwall

import (
	"context"
	"errors"
	"testing"
	"time"

	"watchbox/firmware/annunciate"
)

var _ annunciate.Display = (*Wall)(nil)

// kept is a strip that keeps what it was shown.
type kept struct {
	frames []annunciate.Frame
	fail   error
	closed bool
}

func (k *kept) Show(_ context.Context, f annunciate.Frame) error {
	k.frames = append(k.frames, append(annunciate.Frame(nil), f...))
	return k.fail
}
func (k *kept) Close() error { k.closed = true; return nil }

func (k *kept) last() annunciate.Frame { return k.frames[len(k.frames)-1] }

func TestDim(t *testing.T) {
	for _, row := range []struct {
		percent int
		c, want annunciate.RGB
	}{{100, annunciate.RGB{R: 255, G: 110, B: 1}, annunciate.RGB{R: 255, G: 110, B: 1}}, {20, annunciate.RGB{R: 255, G: 110}, annunciate.RGB{R: 51, G: 22}},
		{1, annunciate.RGB{R: 255, G: 25}, annunciate.RGB{R: 3, G: 1}}, {0, white, annunciate.RGB{}}, {-5, white, annunciate.RGB{}}, {300, white, white}} {
		if got := dim(nil, annunciate.Frame{row.c}, row.percent)[0]; got != row.want {
			t.Errorf("%d percent of %v: %v, want %v", row.percent, row.c, got, row.want)
		}
	}
}

func TestWallPutsTheTextBehindTheLampsOrElsewhere(t *testing.T) {
	picture := annunciate.Picture{Lamps: annunciate.Frame{{R: 200}, {G: 90}}, Bright: 50,
		Page: annunciate.Page{Width: 32, Lines: []annunciate.Line{{Text: "火", Colour: annunciate.RGB{R: 255}, Inverse: true}}}}
	for _, apart := range []bool{false, true} {
		m, _ := NewMatrix(32, 16, "")
		lamps, text := &kept{}, &kept{}
		wall := NewWall(lamps, nil, m)
		if apart {
			wall = NewWall(lamps, text, m)
		}
		if err := wall.Show(t.Context(), picture, time.Hour); err != nil {
			t.Fatal(err)
		}
		got := lamps.last()
		if apart {
			got = append(got, text.last()...)
		}
		if len(got) != 2+32*16 || got[0] != (annunciate.RGB{R: 100}) || got[1] != (annunciate.RGB{G: 45}) || got[2] != (annunciate.RGB{R: 128}) {
			t.Errorf("apart %v: %d pixels, %v", apart, len(got), got[:3])
		}
		if err := wall.Close(); err != nil || !lamps.closed || text.closed != apart {
			t.Errorf("apart %v: closed %v %v %v", apart, lamps.closed, text.closed, err)
		}
	}
}

// TestWallSendsLampsSeldomWhileTheTextMoves, but at once when they change or failed.
func TestWallSendsLampsSeldomWhileTheTextMoves(t *testing.T) {
	m, _ := NewMatrix(32, 16, "")
	lamps, text := &kept{}, &kept{}
	wall := NewWall(lamps, text, m)
	p := annunciate.Picture{Lamps: annunciate.Frame{{R: 200}}, Bright: 100, Page: annunciate.Page{Width: 32, Lines: []annunciate.Line{{Text: "冷通道温度过高", Colour: white}}}}
	for i := range 25 { // a second of scrolling
		_ = wall.Show(t.Context(), p, time.Duration(i)*annunciate.ScrollStep)
	}
	if len(text.frames) != 25 || len(lamps.frames) != 2 {
		t.Errorf("%d frames of text, %d of lamps", len(text.frames), len(lamps.frames))
	}
	p.Lamps = annunciate.Frame{{G: 90}}
	_ = wall.Show(t.Context(), p, 25*annunciate.ScrollStep)
	lamps.fail = errors.New("gone")
	p.Bright = 20
	for i := range 2 {
		if err := wall.Show(t.Context(), p, time.Duration(26+i)*annunciate.ScrollStep); !errors.Is(err, lamps.fail) {
			t.Errorf("a strip that failed: %v", err)
		}
	}
	if len(lamps.frames) != 5 || len(text.frames) != 28 {
		t.Errorf("%d frames of lamps, %d of text", len(lamps.frames), len(text.frames))
	}
}
