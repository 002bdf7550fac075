package app

import (
	"context"
	"sync"
	"testing"
	"time"

	"watchbox/firmware/bus"
	"watchbox/firmware/config"
	"watchbox/firmware/event"
)

// hunt is a search of so many steps that finds one device at the end.
type hunt struct {
	steps   int
	monitor bus.Monitor

	mutex    sync.Mutex
	progress bus.Progress
	closed   int
}

func (h *hunt) Step(context.Context) bool {
	time.Sleep(100 * time.Millisecond)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.progress.Asked++
	if h.progress.Asked < h.steps {
		return false
	}
	h.progress.Findings = []bus.Finding{{Unit: 7}}
	h.progress.Running = false
	return true
}

func (h *hunt) Limit() time.Duration  { return 200 * time.Millisecond }
func (h *hunt) Monitor() *bus.Monitor { return &h.monitor }
func (h *hunt) Progress() bus.Progress {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.progress
}
func (h *hunt) Close() error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.progress.Running = false
	h.closed++
	return nil
}

const oneBus = siteFile + "buses:\n  - {id: rs485-1, terminal: RS485-1}\n"

func withHunts(h *house) *[]*hunt {
	var hunts []*hunt
	h.write(oneBus)
	h.extra = func(o *Options) {
		o.Survey = func(*config.Site, string, bus.Order) (bus.Search, error) {
			x := &hunt{steps: 20, progress: bus.Progress{Running: true}}
			hunts = append(hunts, x)
			return x, nil
		}
		o.Dissector = func() bus.Dissector { return nil }
	}
	return &hunts
}

func TestSearchRunsBesideTheBoxAndIsWrittenDown(t *testing.T) {
	inHouse(t, func(h *house) {
		hunts := withHunts(h)
		h.start()
		defer h.end()
		if err := h.Search("rs485-2", bus.Order{}, "li"); err != errNoBus {
			t.Errorf("a bus that there is not: %v", err)
		}
		if _, err := h.SearchProgress("rs485-1"); err != errNoSeek {
			t.Errorf("not searched yet: %v", err)
		}
		if err := h.Search("rs485-1", bus.Order{}, "li"); err != nil {
			t.Fatal(err)
		}
		if err := h.Search("rs485-1", bus.Order{}, "wang"); err != errSearch {
			t.Errorf("a second one: %v", err)
		}
		if trace, err := h.Trace("rs485-1"); err != nil {
			t.Errorf("a bus that is only searched cannot be heard: %v", err)
		} else {
			trace.Close()
		}
		time.Sleep(5 * time.Second)
		p, err := h.SearchProgress("rs485-1")
		if err != nil || p.Running || p.Asked != 20 || p.By != "li" {
			t.Errorf("%+v, %v", p, err)
		}
		if x := (*hunts)[0]; x.closed != 1 {
			t.Errorf("closed %d times", x.closed)
		}
		if r := h.record(event.SearchBegan, "rs485-1"); r.Actor != "li" {
			t.Errorf("%+v", r)
		}
		if r := h.record(event.SearchEnded, "rs485-1"); r.Actor != "li" || r.Text.En != "Search of bus rs485-1 ended: 20 addresses or frames, 1 devices found" {
			t.Errorf("%+v", r)
		}
	})
}

func TestSearchIsStoppedByAPersonAndByAReload(t *testing.T) {
	inHouse(t, func(h *house) {
		hunts := withHunts(h)
		h.start()
		defer h.end()
		for i, stop := range []func() error{
			func() error { return h.EndSearch("rs485-1", "wang") },
			func() error { return h.Reload(context.Background(), "wang") },
		} {
			if err := h.Search("rs485-1", bus.Order{}, "li"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			x := (*hunts)[i]
			if p := x.Progress(); p.Running || p.Asked > 12 || x.closed != 1 {
				t.Errorf("stop %d: %+v, closed %d times", i, p, x.closed)
			}
		}
		if n := h.count(event.SearchEnded); n != 2 {
			t.Errorf("%d ends in the journal", n)
		}
		if err := h.EndSearch("rs485-1", "wang"); err != errNoSeek {
			t.Errorf("none runs: %v", err)
		}
	})
}

func TestSearchEndsWithTheBox(t *testing.T) {
	inHouse(t, func(h *house) {
		hunts := withHunts(h)
		h.start()
		if err := h.Search("rs485-1", bus.Order{}, "li"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		h.end()
		if x := (*hunts)[0]; x.Progress().Running || x.closed != 1 {
			t.Errorf("%+v, closed %d times", x.Progress(), x.closed)
		}
	})
}
