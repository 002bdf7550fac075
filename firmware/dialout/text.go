package dialout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// headUnits is how much of a text stands in the first part of a joined short
// message: 67 UCS-2 units. The head says site, what, value and time.
const headUnits = 67

// Bounds of the parts of a head and of a whole text, in UCS-2 units.
const (
	siteUnits  = 12
	valueUnits = 12
	textUnits  = 67 * 5 // five parts
	itemsLimit = 12     // alarms that a summary names
)

// units is the length of s in UCS-2 units: two for what lies outside the basic plane.
func units(s string) (n int) {
	for _, r := range s {
		n += runeUnits(r)
	}
	return n
}

func runeUnits(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

// cut shortens s to at most n units, the last one an ellipsis when something is
// missing. A character is never cut in two; line breaks become spaces.
func cut(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if units(s) <= n {
		return s
	}
	var b strings.Builder
	left := n - 1
	for _, r := range s {
		if left -= runeUnits(r); left < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

// clip shortens hostile or long text to n runes of valid UTF-8.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "?")
	if utf8.RuneCountInString(s) > n {
		s = string([]rune(s)[:n])
	}
	return s
}

// sorted lists notices with the worst first: alarms by priority then age, then
// the all-clears.
func sorted(notices []*notice) []*notice {
	s := slices.Clone(notices)
	slices.SortStableFunc(s, func(a, b *notice) int {
		if c := a.rank() - b.rank(); c != 0 || a.e == nil || b.e == nil {
			return c
		}
		return cmp.Compare(a.e.Serial, b.e.Serial)
	})
	return s
}

// compose builds the message of a letter as things stand now, and notes who is
// told what.
func (d *Desk) compose(l *letter) Message {
	list := sorted(l.notices)
	first := list[0]
	w := writer{desk: d, language: d.contacts[l.contact].Language}
	m := Message{Language: w.language, Priority: 4}
	hears := d.channels[l.channel] == Modem
	if hears {
		l.code = d.letterCode(l)
	}
	switch {
	case first.kind == trial:
		m.Text, m.Drill = w.trial(), true
	case first.kind == answer:
		m.Text, m.Priority = w.site()+first.text.In(w.language), 3
	case len(list) > 1:
		m.Text = w.summary(list, l.code)
	case first.kind == cleared:
		m.Text = w.cleared(first.e)
	default:
		m.Text = w.raised(first.e, l.code)
	}
	m.Subject, _, _ = strings.Cut(m.Text, "\n")
	m.Subject = cut(m.Subject, headUnits)
	if first.e != nil {
		m.Alarm, m.Key = first.e.Alarm.Occurrence, first.e.Alarm.Key
	}
	for _, n := range list {
		if n.kind == raised {
			m.Priority, m.Code = min(m.Priority, n.priority), l.code
			n.saidOver = n.e.Over && !n.e.settling()
			t := n.e.tell(n.contact, n.channel)
			t.At = d.now
			t.addCode(l.code)
		}
	}
	return m
}

func (t *told) addCode(code string) {
	if code != "" && !slices.Contains(t.Codes, code) {
		t.Codes = append(t.Codes, code)
		t.Codes = t.Codes[max(0, len(t.Codes)-8):]
	}
}

// writer builds texts in one language.
type writer struct {
	desk     *Desk
	language string
}

func (w writer) en() bool { return w.language == "en" }

// say picks the text of the writer's language and fills it in.
func (w writer) say(zh, en string, a ...any) string {
	if w.en() {
		zh = en
	}
	return fmt.Sprintf(zh, a...)
}

func (w writer) site() string {
	s := cut(orID(w.desk.site.Label.In(w.language), w.desk.site.ID), siteUnits)
	return w.say("【%s】", "[%s] ", s)
}

func (w writer) label(a alarm.Alarm) string {
	for _, t := range []point.Words{a.Text, a.Label} {
		if s := t.In(w.language); s != "" {
			return s
		}
	}
	return a.Key
}

// mark stands before what a simulated value brought about.
func (w writer) mark(a alarm.Alarm) string {
	if !a.Simulated {
		return ""
	}
	return point.SimulationMark.In(w.language)
}

// word is the class, sharpened for priority 1, with the mark of a simulation.
func (w writer) word(a alarm.Alarm) string { return w.mark(a) + w.class(a) }

func (w writer) class(a alarm.Alarm) string {
	switch {
	case a.Class == alarm.ClassTrouble:
		return w.say("故障", "TROUBLE")
	case a.Class == alarm.ClassSupervisory:
		return w.say("监视", "NOTICE")
	case a.Priority == 1:
		return w.say("紧急报警", "URGENT")
	}
	return w.say("报警", "ALARM")
}

// when is local time to the minute, or that nobody knows it.
func (w writer) when(t point.Instant) string {
	if t.Clock == point.ClockUnknown || t.Wall.IsZero() {
		return w.say("时刻未校", "time unknown")
	}
	return t.Wall.In(w.desk.site.Zone).Format("01-02 15:04")
}

func (w writer) reply(code string, all bool) string {
	switch {
	case code == "":
		return ""
	case all:
		return w.say("。回复%s全部确认", ". Reply %s = ack all", code)
	}
	return w.say("。回复%s确认", ". Reply %s = ack", code)
}

// head is lead, label, value and time in at most 67 units; the label gives
// way. tail, what to reply, stands behind the time where it leaves the label 20
// units or does not shorten it, else on a line of its own.
func (w writer) head(lead string, a alarm.Alarm, at point.Instant, tail string) (lines []string, whole bool) {
	rest := " " + w.when(at)
	if v := cut(a.Shown(w.language), valueUnits); v != "" {
		rest = " " + v + rest
	}
	label := strings.Join(strings.Fields(w.label(a)), " ")
	left := headUnits - units(lead) - units(rest)
	if with := left - units(tail); with >= min(20, units(label)) {
		short := cut(label, with)
		return []string{lead + short + rest + tail}, short == label
	}
	short := cut(label, left)
	lines = []string{lead + short + rest}
	if tail != "" {
		lines = append(lines, strings.TrimLeft(tail, "。. "))
	}
	return lines, short == label
}

func (w writer) raised(e *escalation, code string) string {
	a := e.Alarm
	lead := w.site() + w.word(a) + w.say(":", ": ")
	lines, whole := w.head(lead, a, a.Raised, w.reply(code, false))
	if e.Over && !e.settling() {
		lines = append(lines, w.say("已恢复,仍待确认", "Cleared meanwhile, still to be acknowledged"))
	}
	if e.Round > 0 {
		lines = append(lines, w.say("第%d次通知", "Notice no. %d", e.Round+1))
	}
	lines = append(lines, w.details(a, whole)...)
	if code == "" {
		lines = append(lines, w.say("请在值守页面确认", "Acknowledge on the Watchbox page"))
	}
	return cutLines(lines)
}

// details are the full label, the room, the instruction and how the device is now.
func (w writer) details(a alarm.Alarm, whole bool) (lines []string) {
	if !whole {
		lines = append(lines, w.label(a))
	}
	if a.Room != "" {
		lines = append(lines, w.say("位置:%s", "Room: %s", orID(w.desk.site.Rooms[a.Room].In(w.language), a.Room)))
	}
	if s := a.Instruction.In(w.language); s != "" {
		lines = append(lines, w.say("处置:%s", "Do: %s", s))
	}
	if s := w.brief(a.Point); s != "" {
		lines = append(lines, w.say("现状:%s", "Now: %s", s))
	}
	return lines
}

func (w writer) brief(of point.Name) string {
	if w.desk.site.Brief == nil || of == "" {
		return ""
	}
	return w.desk.site.Brief(of).In(w.language)
}

func (w writer) cleared(e *escalation) string {
	a := e.Alarm
	lead, at := w.site()+w.mark(a)+w.say("恢复:", "CLEARED: "), a.Cleared
	if e.Gone {
		lead = w.site() + w.mark(a) + w.say("撤除:", "REMOVED: ")
	}
	if at == (point.Instant{}) {
		at = w.desk.now
	}
	lines, _ := w.head(lead, quiet(a), at, "")
	if !e.Acked && e.persists() {
		lines = append(lines, w.say("仍待确认", "Still to be acknowledged"))
	}
	if a.Latch && !e.Gone && a.Latched {
		lines = append(lines, w.say("需人工复位", "A person has to reset it"))
	}
	return cutLines(lines)
}

// summary joins several notices: how many, the worst in full, then the others.
func (w writer) summary(list []*notice, code string) string {
	count := 0
	for _, n := range list {
		if n.kind == raised {
			count++
		}
	}
	lead := w.site() + w.say("%d项报警,最重:", "%d alarms, worst: ", count)
	if count == 0 {
		code, lead = "", w.site()+w.say("%d项恢复:", "%d cleared: ", len(list))
	}
	a := list[0].e.Alarm
	if count == 0 {
		a = quiet(a)
	}
	lines, _ := w.head(lead+w.mark(a), a, a.Raised, w.reply(code, true))
	for i, n := range list[1:] {
		if i == itemsLimit {
			lines = append(lines, w.say("另有%d项", "and %d more", len(list)-1-i))
			break
		}
		lines = append(lines, cut(w.item(n), 40))
	}
	return cutLines(lines)
}

// item is one line of a summary; what has cleared has no value any more.
func (w writer) item(n *notice) string {
	if n.kind == cleared {
		return w.mark(n.e.Alarm) + w.say("恢复", "cleared") + " " + w.label(n.e.Alarm)
	}
	return w.word(n.e.Alarm) + " " + w.label(n.e.Alarm) + " " + n.e.Alarm.Shown(w.language)
}

// quiet is the alarm without its value: what was read at the raise is over.
func quiet(a alarm.Alarm) alarm.Alarm {
	a.Value, a.ValueText = "", point.Words{}
	return a
}

func (w writer) trial() string {
	return w.site() + w.say("测试短信,无需处理 %s", "Test message, nothing to do %s", w.when(w.desk.now))
}

// cutLines joins lines within textUnits; what does not fit is cut at the end.
func cutLines(lines []string) string {
	var b strings.Builder
	left := textUnits
	for i, l := range lines {
		if i > 0 {
			if left < 8 {
				break
			}
			b.WriteByte('\n')
			left--
		}
		l = cut(l, left)
		b.WriteString(l)
		left -= units(l)
	}
	return b.String()
}
