package config

import "watchbox/firmware/point"

// Nearest returns the allowed word that s was probably meant to be, or "".
func Nearest(s string, allowed []string) string {
	best, limit := "", len(s)/3+1
	if len(s) > 64 {
		return ""
	}
	for _, a := range allowed {
		if d := distance(s, a); d <= limit && (best == "" || d < distance(s, best)) {
			best = a
		}
	}
	return best
}

// distance is how many letters must be put in, taken out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// oneOf says which words are allowed, the probable one first.
func oneOf(s string, allowed []string) point.Words {
	const limit = 16
	if len(allowed) == 0 {
		return say("none: the site has none")
	}
	list := joined(allowed[:min(len(allowed), limit)])
	if len(allowed) > limit {
		list.Zh, list.En = list.Zh+" …", list.En+" …"
	}
	if n := Nearest(s, allowed); n != "" {
		return say("%s (probably meant), or one of %s", n, list)
	}
	return say("one of %s", list)
}
