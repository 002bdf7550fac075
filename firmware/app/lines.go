package app

import (
	"errors"
	"slices"
	"strings"

	"watchbox/firmware/alarm"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func terminalKey(terminal string) string { return "terminal/" + terminal }

// lineTroubles are the alarms about the box's own terminals: of each that is out
// while the others go on, and of all of them. Whatever is blind or dumb because of
// one names it as its cause.
func lineTroubles(site *config.Site) (list []alarm.Definition) {
	if len(site.Inputs)+len(site.Outputs) == 0 {
		return nil
	}
	always := alwaysInputs(site)
	for _, in := range site.Inputs {
		label := words(in.Label, string(in.Point))
		t := trouble(terminalKey(in.Terminal), 3, label.Zh+"（"+in.Terminal+"）读不到", label.En+" ("+in.Terminal+") cannot be read",
			"这一路现在无人看守，其他各路照常。请告知安装人员：检查该端子所在板卡是否插好、有电；若被占用，查出占用它的程序或驱动。恢复后自动接回，无需重启。",
			"Nobody guards this input now, the others go on. Tell your installer: see that the terminal's board is plugged in and powered; if the line is held, find the program or driver that has it. It is taken back by itself, without a restart.")
		if t.Room = in.Room; always[in.Point] {
			t.Priority = 2
		}
		list = append(list, t)
	}
	for _, out := range site.Outputs {
		label := words(out.Label, string(out.Point))
		t := trouble(terminalKey(out.Terminal), 2, label.Zh+"（"+out.Terminal+"）不可用", label.En+" ("+out.Terminal+") is out of reach",
			"这一路输出不会动作，其他各路照常。请告知安装人员：检查该端子所在板卡是否插好、有电；若被占用，查出占用它的程序或驱动。恢复后自动接回，无需重启。",
			"This output will not act, the others go on. Tell your installer: see that the terminal's board is plugged in and powered; if the line is held, find the program or driver that has it. It is taken back by itself, without a restart.")
		t.Room = out.Room
		list = append(list, t)
	}
	all := trouble(deviceKey(driver.Terminals), 2, "本机端子全部读不到", "None of the box's own terminals can be read",
		"紧急按钮、防拆等本机触点现在无人看守：派人值守，立即告知厂家；检查箱内端子板的供电与连接。恢复后自动接回。",
		"Panic, tamper and every other contact of the box is unguarded now: post a person, tell your installer at once; check power and wiring of the terminal board. They are taken back by themselves.")
	all.OnDelay = busGrace // the room of a simulated box comes up beside it
	return append(list, all)
}

// blame gives the troubles of what hangs on a terminal of the box that terminal's
// trouble as their cause: one broken board is one alarm.
func blame(list []alarm.Definition, site *config.Site) []alarm.Definition {
	terminal := map[point.Name]string{}
	for _, in := range site.Inputs {
		terminal[in.Point] = in.Terminal
	}
	for i, d := range list {
		if t := terminal[d.Point]; t != "" && strings.HasSuffix(d.Key, "/trouble") {
			list[i].Causes = append(slices.Clone(d.Causes), terminalKey(t), deviceKey(driver.Terminals))
		}
	}
	return list
}

// refreshLines tells of terminals that are out, and of those that are back. What
// an output was to be is wished again: it came back at rest. The watch
// goroutine's own.
func (a *App) refreshLines() {
	for _, f := range *a.fitted.Load() {
		wired, ok := f.Device.(driver.Wired)
		if !ok {
			continue
		}
		for _, l := range wired.Lines() {
			var err error
			if l.Fault != nil {
				err = lineFault{l.Fault}
			}
			if a.troubles.set(terminalKey(l.Terminal), err) && err == nil {
				a.outputs.repeat([]point.Point{{Name: l.Point}})
			}
		}
	}
}

// lineFault is what a terminal has against being read or driven.
type lineFault struct{ error }

func (f lineFault) Unwrap() error { return f.error }

// plain is the fault in a guard's words.
func (f lineFault) plain() point.Words {
	switch {
	case errors.Is(f, driver.ErrNotPresent), errors.Is(f, driver.ErrDisconnect):
		return point.Words{Zh: "所在板卡不在", En: "its board is not there"}
	case errors.Is(f, driver.ErrRefused):
		return point.Words{Zh: "被别的程序占用", En: "held by another program"}
	}
	return point.Words{}
}
