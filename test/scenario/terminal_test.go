package scenario

import (
	"strings"
	"testing"
	"time"

	"watchbox/drivers/gpio"
	"watchbox/drivers/gpio/gpiotest"
	"watchbox/firmware/alarm"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// soon is how long a terminal may take to be missed, and to be taken back: a
// poll of the terminals, a tick of the watch, and what an explained alarm waits.
const soon = 12 * time.Second

func (b *bubble) alarm(key string) alarm.Alarm {
	for _, a := range b.View().Alarms {
		if a.Key == key {
			return *a
		}
	}
	return alarm.Alarm{}
}

func (b *bubble) stands(key string, want bool) {
	b.t.Helper()
	if a := b.alarm(key); a.Active != want {
		b.t.Errorf("alarm %s stands: %v, want %v", key, a.Active, want)
	}
}

// TestTheBoxGuardsWithoutOneTerminal: the water contact hangs on a chip that is
// not there when the box starts. Panic guards, the missing contact is told once,
// and works when its chip is back, with nobody's help.
func TestTheBoxGuardsWithoutOneTerminal(t *testing.T) {
	inRoom(t, func(room *gpiotest.Server) { room.Spoil("DI2", gpio.Absent) }, func(b *bubble) {
		time.Sleep(soon)
		if !b.armed.Load() {
			t.Error("the box does not say that it guards")
		}
		missing := b.alarm("terminal/DI2")
		if !missing.Active || missing.Priority != 2 || !strings.Contains(missing.Label.Zh, "DI2") || !strings.Contains(missing.Label.En, "DI2") || missing.Instruction.En == "" {
			t.Errorf("the missing terminal is told as %+v", missing)
		}
		if missing.ValueText != (point.Words{Zh: "所在板卡不在", En: "its board is not there"}) {
			t.Errorf("for what reason: %+v", missing.ValueText)
		}
		if x := b.alarm("zone/water/trouble"); x.Active || x.Suppressed != "terminal/DI2" {
			t.Errorf("the zone's own trouble: %+v, want it explained by the terminal's", x)
		}
		if e, _ := b.View().Points.Get("oc/water"); e.Last.Quality != point.BadBecause(point.NotPresent) {
			t.Errorf("the contact reads %+v", e.Last)
		}
		b.room.Set("DI1", true)
		if !b.sounds() {
			t.Error("panic makes no sound")
		}
		b.room.Set("DI1", false)

		b.room.Spoil("DI2", nil)
		time.Sleep(soon)
		b.stands("terminal/DI2", false)
		b.room.Set("DI2", true)
		time.Sleep(time.Second)
		b.stands("zone/water", true)
		b.stands("zone/water/trouble", false)
	})
}

// TestAnInputThatAnotherTakes is told with its reason while the other guards;
// when none is left that is one alarm, and it says so.
func TestAnInputThatAnotherTakes(t *testing.T) {
	inBubble(t, func(b *bubble) {
		b.room.Spoil("DI1", gpio.Busy)
		time.Sleep(soon)
		b.stands("terminal/DI1", true)
		if text := b.alarm("terminal/DI1").ValueText; text.Zh != "被别的程序占用" {
			t.Errorf("for what reason: %+v", text)
		}
		b.room.Set("DI2", true)
		time.Sleep(time.Second)
		b.stands("zone/water", true)
		b.stands("device/terminals", false)

		b.room.Spoil("DI1", nil)
		time.Sleep(soon)
		b.stands("terminal/DI1", false)
		b.room.Spoil("DI1", gpio.Absent)
		b.room.Spoil("DI2", gpio.Absent)
		b.room.Cut()
		time.Sleep(soon)
		b.stands("device/terminals", true)
		b.stands("terminal/DI1", false)
		b.stands("terminal/DI2", false)
		if x := b.alarm("zone/panic/trouble"); x.Active {
			t.Errorf("and the zone's own trouble: %+v", x)
		}
	})
}

// TestALampThatComesBack: its chip is pulled while it shows an alarm; the siren
// beside it sounds, and the lamp is lit again when it is back, at rest.
func TestALampThatComesBack(t *testing.T) {
	inBubble(t, func(b *bubble) {
		b.room.Set("DI1", true)
		time.Sleep(time.Second)
		b.order(engine.Acknowledge, "zone/panic") // steady from now on
		time.Sleep(soon)
		if !b.room.Level("DO2") {
			t.Error("panic lights no lamp")
		}
		b.room.Spoil("DO2", gpio.Absent)
		time.Sleep(soon)
		b.stands("terminal/DO2", true)
		if b.room.Level("DO2") {
			t.Error("a lamp that is gone is lit")
		}
		b.room.Spoil("DO2", nil) // nothing was told to it meanwhile
		time.Sleep(soon)
		b.stands("terminal/DO2", false)
		if !b.room.Level("DO2") {
			t.Error("the lamp stays dark though the alarm stands")
		}

		b.room.Spoil("DO2", gpio.Busy)
		b.room.Set("DI2", true) // now it is told to blink, and cannot
		if !b.sounds() {
			t.Error("the siren beside it is silent")
		}
		time.Sleep(soon)
		b.stands("terminal/DO2", true)
		if x := b.alarm("output/oc/lamp"); x.Suppressed != "terminal/DO2" {
			t.Errorf("that it cannot be driven: %+v, want it explained by the terminal's trouble", x)
		}
	})
}
