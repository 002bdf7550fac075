package app

import (
	"maps"
	"reflect"
	"slices"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// openings tell the journal who may ask the box without a log-in, and where: each once,
// and again when something of it changed. They belong to the watch goroutine.
type openings struct {
	app     *App
	subject string             // of the records
	told    map[string]opening // by a name of its own for each
}

// opening is one port or terminal of a server for other masters.
type opening struct {
	is             any // what changes with it is told again
	opened, closed point.Words
}

// tell writes down what came, changed or went.
func (o *openings) tell(now map[string]opening) {
	was := o.told
	o.told = now
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, still := now[name]; !still {
			o.record(event.ServerClosed, was[name].closed)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if before, there := was[name]; !there || !reflect.DeepEqual(before.is, now[name].is) {
			o.record(event.ServerOpened, now[name].opened)
		}
	}
}

func (o *openings) record(kind event.Type, text point.Words) {
	o.app.Journal(event.Record{Type: kind, Subject: o.subject, Actor: "box", Text: text})
}
