package point

import "strings"

// Fill puts what with gives, in both languages, in the place of each {name}. A
// brace that is not closed stays.
func (w Words) Fill(with func(name string) Words) Words {
	return Words{
		Zh: fill(w.Zh, func(name string) string { return with(name).In("zh") }),
		En: fill(w.En, func(name string) string { return with(name).In("en") }),
	}
}

func fill(text string, with func(name string) string) string {
	var b strings.Builder
	for {
		before, rest, opened := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !opened || !closed {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(before + with(name))
		text = after
	}
}
