package web

import (
	"errors"
	"strings"

	"watchbox/firmware/alarm"
	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
	"watchbox/firmware/team"
)

// longestName is how much of an unknown name is repeated, in bytes.
const longestName = 80

// unknown is the answer to an order about something that is not there: which
// name, which one was probably meant, and where the names stand. names are those
// that the caller may know, so that the answer betrays no silent alarm.
func unknown(zh, en, name string, names []string, where point.Words) *Failure {
	if len(name) > longestName {
		name = strings.ToValidUTF8(name[:longestName], "") + "…"
	}
	zh, en = "没有名为「"+name+"」的"+zh, "There is no "+en+" named “"+name+"”"
	if n := probable(name, names); n != "" {
		zh, en = zh+"，是不是「"+n+"」", en+", was “"+n+"” meant"
		return failure(404, "not-found", zh+"？"+where.Zh, en+"? "+where.En)
	}
	return failure(404, "not-found", zh+"。"+where.Zh, en+". "+where.En)
}

// probable is the name that has the word among its parts, or else is spelt much
// like it; "" when none does.
func probable(word string, names []string) string {
	for _, n := range names {
		if strings.Contains("/"+n+"/", "/"+word+"/") {
			return n
		}
	}
	return config.Nearest(word, names)
}

func lists(zh, en string) point.Words { return point.Words{Zh: zh, En: en} }

// noAlarm is the answer to a key that no alarm has, or that is kept from the
// session: both read the same.
func (c *call) noAlarm(key string) *Failure {
	return unknown("报警", "alarm", key, c.alarmNames(), lists("现有报警：watchbox alarms；防区的报警是 zone/防区编号，规则的报警是 规则编号/测点",
		"What stands: watchbox alarms; a zone's alarm is zone/ZONE, a rule's is RULE/POINT"))
}

// alarmNames are the keys that the session may be told.
func (c *call) alarmNames() (names []string) {
	v, err := c.view()
	if err != nil {
		return nil
	}
	for _, a := range v.Alarms {
		names = append(names, a.Key)
	}
	for _, z := range v.Panel.Zones {
		names = append(names, "zone/"+z.ID)
	}
	for _, d := range v.Panel.Doors {
		names = append(names, "door/"+d.ID+"/forced", "door/"+d.ID+"/held")
	}
	for _, d := range v.Devices {
		names = append(names, "device/"+d.ID)
	}
	return append(names, c.ruleAlarms(v)...)
}

// ruleAlarms are the keys of the alarms that the rules raise.
func (c *call) ruleAlarms(v *engine.View) (names []string) {
	site := c.box.Site()
	if site == nil {
		return nil
	}
	points := make([]point.Point, 0, v.Points.Len())
	for i := range v.Points.Len() {
		points = append(points, *v.Points.At(i).Point)
	}
	program, _ := alarm.Compile(site.Alarms, points, nil) // what is wrong with it was told when it came into force
	for _, w := range program.Watches() {
		names = append(names, w.Key)
	}
	return names
}

// alarmOrder hands an order about the alarm in the path to the engine, which alone
// knows every alarm: one that does not stand may be shelved before it rings. A key
// that holds slashes is written with %2F.
func (c *call) alarmOrder(o engine.Command) error {
	key, err := c.alarmKey()
	if err != nil {
		return err
	}
	o.Target = key
	if err = c.command(o); errors.Is(err, alarm.ErrUnknown) {
		return c.noAlarm(key)
	}
	return err
}

func (c *call) noPartition(id string) *Failure {
	var names []string
	if v, err := c.view(); err == nil {
		for _, p := range v.Panel.Partitions {
			names = append(names, p.ID)
		}
	}
	return unknown("分区", "partition", id, names, lists("全部分区：watchbox panel", "All partitions: watchbox panel"))
}

func (c *call) noZone(id string) *Failure {
	var names []string
	if v, err := c.view(); err == nil {
		for _, z := range v.Panel.Zones {
			names = append(names, z.ID)
		}
	}
	return unknown("防区", "zone", id, names, lists("全部防区：watchbox panel", "All zones: watchbox panel"))
}

func (c *call) noPoint(name string) *Failure {
	var names []string
	if v, err := c.view(); err == nil {
		for i := range v.Points.Len() {
			names = append(names, string(v.Points.At(i).Point.Name))
		}
	}
	return unknown("测点", "point", name, names, lists("全部测点：watchbox points", "All points: watchbox points"))
}

// noUnit is team's answer, with the unit's name.
func (c *call) noUnit(name string, err error) error {
	if !errors.Is(err, team.ErrUnknown) {
		return err
	}
	var names []string
	if v, err := c.view(); err == nil {
		for _, t := range v.Teams {
			for _, u := range t.Units {
				names = append(names, t.ID+"/"+u.ID)
			}
		}
	}
	return unknown("空调机组", "team and unit", name, names, lists("全部机组：watchbox team", "All teams: watchbox team"))
}
