package live

import (
	"fmt"
	"testing"
	"time"

	"watchbox/firmware/point"
)

func points(n int) (list []point.Point) {
	for i := range n {
		list = append(list, point.Point{Name: point.Name(fmt.Sprintf("dev/v%04d", i)), Stale: 1000})
	}
	return list
}

func TestSnapshotNeverChanges(t *testing.T) {
	table, err := New(points(200))
	if err != nil {
		t.Fatal(err)
	}
	table.Put(point.Sample{Point: "dev/v0003", Value: point.OfInt(1)})
	before := table.Freeze()
	table.Put(point.Sample{Point: "dev/v0003", Value: point.OfInt(2)})
	table.Put(point.Sample{Point: "dev/v0150", Value: point.OfInt(3)})
	old, _ := before.Get("dev/v0003")
	other, _ := before.Get("dev/v0150")
	if n, _ := old.Last.Value.Integer(); n != 1 || other.Seen {
		t.Errorf("the snapshot changed: %v, %v", old.Last, other.Last)
	}
	now, _ := table.Get("dev/v0003")
	if n, _ := now.Last.Value.Integer(); n != 2 {
		t.Errorf("the table did not change: %v", now.Last)
	}
	if before.pages[1] != table.pages[1] || before.pages[0] == table.pages[0] {
		t.Error("a change copies its own page and no other")
	}
}

func TestBadSampleKeepsTheLastGoodValue(t *testing.T) {
	table, _ := New(points(1))
	table.Put(point.Sample{Point: "dev/v0000", Value: point.OfReal(21.5)})
	e, ok := table.Put(point.Sample{Point: "dev/v0000", Quality: point.BadBecause(point.Timeout)})
	if f, _ := e.Last.Value.Float(); !ok || f != 21.5 || e.Good.Quality != (point.Quality{}) {
		t.Errorf("entry %+v", e)
	}
	if _, ok := table.Put(point.Sample{Point: "dev/none"}); ok {
		t.Error("a point that nobody described was taken")
	}
}

func TestTwoDevicesWithOneNameAreRefused(t *testing.T) {
	if _, err := New(append(points(2), point.Point{Name: "dev/v0001"})); err == nil {
		t.Error("accepted")
	}
}

func TestStaleIsToldOnceUntilAFreshValue(t *testing.T) {
	table, _ := New(points(3))
	at := func(ms int) point.Instant { return point.Instant{Mono: time.Duration(ms) * time.Millisecond} }
	table.Put(point.Sample{Point: "dev/v0001", Value: point.OfInt(1), At: at(0)})
	told := 0
	for ms := 0; ms < 5000; ms += 100 {
		table.Stale(at(ms), 3, func(s point.Sample) { told++; table.Put(s) })
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}
