package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"watchbox/firmware/bus"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
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

// spareShare is what a search gets of a bus that is never free long enough for it, in percent.
const spareShare = 5

// seeker is a search that runs, or ran.
type seeker struct {
	bus.Search
	name, by string
	stop     context.CancelFunc
	gone     chan struct{} // closed when it is over, or was stopped
	told     sync.Once     // its end was written down
}

// run goes on step by step, in the spare time of the bus, and closes the search. It
// returns when the search is over, ctx ends or the bus does. What it finds is no
// matter of any device's health.
func (s *seeker) run(ctx context.Context, g *scan.Guest) {
	defer s.Close()
	for over := false; !over; {
		err := g.Do(ctx, s.Limit(), func(step context.Context) error {
			step, stop := context.WithCancel(step)
			defer stop()
			defer context.AfterFunc(ctx, stop)()
			over = s.Step(step)
			return nil
		})
		if err != nil {
			return
		}
	}
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
	ctx, stop := context.WithCancel(context.Background())
	s := &seeker{Search: search, name: name, by: actor, stop: stop, gone: make(chan struct{})}
	if !a.searches.begin(name, s) {
		stop()
		search.Close()
		return errSearch
	}
	text := point.Words{Zh: "开始搜索总线 " + name + " 上的设备（只读）", En: "Search for devices on bus " + name + " began (it reads only)"}
	if o.Learn {
		text = point.Words{Zh: "开始旁听总线 " + name + " 上别的主站（不发送）", En: "Learning from another master on bus " + name + " began (nothing is sent)"}
	}
	a.Journal(event.Record{Type: event.SearchBegan, Subject: name, Actor: actor, Text: text})
	go func() {
		defer close(s.gone)
		s.run(ctx, a.scan.Spare(name, spareShare))
		if ctx.Err() == nil { // else who stopped it is named
			a.searchEnded(s, actor)
		}
		stop()
	}()
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
	s.stop()
	<-s.gone
	a.searchEnded(s, actor)
	return nil
}

// endSearches stops all that run: a bus may have changed, or be no more.
func (a *App) endSearches() {
	for _, name := range a.searches.names() {
		_ = a.EndSearch(name, "box") // it may be over
	}
}

// searchEnded writes down what was found, once.
func (a *App) searchEnded(s *seeker, actor string) { s.told.Do(func() { a.tellSearch(s, actor) }) }

func (a *App) tellSearch(s *seeker, actor string) {
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
