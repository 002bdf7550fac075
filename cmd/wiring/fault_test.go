package wiring

import (
	"errors"
	"strings"
	"testing"

	"watchbox/firmware/app"
	"watchbox/firmware/config"
)

// TestASiteThatCannotBeMadeSaysWhyInBothLanguages: the file reads well, and a rule asks
// for a state that the device does not have.
func TestASiteThatCannotBeMadeSaysWhyInBothLanguages(t *testing.T) {
	b := newLab(t, served(t))
	b.start()
	must(t, b.PutMap(t.Context(), "own/flow", flow("0.1"), "li"))
	text := strings.Replace(b.site("own/flow"), "when: {below: 1}", "when: {is: foaming}", 1)
	err := b.PutSite(t.Context(), []byte(text), "li", 0)
	var faults config.Problems
	if !errors.Is(err, app.ErrSite) || !errors.As(err, &faults) || len(faults) != 1 {
		t.Fatal(err)
	}
	if w := faults[0].Words(); w.Zh != "site.yaml 第 16 行第 5 列：alarms[0]：写的是 \"foaming\"，而 flow/flow.rate 没有这个状态" ||
		w.En != "site.yaml:16:5: alarms[0]: read when: \"foaming\": flow/flow.rate is a real and knows no such state" {
		t.Errorf("%+v", w)
	}
}
