package megatec

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// samples are answers as units give them.
var samples = map[*query]string{
	&q1: "(226.0 195.0 226.0 014 49.0 27.5 30.0 00001000", &qs: "(226.0 195.0 226.0 014 49.0 2.27 30.0 10001001",
	&qgs:  "(234.9 50.0 229.8 50.0 000.0 000 369.1 ---.- 026.5 ---.- 018.8 100000000001",
	&qmod: "(L", &qws: "(0000000100000000000000000000000000000000000000000000000000000000", &qbv: "(026.5 02 01 068 255", &qpi: "(PI00",
	&ratings: "#220.0 000 024.0 50.0", &qsRatings: "#220.0 000 024.0 50.0", &vendor: "#-------------   ------     VT12046Q  ",
}

func TestEverySampleIsRead(t *testing.T) {
	for _, d := range dialects {
		for _, q := range slices.Concat([]*query{d.main}, d.others, d.ratings) {
			all, err := q.parse(samples[q])
			if err != nil || len(all) != len(q.fields) {
				t.Errorf("%s: %v of %d fields, %v", q.text, all, len(q.fields), err)
			}
		}
	}
	// Eight bits from column 38, 47 bytes with the CR.
	if len(q1Layout) != 46 || q1Layout[38:] != "76543210" || len(qgs.layout) != 75 || len(qws.layout) != 65 || len(vendor.layout) != 38 || len(ratings.layout) != 21 {
		t.Error("a layout has not the length of the papers")
	}
	if all, err := qbv.parse("(041.0 03 01 100 00037"); err != nil || all["battery.runtime"].value != point.OfReal(37*60) {
		t.Errorf("a longer runtime: %v, %v", all, err)
	}
}

// TestEachFieldMayBeMissing fills one field after the other.
func TestEachFieldMayBeMissing(t *testing.T) {
	for q, sample := range samples {
		whole, _ := q.parse(sample)
		for _, f := range q.fields {
			if q == &qpi || q == &qws && f.from != f.to {
				continue // they have no filler
			}
			for _, c := range "@-#" {
				end := min(f.to+1, len(sample))
				line := sample[:f.from] + strings.Repeat(string(c), end-f.from) + sample[end:]
				all, err := q.parse(line)
				if err != nil {
					t.Errorf("%s %q: %v", q.text, line, err)
					continue
				}
				for item, r := range all {
					missing := item == f.item || q == &qws && (item == warnings || item == "ups.alarm")
					if want := whole[item]; !missing && r != want {
						t.Errorf("%s %q: %s is %v, want %v", q.text, line, item, r, want)
					}
					if item == f.item && r.quality != point.BadBecause(point.NotPresent) {
						t.Errorf("%s %q: %s is %v", q.text, line, item, r)
					}
				}
			}
		}
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	for q, sample := range samples {
		for _, line := range []string{"", "(", "#", sample[:len(sample)/2], sample + "  000000", "x" + sample[1:], strings.Repeat("\x00", len(sample)), strings.Repeat("9", len(sample))} {
			if all, err := q.parse(line); !errors.Is(err, driver.ErrGarbage) {
				t.Errorf("%s took %q for %v, %v", q.text, line, all, err)
			}
		}
		for other, line := range samples {
			if _, err := q.parse(line); err == nil && q.layout != other.layout {
				t.Errorf("%s took the answer to %s for its own", q.text, other.text)
			}
		}
	}
}

// FuzzAnswer: no line makes a query panic, and what is good is in its kind.
func FuzzAnswer(f *testing.F) {
	for _, sample := range samples {
		f.Add(sample)
		f.Add(strings.ReplaceAll(sample, "0", "@"))
		f.Add(strings.ReplaceAll(sample, ".", " "))
	}
	f.Add("(NAK")
	kinds := map[string]point.Kind{warnings: point.Bool}
	for _, i := range items {
		kinds[i.name] = i.kind
	}
	f.Fuzz(func(t *testing.T, line string) {
		for q := range samples {
			all, err := q.parse(line)
			if err != nil {
				if !errors.Is(err, driver.ErrGarbage) || len(err.Error()) > 1200 {
					t.Errorf("%s: %v", q.text, err)
				}
				continue
			}
			for item, r := range all {
				if r.quality == (point.Quality{}) != (r.value.Kind() == kinds[item]) {
					t.Errorf("%s %q: %s is %v", q.text, line, item, r)
				}
			}
			last := answers(all)
			last.compute("q1")
			if source, ok := last["output.source"].value.Integer(); ok && (source < fromNone || source > fromEco) {
				t.Errorf("%q comes from %d", line, source)
			}
		}
	})
}
