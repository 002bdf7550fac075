package wiring

import (
	"strings"

	"watchbox/drivers/maps"
	"watchbox/firmware/app"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// shelf is what the box knows of maps; it meets app.Maps. Any goroutine.
type shelf struct{ *Builder }

// Maps are those that the builder makes devices by.
func (b *Builder) Maps() app.Maps { return shelf{b} }

func (s shelf) List() []driver.Map                       { return s.set.Load().List() }
func (s shelf) Text(name string) ([]byte, bool)          { return s.set.Load().Text(name) }
func (s shelf) Texts() map[string][]byte                 { return s.set.Load().Texts() }
func (s shelf) Use(texts map[string][]byte)              { s.set.Store(maps.NewSet(texts)) }
func (s shelf) With(texts map[string][]byte) app.Builder { return s.scratch(maps.NewSet(texts)) }

// Check tells what is wrong with a map that is to be kept under that name.
func (s shelf) Check(name string, text []byte) error {
	_, err := maps.Parse(driver.OwnMap+name+".yaml", text)
	return err
}

// scratch is a builder with other maps that shares no wire with this one: to try
// something.
func (b *Builder) scratch(set *maps.Set) *Builder {
	s := &Builder{dataDir: b.dataDir, buses: newBuses()}
	s.set.Store(set)
	return s
}

// ownMaps are the installer's, with what is wrong with those that the site names: the
// others are not read.
func (b *Builder) ownMaps(site *config.Site) map[string]point.Words {
	set, own := b.set.Load(), map[string]point.Words{}
	for _, name := range set.Own() {
		own[name] = point.Words{}
	}
	for _, d := range site.Devices {
		if _, there := own[d.Map]; !there {
			continue
		}
		if _, err := set.Load(d.Map); err != nil {
			own[d.Map] = maps.Reason(err)
		}
	}
	return own
}

// mapped is whether the map can be read: what config says of one that cannot be is
// better than what the driver could say.
func (b *Builder) mapped(name string) bool {
	set := b.set.Load()
	if strings.HasPrefix(name, driver.OwnMap) {
		_, err := set.Load(name)
		return err == nil
	}
	_, there := set.Text(name)
	return there
}
