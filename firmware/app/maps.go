package app

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// The installer's own maps stand in the data directory. A site file names one as
// own/NAME; a change of one that is in use is a reload like that of a new site file.

var (
	errMapName   = refusal("bad-map-name", "自有点表名为 own/ 加 1–40 个小写字母、数字或横线，如 own/acme-th", "An own map is called own/ and 1 to 40 lower-case letters, digits or '-', such as own/acme-th")
	errMapSize   = refusal("map-too-large", fmt.Sprintf("点表最大 %d KB", config.OwnMapMost>>10), fmt.Sprintf("A map has at most %d KB", config.OwnMapMost>>10))
	errMapsFull  = refusal("too-many-maps", fmt.Sprintf("自有点表最多 %d 张：请先删除不用的", config.OwnMapsMost), fmt.Sprintf("There are at most %d own maps: remove one that is not used first", config.OwnMapsMost))
	errNoMaps    = refusal("no-own-maps", "此程序没有自有点表", "This program has no own maps")
	errMapDisk   = refusal("map-not-written", "点表写不进存储卡，未作任何改动：请检查存储卡及其剩余空间，再试一次", "The disk does not take the map, and nothing was changed: check the flash card and its free space, then try again")
	errNoSite    = refusal("no-accepted-site", "读不出最后生效的站点文件，未作任何改动：请先上传站点文件", "The site file accepted last cannot be read, and nothing was changed: put a site file in force first")
	errMapOnSite = refusal("site-on-trial", "站点文件正在试行：请先确认或等它退回，再改它用到的点表", "A site file is on trial: confirm it or wait until it is over before you change a map that it uses")
)

func (a *App) ownMaps() config.OwnMaps { return config.OwnMapsOf(a.options.DataDir) }

// Maps lists the maps of products, the installer's own first. Never blocks.
func (a *App) Maps() []driver.Map {
	if a.options.Maps == nil {
		return nil
	}
	return a.options.Maps.List()
}

// MapText is a map as it was written, of any kind. config.ErrNoMap. Never blocks.
func (a *App) MapText(name string) ([]byte, error) {
	if a.options.Maps != nil {
		if text, is := a.options.Maps.Text(name); is {
			return text, nil
		}
	}
	return nil, config.ErrNoMap
}

// MapUsers are the devices by map: of the site file in force, and of the accepted one,
// to which the box may go back. Blocks on the disk.
func (a *App) MapUsers() map[string][]string {
	sites, users := []*config.Site{a.site.Load()}, map[string][]string{}
	if accepted, _, err := a.accepted(); err == nil {
		sites = append(sites, accepted)
	}
	for _, s := range sites {
		for _, d := range s.Devices {
			if !slices.Contains(users[d.Map], d.ID) {
				users[d.Map] = append(users[d.Map], d.ID)
			}
		}
	}
	return users
}

// PutMap keeps an own map (own/NAME) and, where a device is made by it, puts it in
// force. One with faults (config.ErrMap), or with which the accepted site file would not be
// accepted any more (ErrSite), changes nothing. Blocks on the disk.
func (a *App) PutMap(ctx context.Context, name string, text []byte, actor string) error {
	short, is := strings.CutPrefix(name, driver.OwnMap)
	switch {
	case a.options.Maps == nil:
		return errNoMaps
	case !is || !config.OwnMapName(short):
		return errMapName
	case len(text) > config.OwnMapMost:
		return errMapSize
	}
	if err := a.options.Maps.Check(short, text); err != nil {
		return fmt.Errorf("%w:\n%w", config.ErrMap, err)
	}
	return a.alone(ctx, func() error {
		next := a.options.Maps.Texts()
		if next[short] = text; len(next) > config.OwnMapsMost {
			return errMapsFull
		}
		if err := a.changeMap(short, next); err != nil {
			return err
		}
		a.mapChanged(name, actor, "已保存", "is kept")
		return nil
	})
}

// RemoveMap takes an own map away; not while a device is made by it. config.ErrNoMap. Blocks
// on the disk.
func (a *App) RemoveMap(ctx context.Context, name, actor string) error {
	if a.options.Maps == nil {
		return errNoMaps
	}
	return a.alone(ctx, func() error {
		short, next := strings.TrimPrefix(name, driver.OwnMap), a.options.Maps.Texts()
		if _, there := next[short]; !there || short == name {
			return config.ErrNoMap
		}
		if users := a.MapUsers()[name]; len(users) > 0 {
			return refusal("map-in-use", "正在使用："+strings.Join(users, "、")+"。请先在站点文件里给它们换一张表", "In use by "+strings.Join(users, ", ")+": give them another map in the site file first")
		}
		delete(next, short)
		if err := a.changeMap(short, next); err != nil {
			return err
		}
		a.mapChanged(name, actor, "已删除", "is removed")
		return nil
	})
}

func (a *App) mapChanged(name, actor, zh, en string) {
	a.Journal(event.Record{Type: event.ConfigApplied, Subject: "map/" + name, Actor: actor,
		Text: point.Words{Zh: "设备点表 " + name + " " + zh, En: "Map " + name + " " + en}})
}

// changeMap makes next the own maps, which differ in one: on the disk, in memory and in
// what runs, or nowhere.
func (a *App) changeMap(short string, next map[string][]byte) error {
	former := a.options.Maps.Texts()
	site, wants, err := a.siteWith(short, next)
	if err != nil {
		return err
	}
	if err = a.saveMap(short, next); err == nil {
		a.options.Maps.Use(next)
		if site != nil {
			err = a.swap(site, wants)
		}
	}
	if err != nil {
		a.options.Maps.Use(former)
		_ = a.saveMap(short, former) // what fails is in the log
	}
	return err
}

// siteWith is the accepted site file that this firmware understands if these were the own maps; nil when it does not
// use the one that changes. Another one that is lost is no reason against this one:
// then the rest of the site comes into force.
func (a *App) siteWith(short string, next map[string][]byte) (*config.Site, demand, error) {
	if len(a.MapUsers()[driver.OwnMap+short]) == 0 {
		return nil, everything, nil
	}
	if a.onTrial.Load() != nil {
		return nil, everything, errMapOnSite
	}
	_, text, err := a.accepted() // after a fall-back not the last one
	if err != nil {
		a.log("%v", err)
		return nil, everything, errNoSite
	}
	o := a.options
	o.Builder = o.Maps.With(next)
	site, problems := checkSite(o, filepath.Base(o.SitePath), text, config.LostMap)
	if site == nil {
		return nil, everything, fmt.Errorf("%w:\n%w", ErrSite, config.Problems(problems))
	}
	if a.safe {
		site = safeSite(site)
	}
	if slices.ContainsFunc(problems, func(p config.Problem) bool { return p.Code == config.LostMap }) {
		return site, whatWorks, nil
	}
	return site, everything, nil
}

// saveMap puts on the disk what these own maps have under the name.
func (a *App) saveMap(short string, maps map[string][]byte) (err error) {
	if text := maps[short]; text != nil {
		err = a.ownMaps().Save(short, text)
	} else {
		err = a.ownMaps().Remove(short)
	}
	if err != nil {
		a.log("%v", err)
		return errMapDisk
	}
	return nil
}

// soundMaps are the own maps for a backup.
func (a *App) soundMaps() map[string][]byte {
	if a.options.Maps == nil {
		return nil
	}
	texts := a.options.Maps.Texts()
	maps.DeleteFunc(texts, func(_ string, text []byte) bool { return text == nil })
	return texts
}

// mapsFit refuses the own maps of a backup that no box can have written.
func mapsFit(texts map[string][]byte) error {
	for name, text := range texts {
		switch {
		case !config.OwnMapName(name):
			return errMapName
		case len(text) > config.OwnMapMost:
			return errMapSize
		}
	}
	if len(texts) > config.OwnMapsMost {
		return errMapsFull
	}
	return nil
}

// keepMaps takes the own maps of a backup in place of those that are here.
func (a *App) keepMaps(texts map[string][]byte) error {
	if a.options.Maps == nil {
		return nil
	}
	for name := range a.options.Maps.Texts() {
		if _, stays := texts[name]; !stays {
			if err := a.ownMaps().Remove(name); err != nil {
				return err
			}
		}
	}
	for name, text := range texts {
		if err := a.ownMaps().Save(name, text); err != nil {
			return err
		}
	}
	a.options.Maps.Use(maps.Clone(texts))
	return nil
}
