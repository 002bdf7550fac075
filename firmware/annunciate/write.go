package annunciate

import (
	"fmt"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/condition"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// draw writes the sheet out whose turn it is.
func (t *textPlan) draw(now point.Instant, lit bool) {
	t.redraw, t.lit, t.minute = false, lit, point.Never
	p := Page{Since: t.since, Width: t.Width}
	if len(t.sheets) > 0 {
		p.Lines = t.lines(now, t.current())
	}
	if !p.equal(t.page) {
		t.page, t.over = p, p.widest()
	}
}

// lines are those of one sheet, as many as the matrix has.
func (t *textPlan) lines(now point.Instant, s sheet) []Line {
	var list []Line
	switch s.topic {
	case theAlarm:
		list = t.alarm(now, s)
	case theSummary:
		list = t.summary()
	case theSite:
		list = t.line(t.around.Site, white)
	case theTime:
		list = t.line(t.time(now), white)
	case thePartition:
		list = t.partition(&t.panel.Partitions[s.index])
	case thePoint:
		list = t.point(t.readings[point.Name(s.key)], s.key)
	}
	if s.rank == idleRank && t.Height >= 2*LineHeight {
		list = append(t.line(t.around.Site, white), list...)
	}
	return list[:min(len(list), t.Height/LineHeight)]
}

// line is a text in the wall's language.
func (t *textPlan) line(w point.Words, colour RGB) []Line {
	text := w.In(t.Language)
	if t.Language == "both" {
		if text = w.In("zh"); w.In("en") != text {
			text += " " + w.En
		}
	}
	return []Line{{Text: plain(text), Colour: colour}}
}

// alarm is one alarm: which of how many, what became of it, since when; below it
// what to do and how its device is, as far as there is room. One that holds the
// wall is inverse every other half second: it catches the eye and can be read all
// the time.
func (t *textPlan) alarm(now point.Instant, s sheet) []Line {
	a := t.alarms[s.index]
	c := alarm.Change{Type: event.AlarmRaised, Alarm: *a}
	switch {
	case buttonOut(a):
		c.Type = event.AlarmOutOfService
	case !a.Active:
		c.Type = event.AlarmCleared
	}
	w, since := alarm.Text(c, point.Words{}), t.when(now, a.Raised)
	if a.Acknowledged {
		w.Zh, w.En = w.Zh+" 已确认", w.En+", acknowledged"
	}
	colour := amber
	if a.Class == alarm.ClassAlarm {
		colour = red
	}
	lines := t.line(point.Words{Zh: t.count(s) + w.Zh + since, En: t.count(s) + w.En + since}, colour)
	lines[0].Inverse = holds(s.rank) && t.lit
	if !a.Instruction.IsZero() {
		lines = append(lines, t.line(a.Instruction, white)...)
	}
	return append(lines, t.brief(a.Point)...)
}

// brief is the line of the device of that point, where there is one.
func (t *textPlan) brief(of point.Name) []Line {
	if t.around.Brief == nil || of == "" {
		return nil
	}
	w := t.around.Brief(of)
	if w.IsZero() {
		return nil
	}
	return t.line(w, white)
}

// count is which of how many the sheet is, when there are others.
func (t *textPlan) count(s sheet) string {
	if t.total < 2 {
		return ""
	}
	n := place(t.sheets, s) + 1
	if t.sheets[0].topic == theSummary {
		n--
	}
	return fmt.Sprintf("%d/%d ", n, t.total)
}

func (t *textPlan) summary() []Line {
	zh, en := fmt.Sprintf("共 %d 条报警", t.total), fmt.Sprintf("%d alarms", t.total)
	if t.gravest > 0 {
		zh, en = zh+fmt.Sprintf("，其中 1 级 %d 条", t.gravest), en+fmt.Sprintf(", %d of priority 1", t.gravest)
	}
	worst := point.Words{Zh: fmt.Sprintf("先看最急的 %d 条", mostSheets), En: fmt.Sprintf("the %d most urgent follow", mostSheets)}
	if t.Height >= 2*LineHeight {
		return append(t.line(point.Words{Zh: zh, En: en}, red), t.line(worst, white)...)
	}
	return t.line(point.Words{Zh: zh + "，" + worst.Zh, En: en + ", " + worst.En}, red)
}

// local is the time as people at the site read it.
func (t *textPlan) local(at point.Instant) time.Time {
	if t.around.Zone == nil {
		return at.Wall
	}
	return at.Wall.In(t.around.Zone)
}

// when is the time of a raise; nothing when nobody knew it.
func (t *textPlan) when(now, raised point.Instant) string {
	if raised.Clock == point.ClockUnknown || raised.Wall.IsZero() {
		return ""
	}
	at, today := t.local(raised), t.local(now)
	if at.YearDay() != today.YearDay() || at.Year() != today.Year() {
		return at.Format(" 01-02 15:04")
	}
	return at.Format(" 15:04")
}

var weekdays = []string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// time is the time of day. It is written anew at the next minute.
func (t *textPlan) time(now point.Instant) point.Words {
	at := t.local(now)
	t.minute = now.Mono + time.Minute - time.Duration(at.Second())*time.Second - time.Duration(at.Nanosecond())
	if now.Clock == point.ClockUnknown {
		return point.Words{Zh: "时间未校准", En: "time is not set"}
	}
	return point.Words{Zh: at.Format("1月2日 ") + weekdays[at.Weekday()] + at.Format(" 15:04"), En: at.Format("Mon 2 Jan 15:04")}
}

var modes = map[string]point.Words{zone.Away: {Zh: "已布防（外出）", En: "armed away"}, zone.Stay: {Zh: "已布防（留守）", En: "armed stay"}, zone.Night: {Zh: "已布防（夜间）", En: "armed night"}}

func (t *textPlan) partition(v *zone.PartitionView) []Line {
	mode, colour := modes[v.As], blue
	switch v.Mode {
	case zone.Disarmed:
		mode, colour = point.Words{Zh: "未布防", En: "disarmed"}, green
	case zone.Exiting:
		mode = point.Words{Zh: "正在布防，请离开", En: "arming, please leave"}
	case zone.Entering:
		mode = point.Words{Zh: "请立即撤防", En: "disarm now"}
	}
	return t.line(point.Words{Zh: v.Label.In("zh") + " " + mode.Zh, En: v.Label.In("en") + ": " + mode.En}, colour)
}

// point is a point with its value; one that cannot be read keeps its last good
// value, amber and with a mark.
func (t *textPlan) point(r *reading, name string) []Line {
	label := point.Words{Zh: name, En: name}
	if r.point != nil {
		label = r.point.Title()
	}
	if r.last.Value.IsNone() {
		return t.line(point.Words{Zh: label.In("zh") + " 无数据", En: label.In("en") + ": no data"}, amber)
	}
	value, words := condition.Shown(r.last.Value, r.point)
	if words.IsZero() {
		if value == "" {
			value = r.last.Value.String()
		}
		words = point.Words{Zh: value, En: value}
	}
	w := point.Words{Zh: label.In("zh") + " " + words.In("zh"), En: label.In("en") + ": " + words.In("en")}
	if r.last.Quality.IsSimulated() {
		return t.line(w.Simulated(), amber)
	}
	if r.last.Quality.Usable() {
		return t.line(w, white)
	}
	return t.line(point.Words{Zh: w.Zh + "（读数中断）", En: w.En + " (no longer read)"}, amber)
}
