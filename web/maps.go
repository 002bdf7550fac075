package web

import (
	"errors"
	"io"
	"net/http"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
)

// MapList is the answer of GET /maps, the installer's own first.
type MapList struct {
	Maps []MapView `json:"maps"`
}

// MapView is a map with the devices that are made by it.
type MapView struct {
	driver.Map
	Devices []string `json:"devices" doc:"ids of the site's devices by this map"`
}

func listMaps(c *call) (any, error) {
	list, users := MapList{[]MapView{}}, c.box.MapUsers()
	for _, m := range c.box.Maps() {
		list.Maps = append(list.Maps, MapView{m, append([]string{}, users[m.Name]...)})
	}
	return list, nil
}

func mapText(c *call) {
	text, err := c.box.MapText(c.r.PathValue("name"))
	if err != nil {
		writeFailure(c.w, c.mapRefused(err))
		return
	}
	c.w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.Write(text)
}

func putMap(c *call) (any, error) {
	text, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, config.OwnMapMost+1)) // the box says how much it takes
	if err != nil {
		return nil, err
	}
	return nil, c.mapRefused(c.box.PutMap(c.r.Context(), c.r.PathValue("name"), text, c.user.Name))
}

func removeMap(c *call) (any, error) {
	return nil, c.mapRefused(c.box.RemoveMap(c.r.Context(), c.r.PathValue("name"), c.user.Name))
}

// mapRefused puts into words why a map was not found, kept or removed.
func (c *call) mapRefused(err error) error {
	var refused refuser
	switch {
	case err == nil:
		return nil
	case errors.Is(err, config.ErrNoMap):
		return c.noMap(c.r.PathValue("name"))
	case errors.Is(err, config.ErrMap):
		f := failure(http.StatusConflict, "map-refused", "点表有误，没有保存", "The map has errors and was not kept")
		f.Reasons = lines(err)
		return f
	case errors.As(err, &refused) || asFailure(err).status != http.StatusConflict:
		return err
	}
	f := failure(http.StatusConflict, "site-refused", "换上这张表，现用的站点文件就通不过检查；未作任何改动", "With this map the site file in force would be refused; nothing was changed")
	f.Reasons = lines(err)
	return f
}

func (c *call) noMap(name string) *Failure {
	var names []string
	for _, m := range c.box.Maps() {
		names = append(names, m.Name)
	}
	return unknown("设备点表", "map", name, names, lists("全部点表：watchbox map list", "All maps: watchbox map list"))
}
