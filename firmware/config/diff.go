package config

import (
	"slices"
	"strings"
)

// Line is one line of a comparison.
type Line struct {
	Kind string `json:"kind" allowed:"same|gone|new|cut"` // cut: equal lines are left out here
	Text string `json:"text,omitempty"`
}

const (
	around   = 3       // equal lines shown beside a difference
	diffWork = 4 << 20 // cells of the table; beyond that the middle is told as replaced whole
)

// Diff compares two site files line by line. Pure; bounded in time and memory.
func Diff(before, after string) []Line {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	all := lines("same", a[:head])
	all = append(all, middle(a[head:len(a)-tail], b[head:len(b)-tail])...)
	return shorten(append(all, lines("same", a[len(a)-tail:])...))
}

func lines(kind string, texts []string) (list []Line) {
	for _, t := range texts {
		list = append(list, Line{kind, t})
	}
	return list
}

// middle compares by the longest common subsequence.
func middle(a, b []string) (list []Line) {
	if (len(a)+1)*(len(b)+1) > diffWork {
		return append(lines("gone", a), lines("new", b)...)
	}
	width := len(b) + 1
	long := make([]int32, (len(a)+1)*width) // of the common subsequence of a[i:] and b[j:]
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				long[i*width+j] = long[(i+1)*width+j+1] + 1
			} else {
				long[i*width+j] = max(long[(i+1)*width+j], long[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			list = append(list, Line{"same", a[i]})
			i, j = i+1, j+1
		case long[(i+1)*width+j] >= long[i*width+j+1]:
			list = append(list, Line{"gone", a[i]})
			i++
		default:
			list = append(list, Line{"new", b[j]})
			j++
		}
	}
	return append(append(list, lines("gone", a[i:])...), lines("new", b[j:])...)
}

// shorten leaves out equal lines far from any difference; nothing is left when
// there is none.
func shorten(all []Line) []Line {
	near := make([]bool, len(all))
	for i, l := range all {
		if l.Kind != "same" {
			for k := max(0, i-around); k <= min(len(all)-1, i+around); k++ {
				near[k] = true
			}
		}
	}
	list := []Line{}
	for i, l := range all {
		switch {
		case near[i]:
			list = append(list, l)
		case len(list) > 0 && list[len(list)-1].Kind != "cut" && slices.Contains(near[i:], true):
			list = append(list, Line{Kind: "cut"})
		}
	}
	return list
}
