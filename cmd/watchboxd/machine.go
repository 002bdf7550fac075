package main

import (
	"encoding/json"
	"errors"
	"time"

	"watchbox/drivers/system"
	"watchbox/firmware/app"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// machine is what init found when the box started; off the image it is nothing. state is
// the boot state's partition, "" where there is none.
func machine(notes system.Notes, init *system.Init, state string) app.Machine {
	m := app.Machine{Accepted: init.SiteChanged, Heard: func() { go system.MarkHeard(system.RunFolder) }}
	if notes.Lost != nil {
		m.Lost, m.Kept = errors.New(notes.Lost.Why), notes.Lost.Kept
	}
	if state != "" {
		m.Keep = func(site []byte, at time.Time) error {
			if at.Before(builtAfter) {
				at = time.Time{}
			}
			return system.KeptSite{Path: state}.Keep(system.AcceptedSite{Text: site, At: at})
		}
	}
	if notes.LastBoot != nil {
		m.Crashed = notes.LastBoot.Cause == system.CausePanic || notes.LastBoot.Cause == system.CauseWatchdog
	}
	if notes.LastBoot != nil && !notes.Heard {
		m.Told = append(m.Told, reset(*notes.LastBoot))
		if notes.LastBoot.Erased {
			m.Told = append(m.Told, erased)
		}
		if notes.LastBoot.Unerased {
			m.Told = append(m.Told, unerased)
		}
	}
	return m
}

var erased = event.Record{Type: event.BoxErased, Actor: "box",
	Text: point.Words{Zh: "有人按住复位按钮开机：配置、账户、历史已清除，恢复出厂设置", En: "The reset button was held at the start: configuration, accounts and history were erased"}}

var unerased = event.Record{Type: event.BoxErased, Actor: "box",
	Text: point.Words{Zh: "有人按住复位按钮开机，但数据分区不可用或不能写入：其中的配置、账户、密码和历史没有清除，或没有全部清除，设备转手前请更换存储卡",
		En: "The reset button was held at the start, but the data partition cannot be used or written: configuration, accounts, secrets and history on it were NOT erased, or not all: replace the card before the box changes hands"}}

// causes are the words for why a machine started.
var causes = map[string]point.Words{
	system.CausePower:    {Zh: "上电启动", En: "Machine started: power came back"},
	system.CauseOrder:    {Zh: "按要求重新启动", En: "Machine started again, as ordered"},
	system.CausePanic:    {Zh: "系统内核崩溃后自动重启，崩溃记录已保存", En: "Machine started again after its kernel died; its last words are kept"},
	system.CauseRemedy:   {Zh: "事件记录或总线停住，设备自动复位一次", En: "Machine reset itself, once: journal or a bus stood still"},
	system.CauseWatchdog: {Zh: "程序停住，看门狗使设备复位", En: "Machine was reset by its watchdog: the program stood still"},
}

// reset is the journal's record of a start of the machine.
func reset(last system.LastBoot) event.Record {
	text := causes[last.Cause]
	if last.Why != "" {
		text = point.Words{Zh: text.Zh + "：" + last.Why, En: text.En + ": " + last.Why}
	}
	detail, _ := json.Marshal(last) // cannot fail: texts only
	return event.Record{Type: event.BoxReset, Actor: "box", Text: text, Detail: detail}
}
