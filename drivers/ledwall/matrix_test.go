package ledwall

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/hajimehoshi/bitmapfont/v3"

	"watchbox/firmware/annunciate"
)

var update = flag.Bool("update", false, "write the pictures anew; look at them before you keep them")

var (
	red   = annunciate.RGB{R: 255}
	white = annunciate.RGB{R: 255, G: 255, B: 255}
)

// art is a picture as text: one letter per pixel, a line per row.
func art(f annunciate.Frame, width int) string {
	var b strings.Builder
	for i, c := range f {
		switch c {
		case annunciate.RGB{}:
			b.WriteByte('.')
		case red:
			b.WriteByte('R')
		case white:
			b.WriteByte('W')
		default:
			b.WriteByte('?')
		}
		if i%width == width-1 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// pages are the pictures that are kept in testdata.
var pages = map[string]struct {
	width, height int
	lines         []annunciate.Line
	after         time.Duration
}{
	"chinese":      {64, 16, []annunciate.Line{{Text: "漏水报警", Colour: red}}, 0},
	"latin":        {96, 16, []annunciate.Line{{Text: "UPS1 23.4 °C", Colour: white}}, 0},
	"inverse":      {64, 16, []annunciate.Line{{Text: "火警 1/2", Colour: red, Inverse: true}}, 0},
	"two-lines":    {96, 32, []annunciate.Line{{Text: "机房：烟感报警", Colour: red}, {Text: "拨打 119", Colour: white}}, 0},
	"scrolled":     {64, 16, []annunciate.Line{{Text: "冷通道温度过高", Colour: red}}, time.Second + 9*annunciate.ScrollStep},
	"unknown":      {64, 16, []annunciate.Line{{Text: "𠮷鼗a\U0001F525b", Colour: white}}, 0},
	"too-many":     {32, 16, []annunciate.Line{{Text: "一", Colour: red}, {Text: "二", Colour: red}}, 0},
	"nothing":      {32, 16, nil, 0},
	"combined":     {32, 16, []annunciate.Line{{Text: "e\u0301\u200b\x01x", Colour: white}}, 0},
	"no-room-left": {32, 16, []annunciate.Line{{Text: "温度过高", Colour: white}}, 0},
}

func TestPagesAsPictures(t *testing.T) {
	for name, p := range pages {
		m, err := NewMatrix(p.width, p.height, "")
		if err != nil {
			t.Fatal(err)
		}
		got := art(m.Draw(nil, annunciate.Page{Lines: p.lines, Width: p.width}, p.after), p.width)
		file := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// TestLampTestLightsAll: every pixel, also those that no text reaches.
func TestLampTestLightsAll(t *testing.T) {
	m, _ := NewMatrix(40, 20, Zigzag)
	for _, c := range m.Draw(nil, annunciate.Page{Width: 40, All: white}, 0) {
		if c != white {
			t.Fatal("a pixel is not lit")
		}
	}
}

func TestOrders(t *testing.T) {
	at := func(n int) annunciate.RGB { return annunciate.RGB{G: uint8(n)} }
	for order, want := range map[string][]int{Rows: {1, 2, 3, 4, 5, 6}, Zigzag: {1, 2, 3, 6, 5, 4}, Columns: {1, 4, 2, 5, 3, 6}, ColumnsZigzag: {1, 4, 5, 2, 3, 6}} {
		m, err := NewMatrix(3, 2, order)
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.picture {
			m.picture[i] = at(i + 1)
		}
		var expected annunciate.Frame
		for _, n := range want {
			expected = append(expected, at(n))
		}
		if got := m.wire(nil); !got.Equal(expected) {
			t.Errorf("%s: %v, want %v", order, got, expected)
		}
	}
	for _, bad := range []struct {
		width, height int
		order         string
	}{{0, 16, ""}, {64, 0, ""}, {-1, -1, ""}, {MostPixels, 2, ""}, {math.MaxInt / 2, 4, ""}, {64, 16, "spiral"}} {
		if _, err := NewMatrix(bad.width, bad.height, bad.order); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// TestFontHasWhatTheBoxSays: every character of the product's own texts has a
// glyph, and the font's widths are those by which the planner counts.
func TestFontHasWhatTheBoxSays(t *testing.T) {
	used := map[rune]bool{}
	for r := rune(' '); r < 0x7f; r++ {
		used[r] = true
	}
	for _, folder := range []string{"../../firmware", "../../cmd/fieldsim", "../maps"} {
		collect(t, folder, used)
	}
	missing := 0
	for r := range used {
		if r == ' ' || r == '\u3000' {
			continue
		}
		if g := bits(r, annunciate.RuneColumns(r)*annunciate.ColumnWidth); unicode.Is(unicode.Han, r) && g == frame(12) {
			missing++
			t.Errorf("no glyph of %c %U", r, r)
		}
	}
	if len(used) < 500 || missing > 0 {
		t.Errorf("%d characters, %d missing", len(used), missing)
	}
}

// collect reads the Chinese of every Go and YAML file that is no test.
func collect(t *testing.T, folder string, used map[rune]bool) {
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !slices.Contains([]string{".go", ".yaml"}, filepath.Ext(path)) {
			return err
		}
		b, err := os.ReadFile(path)
		for _, r := range string(b) {
			if unicode.Is(unicode.Han, r) && r < 0x10000 {
				used[r] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWidthsAreThoseOfTheFont(t *testing.T) {
	wrong := 0
	for r := rune(' '); r < 0x10000; r++ {
		if !(unicode.Is(unicode.Han, r) || r < 0x7f || r >= 0x3000 && r < 0x3040 || r >= 0xff01 && r < 0xff61) || annunciate.RuneColumns(r) == 0 {
			continue
		}
		if advance, ok := fontWidth(r); ok && advance != annunciate.RuneColumns(r)*annunciate.ColumnWidth {
			if wrong++; wrong < 10 {
				t.Errorf("%c %U: the font's is %d pixels, the planner counts %d columns", r, r, advance, annunciate.RuneColumns(r))
			}
		}
	}
}

func fontWidth(r rune) (pixels int, ok bool) {
	advance, ok := bitmapfont.FaceSC.GlyphAdvance(r)
	return advance.Round(), ok
}

func TestGlyphsAreBounded(t *testing.T) {
	m, _ := NewMatrix(64, 16, "")
	for r := rune(0x4e00); r < 0x4e00+3*mostGlyphs; r++ {
		m.glyphs.of(r)
	}
	if len(m.glyphs) > mostGlyphs {
		t.Errorf("%d glyphs are kept", len(m.glyphs))
	}
}

func FuzzDraw(f *testing.F) {
	f.Add("漏水报警", 64, 16, int64(0))
	f.Add("e\u0301\x00\xff𠮷", 1, 64, int64(-5))
	f.Fuzz(func(t *testing.T, text string, width, height int, now int64) {
		m, err := NewMatrix(width%600, height%80, Columns)
		if err != nil || len(text) > 4096 {
			return
		}
		page := annunciate.Page{Width: m.width, Lines: []annunciate.Line{{Text: text, Colour: red}, {Text: text, Colour: white, Inverse: true}}}
		if got := m.Draw(nil, page, time.Duration(now)); len(got) != m.width*m.height {
			t.Fatal(fmt.Sprint(len(got), " pixels"))
		}
	})
}

func BenchmarkDraw(b *testing.B) {
	m, _ := NewMatrix(128, 32, Zigzag)
	page := annunciate.Page{Width: 128, Lines: []annunciate.Line{{Text: "1/2 紧急报警 机房：冷通道温度过高（32.4 °C） 03:12", Colour: red}, {Text: "立即到场，启动备用制冷，准备有序关机", Colour: white}}}
	var f annunciate.Frame
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		f = m.Draw(f[:0], page, time.Duration(n)*annunciate.ScrollStep)
	}
}
