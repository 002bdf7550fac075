package annunciate

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// What the planner and a display agree on. A text is set in columns of 6 pixels:
// a letter takes one, a Chinese character two. A text that is wider than the
// matrix stands still for a second, moves to the left by one pixel per
// ScrollStep, which is two characters a second, stands again, and begins anew.
const (
	ColumnWidth = 6  // pixels
	LineHeight  = 16 // pixels
	ScrollStep  = 40 * time.Millisecond
	scrollPause = time.Second
	mostColumns = 120 // of one line: what is longer ends in an ellipsis
)

// Line is one line of text. An inverse one is dark on a ground of its colour.
type Line struct {
	Text    string
	Colour  RGB
	Inverse bool
}

// Page is what the text part shows, at most one Line per 16 rows, from the top;
// without lines it is dark. All is Lamps' colour while every pixel is tested.
type Page struct {
	Lines []Line
	Since time.Duration // monotonic time at which it began: a scroll starts there
	Width int           // of the matrix, pixels; 0: there is no text part
	All   RGB           // every pixel, for a lamp test; zero otherwise
}

func (p Page) equal(q Page) bool {
	return p.Since == q.Since && p.Width == q.Width && p.All == q.All && slices.Equal(p.Lines, q.Lines)
}

// Shift is by how many pixels the i-th line has moved to the left at now.
func (p Page) Shift(i int, now time.Duration) int {
	over := p.over(i)
	if over <= 0 || now < p.Since {
		return 0
	}
	into := (now-p.Since)%scrolls(over) - scrollPause
	return min(max(int(into/ScrollStep), 0), over)
}

// Moves tells whether any line has to move to be seen whole.
func (p Page) Moves() bool { return p.widest() > 0 }

// over is how many pixels of the line do not fit.
func (p Page) over(i int) int { return Columns(p.Lines[i].Text)*ColumnWidth - p.Width }

func (p Page) widest() (over int) {
	for i := range p.Lines {
		over = max(over, p.over(i))
	}
	return over
}

// scrolls is how long a text takes that is too wide by so many pixels.
func scrolls(over int) time.Duration { return 2*scrollPause + time.Duration(over)*ScrollStep }

// Columns is how wide the text is, in columns of ColumnWidth.
func Columns(text string) (n int) {
	for _, r := range text {
		n += RuneColumns(r)
	}
	return n
}

// RuneColumns is 2 for what East Asian typography sets in a square, 0 for marks
// that stand on the letter before them and for what cannot be seen, else 1.
func RuneColumns(r rune) int {
	switch {
	case r < ' ' || r >= 0x7f && r < 0xa0 || unicode.In(r, unicode.Mn, unicode.Cf):
		return 0
	case r < 0x1100:
		return 1
	}
	for _, w := range wide {
		if r >= w[0] && r <= w[1] {
			return 2
		}
	}
	return 1
}

// wide are the ranges of Unicode's East Asian Width (UAX #11) W and F that a
// Chinese text can hold.
var wide = [][2]rune{{0x4e00, 0x9fff}, {0x2e80, 0x303e}, {0xff01, 0xff60}, {0x3041, 0x33ff}, {0x3400, 0x4dbf},
	{0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xffe0, 0xffe6}, {0xac00, 0xd7a3}, {0x1100, 0x115f}, {0xa000, 0xa4cf}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}}

// plain is the text as one line of at most mostColumns.
func plain(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if Columns(text) <= mostColumns {
		return text
	}
	n := 0
	for i, r := range text {
		if n += RuneColumns(r); n >= mostColumns {
			return text[:i] + "…"
		}
	}
	return text
}
