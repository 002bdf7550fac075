package alarm

import (
	"testing"
	"time"

	"watchbox/firmware/point"
)

// A leak controller tells how far along the cable the water is: a rule on that point
// tells the guard where to go.
func TestALeakIsToldWithItsDistance(t *testing.T) {
	above := 0.0
	rule := Rule{When: Condition{Above: &above}, Label: point.Words{Zh: "地板下漏水", En: "Water under the floor"}}
	r := ruleRig(t, rule, point.Point{Name: temperature, Kind: point.Real, Unit: "m", Decimals: 1, Label: point.Words{Zh: "漏水位置", En: "Place of the leak"}})
	r.read(0, 0)
	r.read(time.Second, 12.5)
	changes := r.Take()
	if len(changes) != 1 {
		t.Fatal(changes)
	}
	if w := Text(changes[0], point.Words{}); w.Zh != "报警：地板下漏水（12.5 m）" || w.En != "Alarm: Water under the floor (12.5 m)" {
		t.Errorf("%+v", w)
	}
}
