package calendar

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/point"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func known(t time.Time) point.Instant { return point.Instant{Wall: t, Clock: point.ClockSynchronised} }

// china2026 is the pattern of the State Council's notice for 2026: runs of
// holidays, and weekend days that are worked for them.
func china2026(z *time.Location) []Special {
	day := func(s string) time.Time {
		t, err := time.ParseInLocation(time.DateOnly, "2026-"+s, z)
		if err != nil {
			panic(err)
		}
		return t
	}
	var all []Special
	for _, h := range [][2]string{{"01-01", "01-03"}, {"02-15", "02-23"}, {"04-04", "04-06"}, {"05-01", "05-05"},
		{"06-19", "06-21"}, {"09-25", "09-27"}, {"10-01", "10-07"}} {
		all = append(all, Special{From: day(h[0]), Until: day(h[1]), Kind: Holiday})
	}
	for _, w := range []string{"01-04", "02-14", "02-28", "05-09", "09-20", "10-10"} {
		all = append(all, Special{From: day(w), Kind: Workday})
	}
	all[len(all)-1].Follows = "wed" // Saturday the 10th keeps Wednesday's hours
	return append(all, Special{From: day("03-04"), Until: day("03-12"), Kind: KeyPeriod, Label: point.Words{Zh: "两会", En: "the sessions"}})
}

func china(t *testing.T) *Book {
	z := zone(t, "Asia/Shanghai")
	week := []string{"mon", "tue", "wed", "thu", "fri"}
	b, errs := Compile([]Calendar{
		{ID: "office", Days: week, Hours: []string{"08:30-12:00", "13:00-17:30"}},
		{ID: "night", Hours: []string{"22:00-06:00"}},
		{ID: "bare", Days: week, Holidays: "ignore"},
		{ID: "holiday", Holidays: "only"},
		{ID: "key", KeyPeriods: "only"},
		{ID: "no-work-in-key", Days: week, Hours: []string{"02:00-04:00"}, KeyPeriods: "off"},
		{ID: "wednesday", Days: []string{"wed"}},
		{ID: "monday", Days: []string{"mon"}},
		{ID: "always", Holidays: "ignore"},
		{ID: "full", Hours: []string{"00:00-24:00"}, Holidays: "ignore"},
	}, china2026(z), z)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return b
}

func TestTheChineseYear(t *testing.T) {
	b, z := china(t), zone(t, "Asia/Shanghai")
	for _, c := range []struct {
		id, at string
		on     bool
		why    string
	}{
		{"office", "01-05 08:30", true, "a Monday begins"},
		{"office", "01-05 08:29", false, "not yet"},
		{"office", "01-05 12:00", false, "the end does not belong to it"},
		{"office", "01-05 13:00", true, "after lunch"},
		{"office", "01-01 10:00", false, "a holiday"},
		{"office", "01-04 10:00", true, "a Sunday that is worked"},
		{"office", "01-10 10:00", false, "an ordinary Saturday"},
		{"office", "02-14 10:00", true, "worked before the Spring Festival"},
		{"office", "02-24 10:00", true, "the day after"},
		{"office", "02-28 10:00", true, "a Saturday that is worked"},
		{"office", "10-08 10:00", true, "a Thursday after the holiday"},
		{"bare", "01-01 10:00", true, "the bare week knows no holiday"},
		{"bare", "01-04 10:00", false, "and no make-up day"},
		{"holiday", "10-03 00:00", true, "from midnight"},
		{"holiday", "10-07 23:59", true, "to midnight"},
		{"holiday", "10-08 00:00", false, "and no longer"},
		{"key", "03-04 00:00", true, "begins"},
		{"key", "03-12 23:59", true, "the last day belongs to it"},
		{"key", "03-13 00:00", false, "over"},
		{"no-work-in-key", "03-04 03:00", false, "no works in a key period"},
		{"no-work-in-key", "03-13 03:00", true, "works again"},
		{"wednesday", "10-10 12:00", true, "follows Wednesday"},
		{"monday", "09-20 12:00", true, "a make-up Sunday that follows nothing named is a Monday"},
		{"night", "01-05 22:00", true, "begins"},
		{"night", "01-06 05:59", true, "belongs to yesterday"},
		{"night", "01-06 06:00", false, "over"},
		{"night", "10-01 05:59", true, "the eve's night ends on the holiday"},
		{"night", "10-01 22:00", false, "no night begins on a holiday"},
		{"night", "10-08 05:59", false, "the holiday's night did not begin"},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+c.at, z)
		if err != nil {
			t.Fatal(err)
		}
		if on, ok := b.Holds(c.id, known(at)); on != c.on || !ok {
			t.Errorf("%s at %s: %v %v, want %v: %s", c.id, c.at, on, ok, c.on, c.why)
		}
		// The same instant told in another zone is the same instant.
		if on, _ := b.Holds(c.id, known(at.UTC())); on != c.on {
			t.Errorf("%s at %s told in UTC: %v", c.id, c.at, on)
		}
	}
}

func TestNextIsTheNextChange(t *testing.T) {
	b, z := china(t), zone(t, "Asia/Shanghai")
	for _, c := range []struct{ id, at, until string }{
		{"office", "2026-01-05 08:00", "2026-01-05 08:30"},
		{"office", "2026-01-05 12:00", "2026-01-05 13:00"},
		{"office", "2026-02-14 17:30", "2026-02-24 08:30"},
		{"night", "2026-12-31 23:00", "2027-01-01 06:00"},
		{"holiday", "2026-10-02 05:00", "2026-10-08 00:00"},
		{"holiday", "2026-10-08 00:00", ""},
		{"key", "2025-12-01 12:00", "2026-03-04 00:00"},
		{"always", "2026-10-01 00:00", ""},
		{"full", "2026-10-01 00:00", ""},
	} {
		at, _ := time.ParseInLocation("2006-01-02 15:04", c.at, z)
		want := point.Never
		if until, err := time.ParseInLocation("2006-01-02 15:04", c.until, z); err == nil {
			want = until.Sub(at)
		}
		if got := b.Next(c.id, known(at)); got != want {
			t.Errorf("%s at %s: next in %v, want %v", c.id, c.at, got, want)
		}
	}
}

func TestNobodyKnowsTheTimeOrTheCalendar(t *testing.T) {
	b := china(t)
	at := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		b  *Book
		id string
		at point.Instant
	}{{b, "always", point.Instant{Wall: at}}, {b, "nonesuch", known(at)}, {nil, "always", known(at)}, {&Book{}, "always", known(at)}} {
		if on, ok := c.b.Holds(c.id, c.at); on || ok {
			t.Errorf("%s: %v %v", c.id, on, ok)
		}
		if d := c.b.Next(c.id, c.at); d != point.Never {
			t.Errorf("%s: next in %v", c.id, d)
		}
	}
}

func TestFaultsNameTheirPlace(t *testing.T) {
	z := time.UTC
	d := func(s string) time.Time { t, _ := time.ParseInLocation(time.DateOnly, s, z); return t }
	for want, c := range map[string]struct {
		calendar Calendar
		special  []Special
	}{
		"calendars[0].id:":              {calendar: Calendar{}},
		"calendars[0].days[1]":          {calendar: Calendar{ID: "a", Days: []string{"mon", "Montag"}}},
		"calendars[0].hours[0]":         {calendar: Calendar{ID: "a", Hours: []string{"8:00-18:00"}}},
		"calendars[0].hours[1]":         {calendar: Calendar{ID: "a", Hours: []string{"08:00-18:00", "08:00-08:00"}}},
		"calendars[0].hours: read 25":   {calendar: Calendar{ID: "a", Hours: make([]string, 25)}},
		"calendars[0].holidays":         {calendar: Calendar{ID: "a", Holidays: "on"}},
		"special-days[0].from":          {calendar: Calendar{ID: "a"}, special: []Special{{Kind: Holiday}}},
		"special-days[0].until":         {calendar: Calendar{ID: "a"}, special: []Special{{From: d("2026-01-02"), Until: d("2026-01-01"), Kind: Holiday}}},
		"special-days[0].until: read 2": {calendar: Calendar{ID: "a"}, special: []Special{{From: d("2026-01-02"), Until: d("2028-01-01"), Kind: Holiday}}},
		"special-days[0].kind":          {calendar: Calendar{ID: "a"}, special: []Special{{From: d("2026-01-02"), Kind: "party"}}},
		"special-days[0].follows":       {calendar: Calendar{ID: "a"}, special: []Special{{From: d("2026-01-02"), Kind: Holiday, Follows: "mon"}}},
		"special-days[1].kind: read workday on 2026-01-02": {calendar: Calendar{ID: "a"}, special: []Special{
			{From: d("2026-01-01"), Until: d("2026-01-03"), Kind: Holiday}, {From: d("2026-01-02"), Kind: Workday}}},
		"special-days[0].from: read 2026-01-01 08:00": {calendar: Calendar{ID: "a"}, special: []Special{{From: d("2026-01-01").Add(8 * time.Hour), Kind: Holiday}}},
	} {
		b, errs := Compile([]Calendar{c.calendar}, c.special, z)
		var f *Fault
		if len(errs) != 1 || !errors.As(errs[0], &f) || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("want %s, got %v", want, errs)
		}
		if strings.HasPrefix(want, "calendars") == b.Known(c.calendar.ID) {
			t.Errorf("%s: the calendar is there: %v", want, b.Known(c.calendar.ID))
		}
	}
	if _, errs := Compile([]Calendar{{ID: "a"}, {ID: "a"}}, nil, nil); len(errs) != 1 {
		t.Errorf("the same id twice: %v", errs)
	}
}

// TestNextAgreesWithHolds walks random calendars minute by minute, over changes
// to and from summer time and over the year's end.
func TestNextAgreesWithHolds(t *testing.T) {
	starts := map[string][]string{
		"Asia/Shanghai":       {"2026-12-29", "2026-02-12", "2026-09-30"},
		"Europe/Berlin":       {"2026-03-27", "2026-10-23", "2026-12-30"},
		"America/Sao_Paulo":   {"2018-11-02", "2018-02-16"}, // summer time began and ended at midnight
		"Australia/Lord_Howe": {"2026-04-03", "2026-10-02"}, // half an hour
	}
	r := rand.New(rand.NewPCG(1, 2))
	for name, days := range starts {
		z := zone(t, name)
		for round := range 12 {
			k := randomCalendar(r)
			b, errs := Compile([]Calendar{k}, china2026(z), z)
			if len(errs) > 0 {
				t.Fatalf("%+v: %v", k, errs)
			}
			from, _ := time.ParseInLocation(time.DateOnly, days[round%len(days)], z)
			for m := 0; m < 4*24*60; m++ {
				at := known(from.Add(time.Duration(m) * time.Minute))
				if m%97 == 0 {
					checkNext(t, b, at, name, k)
				}
			}
		}
	}
}

func checkNext(t *testing.T, b *Book, at point.Instant, zone string, k Calendar) {
	t.Helper()
	now, _ := b.Holds("x", at)
	next := b.Next("x", at)
	// A change is at a whole minute of these zones; look two days ahead.
	first := at.Wall.Truncate(time.Minute)
	for d := time.Duration(0); d <= 2*24*time.Hour; d += time.Minute {
		t2 := first.Add(d)
		if t2.Before(at.Wall) {
			continue
		}
		if on, _ := b.Holds("x", known(t2)); on != now {
			if got := t2.Sub(at.Wall); got != next {
				t.Fatalf("%s %+v at %v: next in %v, first change in %v", zone, k, at.Wall, next, got)
			}
			return
		}
	}
	if next < 2*24*time.Hour {
		t.Fatalf("%s %+v at %v: next in %v, but nothing changes in two days", zone, k, at.Wall, next)
	}
}

func randomCalendar(r *rand.Rand) Calendar {
	k := Calendar{ID: "x"}
	for _, d := range strings.Split(weekdays, "|") {
		if r.IntN(3) > 0 {
			k.Days = append(k.Days, d)
		}
	}
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	k.Holidays, k.KeyPeriods = pick("", "off", "only", "ignore"), pick("", "off", "ignore")
	for range r.IntN(3) {
		h := pick("22:00-06:00", "02:30-03:30", "00:00-24:00", "08:00-18:00", "23:45-00:15", "01:00-02:00", "18:00-24:00", "00:00-01:00")
		k.Hours = append(k.Hours, h)
	}
	return k
}

func BenchmarkNextOfWhatNeverChanges(b *testing.B) {
	book, _ := Compile([]Calendar{{ID: "key", KeyPeriods: "only"}}, nil, time.UTC)
	for b.Loop() {
		book.Next("key", known(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
	}
}
