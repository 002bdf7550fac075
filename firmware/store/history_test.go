package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"watchbox/firmware/point"
)

var dawn = time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)

func sample(name point.Name, after time.Duration, v point.Value) point.Sample {
	return point.Sample{Point: name, Value: v, At: point.Instant{Wall: dawn.Add(after), Clock: point.ClockSynchronised}}
}

func readBack(t *testing.T, s *Store, name point.Name, from, to time.Duration, most int) []Reading {
	t.Helper()
	r, err := s.History(t.Context(), name, dawn.Add(from), dawn.Add(to), most)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHistoryFromMemoryAndDisk(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	for i := range 100 {
		s.AppendSamples([]point.Sample{sample("a/t", time.Duration(i)*time.Minute, point.OfReal(float64(i))), sample("b/t", time.Duration(i)*time.Minute, point.OfText("x"))})
		if i == 40 || i == 80 {
			if err := s.FlushHistory(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(when string) {
		t.Helper()
		r := readBack(t, s, "a/t", 10*time.Minute, 90*time.Minute, 1000)
		if len(r) != 80 {
			t.Fatalf("%s: %d readings", when, len(r))
		}
		for i, x := range r {
			if f, _ := x.Value.Float(); f != float64(i+10) || !x.At.Equal(dawn.Add(time.Duration(i+10)*time.Minute)) {
				t.Fatalf("%s %d: %+v", when, i, x)
			}
		}
	}
	check("partly in memory")
	s.Close()
	s, _ = mustOpen(t, dir, Options{})
	check("after a restart")
	if err := roll(t.Context(), s.history.db, 2); err != nil {
		t.Fatal(err)
	}
	check("packed")
	if small, _ := smallSegments(t.Context(), s.history.db); len(small) != 0 {
		t.Errorf("%d small segments left", len(small))
	}
	if r := readBack(t, s, "no/such", 0, time.Hour, 10); len(r) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestHistoryChangesOfKind(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	values := []point.Value{{}, point.OfInt(1), {}, point.OfText("a"), point.OfInt(2)}
	for i, v := range values {
		s.AppendSamples([]point.Sample{sample("a/x", time.Duration(i/2)*time.Second, v)}) // pairs in one instant
	}
	s.FlushHistory(t.Context())
	r := readBack(t, s, "a/x", 0, time.Hour, 100)
	if len(r) != len(values) {
		t.Fatalf("%+v", r)
	}
	for i := range r {
		if r[i].Value != values[i] {
			t.Errorf("%d: %v, want %v", i, r[i].Value, values[i])
		}
	}
}

func TestThinningKeepsPeaksAndGaps(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	const n = 20_000
	for i := range n {
		x := sample("a/t", time.Duration(i)*time.Second, point.OfReal(20))
		switch i {
		case 4321:
			x.Value = point.OfReal(99)
		case 12345:
			x.Value = point.OfReal(-99)
		case 17777:
			x.Value, x.Quality = point.Value{}, point.BadBecause(point.Timeout)
		}
		s.AppendSamples([]point.Sample{x})
	}
	s.FlushHistory(t.Context())
	r := readBack(t, s, "a/t", 0, n*time.Second, 300)
	var least, greatest float64
	bad := 0
	for i, x := range r {
		f, _ := x.Value.Float()
		least, greatest = min(least, f), max(greatest, f)
		if !x.Quality.Usable() {
			bad++
		}
		if i > 0 && x.At.Before(r[i-1].At) {
			t.Fatal("out of order")
		}
	}
	if len(r) > 300 || len(r) < 100 || least != -99 || greatest != 99 || bad != 1 {
		t.Errorf("%d readings, %v…%v, %d bad", len(r), least, greatest, bad)
	}
}

func TestRetentionByDays(t *testing.T) {
	now := point.Instant{Wall: time.Now().AddDate(0, 0, 31), Clock: point.ClockSynchronised}
	s, _ := mustOpen(t, t.TempDir(), Options{HistoryDays: 30, Now: func() point.Instant { return now }})
	s.AppendSamples([]point.Sample{sample("a/t", 0, point.OfInt(1))})
	s.FlushHistory(t.Context())
	s.AppendSamples([]point.Sample{{Point: "a/t", Value: point.OfInt(2), At: now}})
	s.FlushHistory(t.Context())
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := s.History(t.Context(), "a/t", dawn, now.Wall.Add(time.Hour), 10)
	if err != nil || len(r) != 1 || r[0].Value != point.OfInt(2) {
		t.Errorf("%+v %v", r, err)
	}
}

func TestHistoryIsMadeAnew(t *testing.T) {
	for name, spoil := range map[string]func(path string){
		"random bytes": func(p string) { os.WriteFile(p, []byte("this is not a database, not at all"), 0o600) },
		"directory":    func(p string) { os.MkdirAll(filepath.Join(p, "x"), 0o700) },
	} {
		dir := t.TempDir()
		spoil(filepath.Join(dir, historyName))
		s, r := mustOpen(t, dir, Options{})
		if r.History == "" || r.MovedAside != "" {
			t.Errorf("%s: %+v", name, r)
		}
		s.AppendSamples([]point.Sample{sample("a/t", 0, point.OfInt(1))})
		if err := s.FlushHistory(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWaitingSamplesAreBounded(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	s.history.db.Close() // a disk that takes nothing
	batch := make([]point.Sample, 1000)
	for i := range batch {
		batch[i] = sample(point.Name(fmt.Sprint("a/", i)), 0, point.OfInt(1))
	}
	for range waitingMost/1000 + 5 {
		s.AppendSamples(batch)
	}
	if err := s.FlushHistory(t.Context()); err == nil {
		t.Error("no error")
	}
	if _, waiting, dropped := s.HistoryState(); waiting != waitingMost || dropped != 5000 {
		t.Errorf("%d wait, %d dropped", waiting, dropped)
	}
}

func TestRelieveGivesRoomBack(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	random := rand.New(rand.NewPCG(7, 8))
	for i := range 20 {
		for k := range 2000 {
			s.AppendSamples([]point.Sample{sample("a/t", time.Duration(i*2000+k)*time.Second, point.OfCount(random.Uint64()))})
		}
		s.FlushHistory(t.Context())
	}
	size := func() int64 { i, _ := os.Stat(filepath.Join(dir, historyName)); return i.Size() }
	s.history.db.Exec(`pragma wal_checkpoint(truncate)`)
	before := size()
	if err := s.Relieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := size(); after >= before {
		t.Errorf("%d bytes before, %d after", before, after)
	}
	r := readBack(t, s, "a/t", 0, 40_000*time.Second, 1e6)
	if len(r) == 0 || len(r) >= 40_000 || !r[0].At.After(dawn) {
		t.Errorf("%d readings left", len(r))
	}
	s.history.db.Close() // nothing can be written: all of it goes, and history begins anew
	if err := s.Relieve(t.Context()); err == nil || errors.Is(err, errHistory) {
		t.Errorf("%v", err)
	}
	s.AppendSamples([]point.Sample{sample("a/t", 0, point.OfInt(1))})
	if err := s.FlushHistory(t.Context()); err != nil {
		t.Error(err)
	}
}
