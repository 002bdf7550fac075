package calendar

import (
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"

	"watchbox/firmware/point"
)

func dated(s string) time.Time { t, _ := time.Parse(time.DateOnly, s); return t }

// holidays of 2026 as the State Council's office published them for spring and
// the national day; the make-up workdays are weekends that work.
var specials = []Special{
	{From: dated("2026-02-15"), Until: dated("2026-02-23"), Kind: "holiday", Label: point.Words{Zh: "春节"}},
	{From: dated("2026-02-14"), Kind: "workday"},
	{From: dated("2026-02-28"), Kind: "workday", Follows: "fri"},
	{From: dated("2026-10-01"), Until: dated("2026-10-07"), Kind: "holiday"},
	{From: dated("2026-09-25"), Until: dated("2026-10-08"), Kind: "key-period"},
}

func book(t *testing.T, zone string, list ...Calendar) *Book {
	t.Helper()
	where, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	b, errs := Compile(list, specials, where)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return b
}

func at(t *testing.T, b *Book, s string) point.Instant {
	t.Helper()
	w, err := time.ParseInLocation("2006-01-02 15:04", s, b.zone)
	if err != nil {
		t.Fatal(err)
	}
	return point.Instant{Mono: time.Hour, Wall: w, Clock: point.ClockSynchronised}
}

var office = Calendar{ID: "office", Days: []string{"mon", "tue", "wed", "thu", "fri"}, Hours: []string{"08:00-12:00", "13:30-18:00"}, Holidays: "off"}

func TestHolds(t *testing.T) {
	night := Calendar{ID: "night", Hours: []string{"22:00-06:00"}, Holidays: "ignore"}
	friday := Calendar{ID: "friday", Days: []string{"fri"}, Hours: []string{"22:00-02:00"}, Holidays: "off"}
	feast := Calendar{ID: "feast", Holidays: "only"}
	key := Calendar{ID: "key", Holidays: "ignore", KeyPeriods: "only"}
	b := book(t, "Asia/Shanghai", office, night, friday, feast, key)
	for _, c := range []struct {
		id, when string
		want     bool
	}{
		{"office", "2026-11-24 08:00", true}, {"office", "2026-11-24 07:59", false}, {"office", "2026-11-24 12:00", false},
		{"office", "2026-11-24 13:30", true}, {"office", "2026-11-22 10:00", false}, // a Sunday
		{"office", "2026-10-02 10:00", false}, // a holiday, a Friday
		{"office", "2026-02-14 10:00", true},  // a Saturday that works
		{"night", "2026-11-24 23:00", true}, {"night", "2026-11-25 05:59", true}, {"night", "2026-11-25 06:00", false},
		{"friday", "2026-11-27 23:00", true}, {"friday", "2026-11-28 01:00", true}, {"friday", "2026-11-28 02:00", false}, {"friday", "2026-11-27 01:00", false},
		{"friday", "2026-02-28 23:00", true},  // a Saturday that works as a Friday
		{"friday", "2026-10-03 01:00", false}, // after a Friday that was a holiday
		{"feast", "2026-10-07 23:59", true}, {"feast", "2026-10-08 00:00", false},
		{"key", "2026-09-25 00:00", true}, {"key", "2026-10-09 00:00", false},
	} {
		if on, known := b.Holds(c.id, at(t, b, c.when)); on != c.want || !known {
			t.Errorf("%s at %s: %v, %v", c.id, c.when, on, known)
		}
	}
	if _, known := b.Holds("nobody", at(t, b, "2026-11-24 08:00")); known {
		t.Error("a calendar that does not exist is known")
	}
	if _, known := b.Holds("office", point.Instant{Wall: dated("1970-01-01")}); known {
		t.Error("a calendar is known with an unknown clock")
	}
}

// Next against asking each minute, also over the nights on which clocks change.
func TestNextIsTheFirstChange(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, zone := range []string{"Asia/Shanghai", "Europe/Berlin", "America/New_York"} {
		b := book(t, zone, office, Calendar{ID: "night", Hours: []string{"22:15-06:00"}, Holidays: "ignore"}, Calendar{ID: "dst", Hours: []string{"02:30-03:30"}, Holidays: "ignore"})
		for _, id := range []string{"office", "night", "dst"} {
			for range 40 {
				now := point.Instant{Wall: dated("2026-01-01").Add(time.Duration(rnd.IntN(365*24*60)) * time.Minute), Clock: point.ClockRTC}
				on, _ := b.Holds(id, now)
				want := now
				for n := 0; n < 30*24*60; n++ {
					want = want.Add(time.Minute)
					if is, _ := b.Holds(id, want); is != on {
						break
					}
				}
				if got := b.Next(id, now); got != want.Wall.Sub(now.Wall) {
					t.Errorf("%s in %s at %v: next in %v, want %v", id, zone, now.Wall, got, want.Wall.Sub(now.Wall))
				}
			}
		}
	}
	b := book(t, "UTC", Calendar{ID: "always", Holidays: "ignore"})
	if b.Next("always", at(t, b, "2026-11-24 08:00")) != point.Never {
		t.Error("a calendar that always holds changes")
	}
}

func TestNonsense(t *testing.T) {
	_, errs := Compile([]Calendar{{ID: "a", Hours: []string{"8-18"}}, {ID: "b", Hours: []string{"24:00-01:00"}}, {ID: "c", Days: []string{"monday"}}, {ID: "d", Hours: []string{"08:00-24:00"}}},
		[]Special{{From: dated("2026-10-07"), Until: dated("2026-10-01"), Kind: "holiday"}, {From: dated("2026-10-07"), Kind: "feast"}}, nil)
	if len(errs) != 5 {
		t.Errorf("%d errors: %v", len(errs), errs)
	}
}

func FuzzHours(f *testing.F) {
	f.Add("08:00-18:00")
	f.Add("22:00-06:00")
	f.Fuzz(func(t *testing.T, s string) {
		if h, ok := readHours(s); ok && (h.from < 0 || h.from >= day || h.until <= h.from || h.until > 2*day) {
			t.Fatalf("%q is %+v", s, h)
		}
	})
}
