package megatec

import (
	"bytes"
	"fmt"
	"strings"

	"watchbox/firmware/bus"
	"watchbox/firmware/point"
)

// questions are all that this package can send.
func questions() (all []*query) {
	for _, d := range dialects {
		all = append(append(append(all, d.main), d.others...), d.ratings...)
	}
	return all
}

// Dissect explains a line of text. asked is the question before; with it the
// fields of the answer have their names. A Length of 0 means that b holds no whole
// line. Pure; for any bytes.
func Dissect(b, asked []byte) bus.Meaning {
	line, _, whole := bytes.Cut(b, []byte{'\r'})
	if !whole || len(line) > inputLimit {
		return bus.Meaning{}
	}
	text := fmt.Sprintf("%q", line)
	m := bus.Meaning{Protocol: bus.Megatec, Length: len(line) + 1, Text: point.Words{Zh: text, En: text}}
	for _, q := range questions() {
		if q.text != strings.TrimSuffix(string(asked), "\r") {
			continue
		}
		if all, err := q.parse(string(line)); err == nil {
			m.Text.Zh, m.Text.En = text+" "+fields(q, all), text+" "+fields(q, all)
			break
		}
	}
	return m
}

func fields(q *query, all map[string]reading) string {
	var texts []string
	for _, f := range q.fields {
		if r := all[f.item]; !r.value.IsNone() && f.item != warnings {
			texts = append(texts, f.item+"="+r.value.String())
		}
	}
	return strings.Join(texts, " ")
}

// Dialects is how many there are: how often a silent unit is polled until all were tried.
var Dialects = len(dialects)
