package maps

import (
	stdmaps "maps"
	"slices"
	"strings"
	"sync"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Set is what a box has of maps: those that are linked in, and the installer's own,
// named own/…. nil has no own ones. A Set never changes; any goroutine.
type Set struct{ own map[string]*own }

// own is one map of the installer's, read when it is first asked for.
type own struct {
	text  []byte // nil: damaged
	parse func() (*Map, error)
}

// NewSet takes the texts of the own maps, by name without own/; nil is a damaged one.
func NewSet(texts map[string][]byte) *Set {
	s := &Set{own: map[string]*own{}}
	for name, text := range texts {
		s.own[name] = &own{text, sync.OnceValues(func() (*Map, error) { return parseOwn(name, text) })}
	}
	return s
}

func parseOwn(name string, text []byte) (*Map, error) {
	full := driver.OwnMap + name
	if text == nil {
		return nil, &driver.LostMap{Map: full, Reason: point.Words{Zh: "已损坏", En: "is damaged"}}
	}
	m, err := Parse(full+".yaml", text)
	if err != nil { // a later firmware may read maps more strictly
		return nil, &driver.LostMap{Map: full, Reason: FirstFault(err)}
	}
	m.Name = full
	return m, nil
}

// FirstFault is the first thing that is wrong with a map, for one line.
func FirstFault(err error) point.Words {
	w := point.Words{Zh: err.Error(), En: err.Error()}
	if all, is := err.(config.Problems); is {
		w = all.First()
	}
	return point.Words{Zh: "有误（" + w.Zh + "）", En: "is wrong (" + w.En + ")"}
}

// Texts are the own maps as they were written, by name without own/; nil is damaged.
func (s *Set) Texts() map[string][]byte {
	texts := map[string][]byte{}
	if s != nil {
		for name, o := range s.own {
			texts[name] = o.text
		}
	}
	return texts
}

// Own are the names of the own maps, in order.
func (s *Set) Own() (names []string) {
	for _, name := range slices.Sorted(stdmaps.Keys(s.Texts())) {
		names = append(names, driver.OwnMap+name)
	}
	return names
}

// Names lists every map, the installer's own first: of two that fit a device alike
// his is proposed.
func (s *Set) Names() []string { return append(s.Own(), Names()...) }

// Load is Load of any map of the set. An own one that is missing, or cannot be read,
// is a *driver.LostMap.
func (s *Set) Load(name string) (*Map, error) {
	short, is := strings.CutPrefix(name, driver.OwnMap)
	if !is {
		return Load(name)
	}
	if s == nil || s.own[short] == nil {
		return nil, &driver.LostMap{Map: name, Reason: point.Words{Zh: "不在本机上", En: "is not on this box"}}
	}
	return s.own[short].parse()
}

// LoadFor is Load of a map of that protocol; another one wraps driver.ErrUnsupported.
func (s *Set) LoadFor(protocol, name string) (*Map, error) {
	m, err := s.Load(name)
	if err == nil && m.Protocol != protocol {
		return nil, driver.Fail(driver.ErrUnsupported, "map %q is of %s, wanted %s", name, m.Protocol, protocol)
	}
	return m, err
}

// Text is a map as it was written; false when there is none that can be read.
func (s *Set) Text(name string) ([]byte, bool) {
	if short, is := strings.CutPrefix(name, driver.OwnMap); is {
		text := s.Texts()[short]
		return text, text != nil
	}
	text, err := files.ReadFile(name + ".yaml")
	return text, err == nil
}

// List describes every map, the installer's own first. The first call reads them all.
func (s *Set) List() []driver.Map { return append(s.entries(s.Own()), builtIn()...) }

// builtIn describes the maps that are linked in: they never change.
var builtIn = sync.OnceValue(func() []driver.Map { return (*Set)(nil).entries(Names()) })

func (s *Set) entries(names []string) (list []driver.Map) {
	for _, name := range names {
		m, err := s.Load(name)
		if err != nil {
			list = append(list, driver.Map{Name: name, Own: true, Fault: Reason(err)})
			continue
		}
		list = append(list, m.Entry())
	}
	return list
}

// Reason is why a map cannot be read, to be said after its name.
func Reason(err error) point.Words {
	if lost, is := err.(*driver.LostMap); is {
		return lost.Reason
	}
	return FirstFault(err)
}
