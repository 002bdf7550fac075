package main

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/web"
)

// atSite is the zone in which times are told: the caller's until the box names its own.
var atSite = time.Local

// clock shows a time of the box, or a dash.
func clock(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(atSite).Format("01-02 15:04:05")
}

func status(c *cli, _ []string) error {
	var o web.Overview
	if err := c.call("GET", "overview", nil, &o); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		row(o.Label.In(c.lang), c.site(o.State), c.text("报警 %d，未确认 %d，搁置 %d", "%d standing, %d unacknowledged, %d shelved", o.Standing, o.Unacked, o.Shelved))
		for _, r := range o.Rooms {
			row("  "+r.Label.In(c.lang), c.text("报警 %d", "%d alarms", r.Alarms))
		}
		for _, s := range o.Simulated {
			row("  SIM", c.text("正在模拟", "simulated"), s.In(c.lang))
		}
		journal := c.text("不可用", "not available")
		if o.Health.JournalOK {
			journal = c.text("正常", "well")
		}
		row("  "+o.Box, o.Version, c.text("日志%s，设备故障 %d / %d", "journal %s, devices in trouble: %d of %d", journal, o.Health.Faulty, o.Health.Devices))
	})
}

// site is how the whole of it is.
func (c *cli) site(state string) string {
	switch state {
	case "alarm":
		return c.text("报警", "alarm")
	case "attention":
		return c.text("注意", "attention")
	}
	return c.text("一切正常", "all is well")
}

func points(c *cli, args []string) error {
	var p web.Points
	if err := c.call("GET", "points", nil, &p); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, v := range p.Points {
			if len(args) > 0 && !matches(args[0], string(v.Name)) {
				continue
			}
			row(v.Name, shown(v, c.lang), c.quality(v), c.age(v.Age), v.Label.In(c.lang))
		}
	})
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// shown is the value as the page shows it: state text, or number with unit.
func shown(v web.PointView, lang string) string {
	if v.Value.IsNone() {
		return "–"
	}
	f, number := v.Value.Float()
	if w, ok := v.States[int64(f)]; number && ok {
		return w.In(lang)
	}
	if v.Kind == point.Real.String() {
		return strconv.FormatFloat(f, 'f', v.Decimals, 64) + " " + string(v.Unit)
	}
	return v.Value.String() + " " + string(v.Unit)
}

func (c *cli) quality(v web.PointView) string {
	if v.Reason != "" {
		return c.named("quality", v.Quality) + "/" + c.named("reason", v.Reason)
	}
	return c.named("quality", v.Quality)
}

func (c *cli) age(seconds float64) string {
	if seconds < 0 {
		return c.named("age", "never")
	}
	return (time.Duration(seconds) * time.Second).String()
}

func devices(c *cli, _ []string) error {
	var d web.Devices
	if err := c.call("GET", "devices", nil, &d); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, v := range d.Devices {
			state := c.named("device", "ok")
			if !v.OK {
				state = c.named("device", "fault")
			}
			row(v.ID, state, v.Driver, v.Map, clock(v.LastGood), c.because(v), strings.TrimSpace(v.Trust.In(c.lang)+" "+v.Source))
		}
	})
}

// because is why a device is not well, with the driver's own words for the engineer.
func (c *cli) because(d engine.DeviceView) string {
	if d.Error == "" || d.Reason.IsZero() {
		return d.Error
	}
	return d.Reason.In(c.lang) + c.text("（%s）", " (%s)", d.Error)
}

func alarms(c *cli, _ []string) error {
	var a web.Alarms
	if err := c.call("GET", "alarms", nil, &a); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, v := range a.Alarms {
			row(v.Priority, v.Key, c.life(v), clock(v.Raised), v.Text.In(c.lang), c.reason(v), v.Instruction.In(c.lang))
		}
	})
}

// reason is what was read at the raise, and what is read now where that is another thing.
func (c *cli) reason(v web.AlarmView) string {
	read := cmp.Or(v.ValueText.In(c.lang), v.Value)
	if v.Now.IsZero() {
		return read
	}
	return read + c.text("；现在：", "; now: ") + v.Now.In(c.lang)
}

// life is the state on its two axes, in words; of an alarm that another explains,
// which.
func (c *cli) life(v web.AlarmView) string {
	if v.Suppressed != "" && !v.Standing {
		return c.text("由「%s」引起", "explained by “%s”", cmp.Or(v.SuppressedBy.In(c.lang), v.Suppressed))
	}
	s := c.text("已恢复", "cleared")
	switch {
	case v.Active:
		s = c.text("正在报警", "active")
	case v.Latched:
		s = c.text("已恢复，待复位", "latched")
	}
	switch {
	case !v.Acknowledged:
		s += c.text("，未确认", ", unacknowledged")
	case v.AckedBy != "": // else nothing is left to acknowledge
		s += c.text("，%s 已确认", ", acknowledged by %s", v.AckedBy)
	}
	if !v.Shelved.IsZero() {
		s += c.text("，搁置至 %s", ", shelved until %s", clock(v.Shelved))
	}
	return s
}

func panel(c *cli, _ []string) error {
	var p web.Panel
	if err := c.call("GET", "panel", nil, &p); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, v := range p.Partitions {
			row(c.text("分区", "partition"), v.ID, c.named("mode", string(v.Mode)), v.Label.In(c.lang), v.By)
			for _, r := range v.NotReady {
				row("", "", c.text("未就绪：", "not ready:"), r.In(c.lang))
			}
		}
		switch k := p.Consent; {
		case k.By != "":
			row(c.text("许可", "consent"), k.By, c.text("至", "until"), k.Until.In(atSite).Format("15:04"), "")
		case k.Required:
			row(c.text("许可", "consent"), "", c.text("无：工程师不得操作", "none: an engineer may not work"), "", "")
		}
		for _, v := range p.Zones {
			bypassed := ""
			if v.Bypassed {
				bypassed = c.text("已旁路", "bypassed")
			}
			row(c.text("防区", "zone"), v.ID, c.named("zonestate", string(v.State)), v.Label.In(c.lang), bypassed)
		}
		for _, v := range p.Doors {
			note := ""
			if v.Freed {
				note = c.text("消防释放", "freed by the fire contact")
			} else if v.Waiting != "" {
				note = c.text("%s 等待第二人", "%s waits for a second person", v.Waiting)
			}
			row(c.text("门", "door"), v.ID, c.named("door", string(v.State)), v.Label.In(c.lang), v.LastWho, note)
		}
		for _, v := range p.Areas {
			row(c.text("在内", "inside"), v.ID, v.Count, v.Label.In(c.lang), c.frozen(v))
		}
	})
}

// inside lists who is where.
func inside(c *cli, _ []string) error {
	var p web.Panel
	if err := c.call("GET", "panel", nil, &p); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, v := range p.Areas {
			row(v.ID, v.Label.In(c.lang), v.Count, c.frozen(v))
			for _, i := range v.People {
				mark := ""
				switch {
				case i.Left:
					mark = c.text("看见离开", "seen leaving")
				case i.Unsure:
					mark = c.text("不确定", "not sure")
				}
				row("", i.Who, clock(i.Since), i.Door, mark)
			}
		}
	})
}

func (c *cli) frozen(v web.Area) string {
	if v.Frozen {
		return c.text("火警：此前在内人员", "fire: last known inside")
	}
	return ""
}

func events(c *cli, args []string) error {
	count := "50"
	if len(args) > 0 {
		count = args[0]
	}
	var e web.Events
	if err := c.call("GET", "events?limit="+url.QueryEscape(count), nil, &e); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, r := range e.Events {
			row(r.ID.Sequence, when(r), r.Type, r.Room, r.Actor, r.Text.In(c.lang))
		}
	})
}

// when marks a time that nobody vouches for.
func when(r event.Record) string {
	if r.At.Clock == point.ClockUnknown {
		return clock(r.At.Wall) + "?"
	}
	return clock(r.At.Wall)
}

func messages(c *cli, _ []string) error {
	var m web.Messages
	if err := c.call("GET", "messages", nil, &m); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, v := range m.Messages {
			row(clock(v.Queued), c.named("message", string(v.State)), v.Channel, v.Contact, v.To, v.Attempts, v.Why, fmt.Sprintf("%q", v.Text))
		}
	})
}
