package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// searches are the newest search of each bus, also when it is over.
type searches struct {
	mutex sync.Mutex
	list  map[string]*seeker
}

func (s *searches) of(name string) *seeker {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.list[name]
}

func (s *searches) names() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Sorted(maps.Keys(s.list))
}

func (s *searches) running(name string) bool {
	x := s.of(name)
	return x != nil && x.Progress().Running
}

// begin keeps the seeker, unless the bus is being searched.
func (s *searches) begin(name string, x *seeker) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if old := s.list[name]; old != nil && old.Progress().Running {
		return false
	}
	if s.list == nil {
		s.list = map[string]*seeker{}
	}
	s.list[name] = x
	return true
}

// seeker is a search as a device of its bus: it takes its turns like the others, and
// behind them. It meets driver.Background.
type seeker struct {
	bus.Search
	name, by string
	over     func() // called once, by the bus's goroutine; does not block
	done     bool   // the bus's goroutine's own
}

var _ driver.Background = (*seeker)(nil)

// id is its device's; no device of a site file can have a colon in its own.
func (s *seeker) id() string { return "search:" + s.name }

// Background: everybody else goes first.
func (s *seeker) Background() {}

// Describe: a search gives no points.
func (s *seeker) Describe() []point.Point { return nil }

// Blocks is the one step.
func (s *seeker) Blocks() []driver.Block {
	return []driver.Block{{Name: "search", Period: time.Millisecond, Timeout: s.Limit()}}
}

// Poll goes one step on. What it finds is no matter of the device's health.
func (s *seeker) Poll(ctx context.Context, _ int, _ driver.Emit) error {
	if !s.done && s.Step(ctx) {
		s.done = true
		s.over()
	}
	return nil
}

// Search begins to search a bus for devices in the name of actor, and writes it
// down. Waits for no wire.
func (a *App) Search(name string, o bus.Order, actor string) error {
	if a.options.Survey == nil || !slices.Contains(a.busNames(), name) {
		return errNoBus
	}
	if a.searches.running(name) {
		return errSearch
	}
	search, err := a.options.Survey(a.site.Load(), name, o)
	if err != nil {
		return err
	}
	s := &seeker{Search: search, name: name, by: actor}
	s.over = func() { go a.endSearch(s, actor) }
	if !a.searches.begin(name, s) {
		search.Close()
		return errSearch
	}
	if err := a.scan.Add(name, s.id(), s); err != nil {
		search.Close()
		return err
	}
	text := point.Words{Zh: "开始搜索总线 " + name + " 上的设备（只读）", En: "Search for devices on bus " + name + " began (it reads only)"}
	if o.Learn {
		text = point.Words{Zh: "开始旁听总线 " + name + " 上别的主站（不发送）", En: "Learning from another master on bus " + name + " began (nothing is sent)"}
	}
	a.Journal(event.Record{Type: event.SearchBegan, Subject: name, Actor: actor, Text: text})
	return nil
}

func (a *App) busNames() (names []string) {
	for _, b := range a.site.Load().Buses {
		names = append(names, b.ID)
	}
	return names
}

// EndSearch stops it where it is. Waits for the exchange under way.
func (a *App) EndSearch(name, actor string) error {
	s := a.searches.of(name)
	if s == nil || !s.Progress().Running {
		return errNoSeek
	}
	a.endSearch(s, actor)
	return nil
}

// endSearches stops all that run: a bus may have changed, or be no more.
func (a *App) endSearches() {
	for _, name := range a.searches.names() {
		_ = a.EndSearch(name, "box") // it may be over
	}
}

// endSearch takes the seeker off the bus, once, and writes down what it found.
func (a *App) endSearch(s *seeker, actor string) {
	if a.scan.Remove(s.id()) != nil {
		return // somebody was quicker
	}
	p := s.Progress()
	found := 0
	for _, f := range p.Findings {
		if f.Device == "" {
			found++
		}
	}
	a.Journal(event.Record{Type: event.SearchEnded, Subject: s.name, Actor: actor, Text: point.Words{
		Zh: fmt.Sprintf("总线 %s 搜索结束：%d 个地址或报文，新发现 %d 台", s.name, p.Asked, found),
		En: fmt.Sprintf("Search of bus %s ended: %d addresses or frames, %d devices found", s.name, p.Asked, found)}})
}

// SearchProgress is how far the newest search of a bus is. Never blocks.
func (a *App) SearchProgress(name string) (bus.Progress, error) {
	s := a.searches.of(name)
	if s == nil {
		return bus.Progress{}, errNoSeek
	}
	p := s.Progress()
	p.By = s.by
	return p, nil
}
