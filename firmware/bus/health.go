package bus

import (
	"cmp"
	"slices"
	"time"
)

// Health is how a wire has done in the last five to ten minutes.
type Health struct {
	ID        string      `json:"id"`
	Shape     string      `json:"shape,omitempty" doc:"speed and character of a serial wire: 9600 8N1"`
	Seconds   float64     `json:"seconds" doc:"what the figures look back on"`
	Score     int         `json:"score" doc:"0–100: exchanges achieved ÷ ceiling, while the wire was in use; -1 when nothing was asked"`
	Achieved  float64     `json:"achieved" doc:"answered exchanges per second of use"`
	Ceiling   float64     `json:"ceiling" doc:"the same if each exchange took nothing but its characters, the silence before it and the slave's own turn-around"`
	Load      float64     `json:"load" doc:"part of the time in which the wire was in use, 0–1"`
	Counts    Counts      `json:"counts"`
	Steps     []float64   `json:"steps" doc:"upper ends of the classes of the histograms, in seconds; one more class is above the last"`
	Slaves    []Answering `json:"slaves"`
	Hints     []Hint      `json:"hints" doc:"what the figures point to, the gravest first"`
	Searching bool        `json:"searching" doc:"a search for devices runs"`
}

// Counts are what happened on a wire, or with one slave.
type Counts struct {
	Exchanges uint64 `json:"exchanges" doc:"requests sent"`
	Answered  uint64 `json:"answered"`
	Silent    uint64 `json:"silent" doc:"no answer in time"`
	Late      uint64 `json:"late" doc:"answers that came after their time-out"`
	Damaged   uint64 `json:"damaged" doc:"answers with a wrong check sum"`
	Noise     uint64 `json:"noise" doc:"times that bytes came which nobody understands"`
	Foreign   uint64 `json:"foreign" doc:"times that whole frames of somebody else came: another master, another unit"`
	Doubled   uint64 `json:"doubled" doc:"second answers to one request"`
	Unasked   uint64 `json:"unasked" doc:"bytes that came while nobody was asked"`
}

// Answering is how one slave does.
type Answering struct {
	Protocol string   `json:"protocol"`
	Unit     int      `json:"unit"`
	Devices  []string `json:"devices" doc:"of the site file; none for what a search asked"`
	Counts   Counts   `json:"counts"`
	Least    float64  `json:"least" doc:"shortest turn-around, seconds"`
	Middle   float64  `json:"middle" doc:"upper end of the class in which the middle one lies, seconds; above the last class: its lower end"`
	Turns    []uint64 `json:"turns" doc:"histogram of the turn-around, by Steps"`
}

// Health sums up the last minutes. owners are the devices of the site file, by whom
// they ask: others that never answered are left out. Never blocks for long.
func (m *Monitor) Health(now time.Time, owners map[Slave][]string) Health {
	began, all, slaves := m.over(now)
	h := Health{Score: -1, Counts: all.told(), Slaves: []Answering{}, Seconds: now.Sub(began).Seconds()}
	if m.Line.Baud != 0 {
		h.Shape = m.Line.String()
	}
	for _, s := range Steps {
		h.Steps = append(h.Steps, s.Seconds())
	}
	if h.Seconds > 0 {
		h.Load = min(1, all.busy.Seconds()/h.Seconds)
	}
	if all.busy > 0 {
		h.Score = int(100*all.ideal.Seconds()/all.busy.Seconds() + 0.5)
		h.Achieved = float64(all.answered) / all.busy.Seconds()
	}
	if all.ideal > 0 {
		h.Ceiling = float64(all.answered) / all.ideal.Seconds()
	}
	for s, c := range slaves {
		if owners[s] == nil && c.answered == 0 {
			continue
		}
		h.Slaves = append(h.Slaves, Answering{Protocol: s.Protocol, Unit: s.Unit, Devices: append([]string{}, owners[s]...), Counts: c.told(), Least: c.least.Seconds(), Middle: c.middle().Seconds(), Turns: slices.Clone(c.turns[:])})
	}
	slices.SortFunc(h.Slaves, func(a, b Answering) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Protocol, b.Protocol))
	})
	h.Hints = hints(h)
	return h
}

func (c counts) told() Counts {
	return Counts{Exchanges: c.exchanges, Answered: c.answered, Silent: c.silent, Late: c.late, Damaged: c.damaged,
		Noise: c.noise, Foreign: c.foreign, Doubled: c.doubled, Unasked: c.bytes}
}

// middle is the class of the median.
func (c counts) middle() time.Duration {
	if c.answered == 0 {
		return 0
	}
	seen := uint64(0)
	for i, n := range c.turns {
		if seen += n; 2*seen >= c.answered {
			return Steps[min(i, len(Steps)-1)]
		}
	}
	return 0
}
