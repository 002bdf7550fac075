package main

import (
	"fmt"
	"strings"

	"golang.org/x/text/width"
)

// table prints rows in columns. A Chinese character is as wide as two letters.
func (c *cli) table(rows func(row func(cells ...any))) error {
	return c.print(func() {
		var all [][]string
		rows(func(cells ...any) {
			var r []string
			for _, cell := range cells {
				r = append(r, fmt.Sprint(cell))
			}
			all = append(all, r)
		})
		wide := widths(all)
		for _, r := range all {
			fmt.Fprintln(c.out, line(r, wide))
		}
	})
}

// widths are those of the columns. The last cell of a row takes no part: nothing
// stands to the right of it.
func widths(rows [][]string) (wide []int) {
	for _, r := range rows {
		for i := range len(r) - 1 {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], columns(r[i]))
		}
	}
	return wide
}

// gap is what stands between two columns.
const gap = 2

func line(cells []string, wide []int) string {
	var b strings.Builder
	for i, cell := range cells {
		b.WriteString(cell)
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", wide[i]+gap-columns(cell)))
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// columns is how many places of a terminal the text takes.
func columns(s string) (n int) {
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}
