package ledwall

import (
	"image"

	"github.com/hajimehoshi/bitmapfont/v3"
	"golang.org/x/image/math/fixed"

	"watchbox/firmware/annunciate"
)

// glyph is one character as rows of bits, the leftmost pixel in bit 15.
type glyph struct {
	rows  [annunciate.LineHeight]uint16
	width int // pixels
}

// box stands for a character that the font does not have: that something is
// missing must be seen. Of GB 2312 the font has all 3 755 characters of the first
// level and 6 450 of 6 763 in all.
var box = [annunciate.LineHeight]uint16{2: 0x7fe0, 3: 0x4020, 4: 0x4020, 5: 0x4020, 6: 0x4020, 7: 0x4020, 8: 0x4020, 9: 0x4020, 10: 0x4020, 11: 0x4020, 12: 0x7fe0}

// glyphs remembers the characters that were used, at most mostGlyphs of them.
// The font decodes all of its own at the first: 1.5 MB that a wall without text
// never needs.
type glyphs map[rune]glyph

// mostGlyphs is more than a site uses; beyond it the memory begins anew.
const mostGlyphs = 2000

func (g glyphs) of(r rune) glyph {
	if known, ok := g[r]; ok {
		return known
	}
	if len(g) >= mostGlyphs {
		clear(g)
	}
	made := glyph{width: annunciate.RuneColumns(r) * annunciate.ColumnWidth}
	if made.width > 0 && r != ' ' && r != '\u3000' {
		made.rows = bits(r, made.width)
	}
	g[r] = made
	return made
}

// bits draws the character into its cell of so many pixels. The font's cells are
// 16 high and 6 or 12 wide.
func bits(r rune, width int) (rows [annunciate.LineHeight]uint16) {
	where, mask, from, _, ok := bitmapfont.FaceSC.Glyph(fixed.Point26_6{}, r)
	empty := true
	for y := 0; ok && y < min(where.Dy(), len(rows)); y++ {
		for x := range min(where.Dx(), width) {
			if lit(mask, from.X+x, from.Y+y) {
				rows[y] |= 0x8000 >> x
				empty = false
			}
		}
	}
	if empty {
		return frame(width)
	}
	return rows
}

func lit(mask image.Image, x, y int) bool {
	_, _, _, a := mask.At(x, y).RGBA()
	return a > 0
}

// frame is the box, of half the width for a narrow character.
func frame(width int) [annunciate.LineHeight]uint16 {
	rows := box
	if width > annunciate.ColumnWidth {
		return rows
	}
	for y := range rows {
		if rows[y] &= 0x7c00; y > 2 && y < 12 {
			rows[y] = 0x4400
		}
	}
	return rows
}
