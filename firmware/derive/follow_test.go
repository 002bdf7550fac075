package derive

import (
	"fmt"
	"testing"

	"watchbox/firmware/point"
)

// However the computed points cross, each is listed once.
func TestWhatFollowsFromAPoint(t *testing.T) {
	base := []point.Point{{Name: "d/a", Kind: point.Bool}, {Name: "d/b", Kind: point.Bool}}
	definitions := []Definition{{Point: "calc/0", Kind: "count-of", From: []point.Name{"d/a"}}, {Point: "calc/1", Kind: "count-of", From: []point.Name{"calc/0"}}}
	for i := 2; i < 200; i++ {
		definitions = append(definitions, Definition{Point: point.Name(fmt.Sprintf("calc/%d", i)), Kind: "count-of",
			From: []point.Name{point.Name(fmt.Sprintf("calc/%d", i-1)), point.Name(fmt.Sprintf("calc/%d", i-2))}})
	}
	s, errs := New(definitions, base)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if all := s.Follow("d/a"); len(all) != 200 || all[0] != "calc/0" {
		t.Errorf("%d: %v", len(all), all[:1])
	}
	if all := s.Follow("d/b"); len(all) != 0 {
		t.Error(all)
	}
}
