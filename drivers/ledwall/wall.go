package ledwall

import (
	"context"
	"errors"
	"io"
	"time"

	"watchbox/firmware/annunciate"
)

// Strip is a run of pixels: SACN and APA102 are. Show is one attempt.
type Strip interface {
	Show(ctx context.Context, f annunciate.Frame) error
	io.Closer
}

// lampsEvery is how often the lamps are sent while only the text moves.
const lampsEvery = 500 * time.Millisecond

// Wall is the status wall: its lamps on one strip, its text on another or behind
// the lamps. It is an annunciate.Display. E1.31 has no receipt and a chain of LEDs
// no read-back: an error of Show says that the wall cannot be reached, its absence
// does not say that it shines.
type Wall struct {
	lamps, text Strip // text is nil when the text hangs behind the lamps
	matrix      *Matrix
	frame, page annunciate.Frame // as last sent, dimmed
	sent        time.Duration
}

// NewWall makes a wall of its lamps. text and matrix are nil for one without
// text; text alone is nil when the matrix hangs behind the last lamp.
func NewWall(lamps, text Strip, matrix *Matrix) *Wall {
	return &Wall{lamps: lamps, text: text, matrix: matrix, sent: -lampsEvery}
}

// Show sends the picture, both parts of it even when one fails. The lamps are left
// out while they are the same and were sent a moment ago.
func (w *Wall) Show(ctx context.Context, p annunciate.Picture, now time.Duration) error {
	frame := dim(nil, p.Lamps, p.Bright)
	if w.matrix != nil {
		w.page = w.matrix.Draw(w.page[:0], p.Page, now)
		w.page = dim(w.page[:0], w.page, p.Bright)
		if w.text == nil {
			frame = append(frame, w.page...)
		}
	}
	var failed error
	if now-w.sent >= lampsEvery || now < w.sent || !frame.Equal(w.frame) {
		w.frame, w.sent = frame, now
		if failed = w.lamps.Show(ctx, frame); failed != nil {
			w.sent = now - lampsEvery // at once again
		}
	}
	if w.text != nil && w.matrix != nil {
		failed = errors.Join(failed, w.text.Show(ctx, w.page))
	}
	return failed
}

// Close closes both strips.
func (w *Wall) Close() error {
	if w.text == nil {
		return w.lamps.Close()
	}
	return errors.Join(w.lamps.Close(), w.text.Close())
}

// dim appends the pixels at so many percent of their light. It is the one place
// where light is scaled. What is lit stays lit: no colour is rounded to dark.
func dim(to, f annunciate.Frame, percent int) annunciate.Frame {
	percent = min(max(percent, 0), 100)
	for _, c := range f {
		to = append(to, annunciate.RGB{R: scaled(c.R, percent), G: scaled(c.G, percent), B: scaled(c.B, percent)})
	}
	return to
}

func scaled(c uint8, percent int) uint8 {
	if c == 0 || percent == 0 {
		return 0
	}
	return uint8(max(1, (int(c)*percent+50)/100))
}
