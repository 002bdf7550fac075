package annunciate

import (
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Resting is one output with what is declared of it: who drives it, and what
// becomes of it when nobody does. An upgrade changes the slot by a reboot, so
// OnReboot is true of it too.
type Resting struct {
	driver.Rest
	Label    point.Words
	Room     string
	Kind     string     // sounder, beacon, relay, strike, team; command: only a person writes to it
	By       []string   // annunciators, doors whose strike it is, teams whose unit it switches
	Feedback point.Name // what is read back from it; empty: only the level of the line, or the point as it is read
}

var restWords = map[string]point.Words{
	driver.RestOff:     {Zh: "断开", En: "off"},
	driver.RestOn:      {Zh: "接通", En: "on"},
	driver.RestHold:    {Zh: "保持原状", En: "as it was"},
	driver.RestUnknown: {Zh: "未知，待现场确认", En: "unknown, to be confirmed on site"},
}

// RestState says how the output rests.
func (r Resting) RestState() point.Words { return restWords[r.State] }

// OnCrash says what the output does when the daemon dies; away from the box,
// when nothing comes over the wire any more.
func (r Resting) OnCrash() point.Words {
	end := r.RestState()
	switch {
	case r.State == driver.RestUnknown, r.State == driver.RestHold:
		return point.Words{Zh: "由设备自定：" + end.Zh, En: "up to the device: " + end.En}
	case r.Terminal == "" && r.Hold > 0:
		return point.Words{Zh: "由设备自定：失联 " + chinese(r.Hold) + "后" + end.Zh, En: "up to the device: " + end.En + " after " + span(r.Hold) + " of silence"}
	case r.Terminal == "":
		return point.Words{Zh: "由设备自定：" + end.Zh, En: "up to the device: " + end.En}
	case r.Hold > 0:
		return point.Words{Zh: "保持原状；" + chinese(r.Hold) + "内程序没有重启接管则" + end.Zh,
			En: fmt.Sprintf("as it was until the daemon is back, after %s %s", span(r.Hold), end.En)}
	}
	again := r.again()
	return point.Words{Zh: "立即" + end.Zh + again.Zh, En: end.En + " at once" + again.En}
}

// again says who drives the output once the daemon is back: alarms do by
// themselves, a strike or a command waits for its next card or person.
func (r Resting) again() point.Words {
	switch r.Kind {
	case "strike", "command":
		return point.Words{}
	case "team":
		return point.Words{Zh: "，程序启动后由群控驱动", En: ", then as its team asks"}
	}
	return point.Words{Zh: "，程序启动后按报警驱动", En: ", then as the alarms ask"}
}

// OnReboot says what the output does from power-on or reset until the daemon
// commands it again.
func (r Resting) OnReboot() point.Words {
	if r.Terminal == "" {
		return point.Words{Zh: "由设备自定，盒子重启与失联相同", En: "up to the device: to it a reboot of the box is silence"}
	}
	first, end, again := restWords[r.Undriven], r.RestState(), r.again()
	if r.Undriven == r.State {
		return point.Words{Zh: end.Zh + again.Zh, En: end.En + again.En}
	}
	return point.Words{Zh: "上电时" + first.Zh + "；随后" + end.Zh + again.Zh, En: "at power-on " + first.En + "; then " + end.En + again.En}
}

// chinese is the same in Chinese: 5 分钟, 1 小时 30 分钟.
func chinese(d time.Duration) string {
	return strings.TrimSpace(strings.NewReplacer("h", " 小时 ", "m", " 分钟 ", "s", " 秒").Replace(span(d)))
}

// span is a time without what is zero of it: 5m, 1h30m.
func span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
