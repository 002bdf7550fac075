package webtest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// builtIn is the one map that is linked into the fake.
const builtIn = "huawei/ups2000"

// Maps lists the own maps, then the built-in one.
func (b *Box) Maps() (list []driver.Map) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for name := range b.own {
		list = append(list, driver.Map{Name: name, Own: true, Label: words("自有设备", "Own device"), Protocol: "modbus", Points: 2,
			Trust: words("2 个点（现场抓取 2）", "2 points (2 captured)"), Source: "compared with the panel"})
	}
	slices.SortFunc(list, func(x, y driver.Map) int { return strings.Compare(x.Name, y.Name) })
	return append(list, driver.Map{Name: builtIn, Label: words("华为 UPS2000 系列", "Huawei UPS2000 series"), Protocol: "modbus", Points: 45,
		Trust: words("45 个点（在维护的开源驱动 45）", "45 points (45 maintained driver)"), Source: "NUT"})
}

// MapText is what PutMap was given, or the built-in one.
func (b *Box) MapText(name string) ([]byte, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if name == builtIn {
		return []byte("version: 1\nlabel: {zh: 华为 UPS2000 系列, en: Huawei UPS2000 series}\n"), nil
	}
	if text := b.own[name]; text != nil {
		return text, nil
	}
	return nil, config.ErrNoMap
}

// MapUsers are the devices of the view, and th9 by every own map that is called used.
func (b *Box) MapUsers() map[string][]string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	users := map[string][]string{"own/used": {"th9"}}
	for _, d := range b.devices {
		users[d.Map] = append(users[d.Map], d.ID)
	}
	return users
}

// PutMap keeps the text when it begins like a map.
func (b *Box) PutMap(_ context.Context, name string, text []byte, actor string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.MapError != nil {
		return b.MapError
	}
	if !bytes.HasPrefix(text, []byte("version: 1\n")) {
		return fmt.Errorf("%w:\n%w", config.ErrMap, config.Problems{config.NewProblem(name+".yaml", 1, 1, "version", words("空", "nothing"), words("要写", "a value"))})
	}
	b.own[name] = text
	b.record(event.Record{Type: event.ConfigApplied, Subject: "map/" + name, Actor: actor, Text: point.Words{Zh: "设备点表 " + name + " 已保存", En: "Map " + name + " is kept"}})
	return nil
}

// inUse refuses to remove a map.
type inUse struct{ users []string }

func (x inUse) Error() string { return "in use by " + strings.Join(x.users, ", ") }
func (x inUse) Refused() (string, point.Words) {
	return "map-in-use", words("正在使用："+strings.Join(x.users, "、"), "In use by "+strings.Join(x.users, ", "))
}

// RemoveMap removes what nobody uses.
func (b *Box) RemoveMap(_ context.Context, name, actor string) error {
	if users := b.MapUsers()[name]; len(users) > 0 {
		return inUse{users}
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.own[name] == nil {
		return config.ErrNoMap
	}
	delete(b.own, name)
	b.record(event.Record{Type: event.ConfigApplied, Subject: "map/" + name, Actor: actor, Text: point.Words{Zh: "设备点表 " + name + " 已删除", En: "Map " + name + " is removed"}})
	return nil
}
