package config

import (
	"strings"
	"testing"
)

func TestCalendarsAreCheckedAtTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"calendars: [{id: office, days: [mon, fri], hours: [\"08:00-18:00\", \"22:00-06:00\"], holidays: ignore, key-periods: off}]\n" +
			"special-days: [{from: 2026-10-01, until: 2026-10-07, kind: holiday}, {from: 2026-10-10, kind: workday, follows: wed}]": "",
		"calendars: [{id: a, hours: [\"08:00-18:00\", 8-18]}]":                            "calendars[0].hours[1]: read \"8-18\"",
		"calendars: [{id: a, days: [monday]}]":                                            "calendars[0].days[0]: read monday",
		"calendars: [{id: a}, {id: a}]":                                                   "calendars[1].id",
		"calendars: [{id: A b}]":                                                          "calendars[0].id",
		"special-days: [{from: 2026-10-07, until: 2026-10-01, kind: holiday}]":            "special-days[0].until: read 2026-10-01",
		"special-days: [{from: 2026-10-07, kind: feast}]":                                 "special-days[0].kind: read feast",
		"special-days: [{kind: holiday}]":                                                 "special-days[0].from: read nothing",
		"special-days: [{from: \"2026-10-07 08:00\", kind: holiday}]":                     "special-days[0].from",
		"special-days: [{from: 2026-10-07, kind: holiday, follows: mon}]":                 "special-days[0].follows",
		"time-zone: America/Sao_Paulo\nspecial-days: [{from: 2018-11-04, kind: holiday}]": "", // no midnight on that day
	} {
		site, problems := Parse("site.yaml", []byte(headText+text+"\n"))
		if site != nil {
			problems = Validate(site, World{})
		}
		if want == "" && len(problems) == 0 {
			continue
		}
		if want == "" || len(problems) != 1 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%s: %v, want %q", text, problems, want)
		}
	}
}
