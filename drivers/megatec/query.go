package megatec

import (
	"fmt"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// query is one question and the shape of its answer. What is listed here is all
// that this package can send: there is no way to a wire but through a query.
type query struct {
	text string // without the CR that ends it
	// layout is the longest answer, without its CR: '(', '#' and blanks stand where
	// they stand, the other letters are the columns of a field.
	layout string
	least  int // the shortest answer; 0: as long as layout
	fields []field
}

// field is one item of an answer. Columns count from 0 and are both included, as
// the papers count them; an answer may end within the last field.
type field struct {
	item     string
	from, to int
	read     reader
}

// dialect is one way of the family to ask for the state of a UPS.
type dialect struct {
	name    string
	main    *query   // a UPS that answers it speaks the dialect
	others  []*query // asked at each poll, after main; a UPS may lack any of them
	ratings []*query // asked once an hour, one a poll
}

// The dialects, in the order in which they are tried: Q1 is the one that most
// units know. None of the texts is an order in another dialect.
var dialects = []dialect{
	{name: "q1", main: &q1, ratings: []*query{&ratings, &vendor}},
	{name: "voltronic", main: &qgs, others: []*query{&qmod, &qws, &qbv}, ratings: []*query{&ratings, &vendor, &qpi}},
	{name: "qs", main: &qs, ratings: []*query{&qsRatings, &vendor}},
}

// The columns of Q1, as NUT's nutdrv_qx reads them. QS has the same; what Q1's
// paper calls the input's frequency is the output's there.
var (
	q1 = query{text: "Q1", layout: q1Layout, fields: append(q1Fields, field{"input.frequency", 23, 26, number})}
	qs = query{text: "QS", layout: q1Layout, fields: append(q1Fields, field{"output.frequency", 23, 26, number})}
)

const q1Layout = "(vvv.v fff.f ooo.o lll hh.h b.bb tt.t 76543210"

var q1Fields = []field{
	{"input.voltage", 1, 5, number},
	{"input.voltage.fault", 7, 11, number},
	{"output.voltage", 13, 17, number},
	{"ups.load", 19, 21, number},
	{"battery.voltage", 28, 31, number},
	{"ups.temperature", 33, 36, number},
	{"input.failed", 38, 38, flag},
	{"battery.low", 39, 39, flag},
	{"ups.bypass", 40, 40, flag},
	{"alarm.fault", 41, 41, flag},
	{"ups.type", 42, 42, standby},
	{"battery.test", 43, 43, flag},
	{"ups.shutdown", 44, 44, flag},
	{"ups.beeper.status", 45, 45, flag},
}

// Voltronic's questions, as NUT's nutdrv_qx (voltronic) reads their answers.
// Columns 33–43 and 51–55 of QGS are not told.
var (
	qgs = query{text: "QGS", layout: "(vvv.v hh.h ooo.o hh.h aaa.a lll xxx.x xxx.x bbb.b xxx.x ttt.t ba9876543210", fields: []field{
		{"input.voltage", 1, 5, number},
		{"input.frequency", 7, 10, number},
		{"output.voltage", 12, 16, number},
		{"output.frequency", 18, 21, number},
		{"output.current", 23, 27, number},
		{"ups.load", 29, 31, number},
		{"battery.voltage", 45, 49, number},
		{"ups.temperature", 57, 61, number},
		{"ups.type", 63, 64, kind},
		{"input.failed", 65, 65, flag},
		{"battery.low", 66, 66, flag},
		{"ups.bypass", 67, 67, flag},
		{"alarm.fault", 68, 68, flag},
		{"battery.test", 70, 70, flag},
		{"ups.shutdown", 71, 71, flag},
		{"ups.beeper.status", 72, 72, unflag},
	}}
	qmod = query{text: "QMOD", layout: "(m", fields: []field{{"ups.mode", 1, 1, letter}}}
	qws  = query{text: "QWS", layout: "(wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", fields: []field{
		{warnings, 1, 64, anyFlag},
		{"ups.alarm", 1, 64, listFlags},
		{"alarm.battery-disconnected", 1, 1, flag},
		{"alarm.neutral", 2, 2, flag},
		{"alarm.site-wiring", 3, 3, flag},
		{"alarm.phase-sequence", 4, 4, flag},
		{"alarm.bypass-phase-sequence", 5, 5, flag},
		{"alarm.bypass-frequency", 6, 6, flag},
		{"alarm.battery-overcharge", 7, 7, flag},
		{"alarm.battery-low", 8, 8, flag},
		{"alarm.overload", 9, 9, flag},
		{"alarm.fan", 10, 10, flag},
		{"alarm.epo", 11, 11, flag},
		{"alarm.over-temperature", 13, 13, flag},
		{"alarm.charger", 14, 14, flag},
		{"alarm.locked-in-bypass", 51, 51, flag},
		{"alarm.battery-replace", 56, 56, flag},
		{"alarm.cover-open", 58, 58, flag},
		{"alarm.memory", 62, 62, flag},
	}}
	qbv = query{text: "QBV", layout: "(bbb.b nn pp ccc mmmmm", least: 20, fields: []field{
		{"battery.charge", 13, 15, number},
		{"battery.runtime", 17, 21, minutes},
	}}
	qpi = query{text: "QPI", layout: "(PInn", fields: []field{{"ups.firmware.aux", 1, 4, protocol}}}
)

// warnings is whether any bit of QWS is set; alarm is computed of it.
const warnings = "(warnings)"

// F and I are the same in every dialect, but that with QS the ratings are the
// output's. Firmware that does not fill I up with blanks ends earlier.
var (
	ratings   = query{text: "F", layout: "#vvv.v aaa bbb.b hh.h", fields: rated("input")}
	qsRatings = query{text: "F", layout: ratings.layout, fields: rated("output")}
	vendor    = query{text: "I", layout: "#mmmmmmmmmmmmmmm nnnnnnnnnn vvvvvvvvvv", least: 28, fields: []field{
		{"device.mfr", 1, 15, word},
		{"device.model", 17, 26, word},
		{"ups.firmware", 28, 37, word},
	}}
)

func rated(side string) []field {
	return []field{
		{side + ".voltage.nominal", 1, 5, number},
		{side + ".current.nominal", 7, 9, number},
		{"battery.voltage.nominal", 11, 15, number},
		{side + ".frequency.nominal", 17, 20, number},
	}
}

// reading is what an answer says of one item.
type reading struct {
	value   point.Value
	quality point.Quality
}

// fits is nil when the line has the length and the separators of the answer.
func (q *query) fits(line string) error {
	least := q.least
	if least == 0 {
		least = len(q.layout)
	}
	if len(line) < least || len(line) > len(q.layout) {
		return fmt.Errorf("%w: %s answered %d characters %.100q, want %d like %q", driver.ErrGarbage, q.text, len(line), line, len(q.layout), q.layout)
	}
	for i := range len(line) {
		switch c := q.layout[i]; c {
		case '(', '#', ' ':
			if line[i] != c {
				return fmt.Errorf("%w: %s answered %.100q, want %q in column %d", driver.ErrGarbage, q.text, line, c, i)
			}
		}
	}
	return nil
}

// parse reads every field of an answer, without its CR. A field that the unit
// filled up with '@', '-' or '#' is not-present and the others stand; one that
// holds anything else than it should makes the whole line garbage. Pure.
func (q *query) parse(line string) (map[string]reading, error) {
	if err := q.fits(line); err != nil {
		return nil, err
	}
	all := make(map[string]reading, len(q.fields))
	for _, f := range q.fields {
		text := line[min(f.from, len(line)):min(f.to+1, len(line))]
		v, ok := f.read(text)
		switch {
		case !ok:
			return nil, fmt.Errorf("%w: %s answered %.100q: %q cannot be %s", driver.ErrGarbage, q.text, line, text, f.item)
		case v.IsNone():
			all[f.item] = reading{quality: point.BadBecause(point.NotPresent)}
		default:
			all[f.item] = reading{value: v}
		}
	}
	return all, nil
}

// lost are the readings of a query that was not answered.
func (q *query) lost(r point.Reason) map[string]reading {
	all := make(map[string]reading, len(q.fields))
	for _, f := range q.fields {
		all[f.item] = reading{quality: point.BadBecause(r)}
	}
	return all
}
