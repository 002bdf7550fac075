package ledwall

import (
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// The ways in which the pixels of a matrix hang on their wire, all from the upper
// left corner. Rows is what most controllers make of a panel; the others are
// strips of LEDs laid to and fro.
const (
	Rows          = "rows"
	Zigzag        = "zigzag"         // every other row from the right
	Columns       = "columns"        // column after column
	ColumnsZigzag = "columns-zigzag" // every other column from below
)

// Orders are the ways that NewMatrix knows.
func Orders() []string { return []string{Rows, Zigzag, Columns, ColumnsZigzag} }

// Matrix draws pages. Used by one goroutine at a time.
type Matrix struct {
	width, height int
	order         string
	glyphs        glyphs
	picture       annunciate.Frame // row by row
}

// NewMatrix makes a matrix of so many pixels, at most MostPixels in all. An empty
// order is Rows.
func NewMatrix(width, height int, order string) (*Matrix, error) {
	if order == "" {
		order = Rows
	}
	if width < 1 || height < 1 || width > MostPixels/height {
		size := fmt.Sprintf("%d × %d", width, height)
		return nil, driver.Bad("", size, point.Words{Zh: fmt.Sprintf("文字墙宽 × 高至少 1 × 1，总共不超过 %d 个像素（wall.text）", MostPixels),
			En: fmt.Sprintf("a text wall of 1 × 1 to %d pixels in all (wall.text)", MostPixels)})
	}
	if !slices.Contains(Orders(), order) {
		return nil, driver.BadOption("order", order, driver.OneOf(Orders()...))
	}
	return &Matrix{width: width, height: height, order: order, glyphs: glyphs{}, picture: make(annunciate.Frame, width*height)}, nil
}

// Draw appends the page as it looks at now to f, in the order of the wire. Pure
// but for the memory of glyphs.
func (m *Matrix) Draw(f annunciate.Frame, p annunciate.Page, now time.Duration) annunciate.Frame {
	for i := range m.picture {
		m.picture[i] = p.All
	}
	for i := range p.Lines {
		if top := i * annunciate.LineHeight; top+annunciate.LineHeight <= m.height {
			m.line(top, p.Lines[i], p.Shift(i, now))
		}
	}
	return m.wire(f)
}

// line draws one line from the row top on, moved to the left by shift.
func (m *Matrix) line(top int, l annunciate.Line, shift int) {
	ink := l.Colour
	if l.Inverse {
		ink = annunciate.RGB{}
		for i := range annunciate.LineHeight * m.width {
			m.picture[top*m.width+i] = l.Colour
		}
	}
	x := -shift
	for _, r := range l.Text {
		if x >= m.width {
			return
		}
		g := m.glyphs.of(r)
		if x+g.width > 0 {
			m.stamp(top, x, g, ink)
		}
		x += g.width
	}
}

func (m *Matrix) stamp(top, left int, g glyph, ink annunciate.RGB) {
	for y, row := range g.rows {
		for x := max(0, -left); x < min(g.width, m.width-left); x++ {
			if row&(0x8000>>x) != 0 {
				m.picture[(top+y)*m.width+left+x] = ink
			}
		}
	}
}

// wire appends the picture's pixels as they hang on the wire.
func (m *Matrix) wire(f annunciate.Frame) annunciate.Frame {
	if m.order == Rows {
		return append(f, m.picture...)
	}
	upright := m.order == Columns || m.order == ColumnsZigzag
	runs, long := m.height, m.width
	if upright {
		runs, long = m.width, m.height
	}
	for i := range runs {
		for j := range long {
			if i%2 == 1 && (m.order == Zigzag || m.order == ColumnsZigzag) {
				j = long - 1 - j
			}
			x, y := j, i
			if upright {
				x, y = i, j
			}
			f = append(f, m.picture[y*m.width+x])
		}
	}
	return f
}
