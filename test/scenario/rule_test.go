package scenario

import (
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/config"
	"watchbox/firmware/derive"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

const rules = `alarms:
  - {id: warm, label: {zh: 温度高, en: Warm}, points: [oc/temperature], when: {above: 30}, priority: 2}
  - {id: damp, label: {zh: 湿度高, en: Damp}, points: [oc/humidity], when: {above: 80}, priority: 2}
`

// desk is the engine of a site, turned by hand: what leaves it is kept.
type desk struct {
	*engine.Engine
	now     point.Instant
	levels  map[point.Name]bool
	records []event.Record
	program *alarm.Program
}

func (d *desk) Record(b event.Batch) { d.records = append(d.records, b.Records...) }
func (d *desk) Levels(l []annunciate.Level) {
	for _, x := range l {
		d.levels[x.Output] = x.On
	}
}
func (d *desk) Picture(annunciate.Picture)    {}
func (d *desk) Pulse(zone.Pulse)              {}
func (d *desk) Changes([]alarm.Change)        {}
func (d *desk) Sample(point.Sample)           {}
func (d *desk) Write(point.Name, point.Value) {}

// newDesk compiles the bubble's site with the rules; inject runs before each
// evaluation of a rule.
func newDesk(t *testing.T, inject func(key string)) *desk {
	t.Helper()
	site, problems := config.Parse("site.yaml", []byte(bubbleSite+rules))
	if site == nil {
		t.Fatal(problems)
	}
	points := []point.Point{{Name: "oc/panic", Kind: point.Bool, Urgent: true}, {Name: "oc/water", Kind: point.Bool, Urgent: true},
		{Name: "oc/temperature", Kind: point.Real}, {Name: "oc/humidity", Kind: point.Real}}
	panel, errs := zone.New(zone.Definition{Zones: site.Zones})
	fatal(t, errs...)
	d := &desk{levels: map[point.Name]bool{}, now: point.Instant{Boot: "desk", Mono: time.Hour, Wall: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)}}
	d.program, errs = alarm.Compile(site.Alarms, points, panel.Definitions())
	fatal(t, errs...)
	machine, _ := alarm.New(nil, nil, nil)
	machine.Swap(d.now, d.program)
	machine.Inject(inject)
	table, err := live.New(points)
	fatal(t, err)
	set, errs := derive.New(nil, points)
	fatal(t, errs...)
	plan, err := annunciate.New(site.Annunciators, nil)
	fatal(t, err)
	d.Engine = engine.New(engine.Parts{Table: table, Derive: set, Panel: panel, Alarms: machine, Plan: plan},
		func() point.Instant { return d.now }, d, d)
	d.Identify("box", "epoch", 1, nil)
	d.Turn()
	return d
}

func fatal(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// see lets the box see a value, and a second pass.
func (d *desk) see(p point.Name, v point.Value) {
	d.Edge(point.Sample{Point: p, Value: v})
	d.Turn()
	d.now = d.now.Add(time.Second)
	d.Turn()
}

func (d *desk) stands(key string) bool {
	return slices.ContainsFunc(d.View().Alarms, func(a *alarm.Alarm) bool { return a.Key == key && a.Active })
}

// A rule that panics is out of service, and says so; every other rule, the
// zones and the siren guard on.
func TestARuleThatPanics(t *testing.T) {
	broken := true
	d := newDesk(t, func(key string) {
		if broken && strings.HasPrefix(key, "warm/") {
			var list []int
			_ = list[3]
		}
	})
	d.see("oc/temperature", point.OfReal(35))
	if d.stands("warm/oc/temperature") || !d.stands(alarm.RulesKey) {
		t.Fatalf("the rule panicked, and these stand: %+v", d.View().Alarms)
	}
	if !slices.ContainsFunc(d.records, func(r event.Record) bool {
		return r.Type == event.RuleOutOfService && r.Subject == "warm/oc/temperature"
	}) {
		t.Error("the journal does not tell which rule is out of service")
	}
	d.see("oc/humidity", point.OfReal(90))
	if !d.stands("damp/oc/humidity") {
		t.Error("the other rule guards no more")
	}
	d.see("oc/panic", point.OfBool(true))
	if !d.stands("zone/panic") || !d.levels["oc/siren"] {
		t.Error("panic pressed: no alarm, or no siren")
	}
	d.see("oc/panic", point.OfBool(false)) // else it is found to be stuck
	told := len(d.records)
	for range 100 {
		d.see("oc/temperature", point.OfReal(36))
	}
	if n := len(d.records) - told; n > 0 {
		t.Errorf("a rule out of service made %d more records: %+v", n, d.records[told:])
	}

	// Put right and loaded again it is in service.
	broken = false
	d.Alarms.Swap(d.now, d.program)
	d.see("oc/temperature", point.OfReal(35))
	if !d.stands("warm/oc/temperature") || d.stands(alarm.RulesKey) {
		t.Errorf("after the reload: %+v", d.View().Alarms)
	}
}
