package team

import (
	"strings"
	"testing"
	"time"

	"watchbox/firmware/point"
)

// A simulated heat starts one unit more, and orders and records say why.
func TestWhatASimulatedValueBringsAboutSaysSo(t *testing.T) {
	p := newPlant(t, cooling(2, 1), 1)
	p.pass(10 * time.Minute)
	ordered, told := 0, 0
	for range 5 * 60 {
		p.now = p.now.Add(time.Second)
		p.read()
		p.Sample(p.now, point.Sample{Point: "mr/temperature", Value: point.OfReal(40), Quality: point.Simulation, At: p.now})
		p.Tick(p.now)
		orders, records, _ := p.Take()
		for _, o := range orders {
			ordered++
			if !strings.HasPrefix(o.Reason.Zh, "【模拟】") {
				t.Errorf("%+v", o)
			}
		}
		for _, r := range records {
			told++
			if !r.Simulated || strings.Count(r.Text.En, "[SIM]") != 1 {
				t.Errorf("%+v", r)
			}
		}
	}
	if ordered == 0 || told == 0 {
		t.Fatalf("%d orders, %d records", ordered, told)
	}
	p.pass(3 * time.Second)
	if p.crews[0].pretends() {
		t.Error("the simulation is over, the team goes on about it")
	}
}
