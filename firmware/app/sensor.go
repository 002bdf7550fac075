package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

var (
	errNoSensor = refusal("no-sensor", "站点文件里没有这个有编号的单总线或 I²C 传感器", "The site file has no such 1-Wire or I²C sensor with a number of its own")
	errNoNumber = refusal("bad-number", "编号不对：单总线如 28-0316a2795f2c，I²C 如 0x44", "No number of such a sensor: 28-0316a2795f2c on a 1-Wire chain, 0x44 on I²C")
	errByHand   = refusal("by-hand", "站点文件写法特殊，请手工修改编号后重新载入", "The site file has the number written in a way that only a person can change: change it there and reload")
	errUnloaded = refusal("site-file-changed", "站点文件有尚未载入或尚未确认的修改，先处理", "The site file has changes that are not in force, or on trial: see to them first")
)

// ReplaceSensor puts another sensor in the place of a dead one: id keeps its points,
// their history, alarms and rules; only the number in the site file changes. Blocks on
// the disk and for the reload.
func (a *App) ReplaceSensor(ctx context.Context, id, address, actor string) error {
	return a.alone(ctx, func() error {
		text, err := config.LoadAccepted(a.options.DataDir)
		if err != nil {
			return err
		}
		disk, unread := config.ReadFile(a.options.SitePath)
		if unread != nil || !bytes.Equal(disk, text) || a.onTrial.Load() != nil {
			return errUnloaded
		}
		former := a.addressOf(id)
		fresh, err := config.WithAddress(text, id, address)
		if err == nil {
			err = a.replaceSite(fresh, actor, 0)
		}
		if err != nil {
			return sensorRefusal(err)
		}
		a.tellReplaced(id, former, address, actor)
		return nil
	})
}

func sensorRefusal(err error) error {
	for class, r := range map[error]*Refusal{config.ErrNoSensor: errNoSensor, config.ErrNoAddress: errNoNumber, config.ErrWritten: errByHand} {
		if errors.Is(err, class) {
			return r
		}
	}
	return err
}

// specOf is a device of the site in force; the zero one when there is none.
func (a *App) specOf(id string) config.Device {
	list := a.site.Load().Devices
	if i := slices.IndexFunc(list, func(d config.Device) bool { return d.ID == id }); i >= 0 {
		return list[i]
	}
	return config.Device{}
}

func (a *App) addressOf(id string) string { return a.specOf(id).Address }

// tellReplaced is the record of the change: from then on the history is another
// sensor's.
func (a *App) tellReplaced(id, former, address, actor string) {
	d := a.specOf(id)
	label := words(d.Label, id)
	detail, _ := json.Marshal(map[string]string{"former": former, "address": address}) // texts cannot fail
	a.Journal(event.Record{Type: event.SensorReplaced, Subject: "device/" + id, Room: d.Room, Actor: actor, Detail: detail, Text: point.Words{
		Zh: fmt.Sprintf("%s 更换传感器：%s → %s，测点与历史延续", label.Zh, former, address),
		En: fmt.Sprintf("%s: sensor replaced, %s → %s; its points and history go on", label.En, former, address)}})
}
