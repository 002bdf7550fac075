package wiring

import (
	"slices"
	"time"

	"watchbox/board"
	"watchbox/drivers/all"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/app"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
)

// holding is the board with the hold times that the site asks for: a terminal
// that a sounder drives, and that the board holds at all, holds for the cut-off.
func holding(site *config.Site, p *board.Profile) *board.Profile {
	q := *p
	q.Outputs = slices.Clone(p.Outputs)
	for i, out := range q.Outputs {
		if cut := cutOff(site, out.Terminal); out.Hold > 0 && cut > 0 {
			q.Outputs[i].Hold = cut
		}
	}
	return &q
}

// cutOff is the longest one of the sounders on a terminal, 0 without one.
func cutOff(site *config.Site, terminal string) (longest time.Duration) {
	for _, o := range site.Outputs {
		for _, a := range site.Annunciators {
			if o.Terminal == terminal && a.Output == o.Point && a.Kind == "sounder" {
				longest = max(longest, a.CutOff)
			}
		}
	}
	return longest
}

// declare tells the holder of the outputs, where there is one.
func (b *Builder) declare(p *board.Profile) {
	if b.Holds == nil {
		return
	}
	holds := map[string]time.Duration{}
	for _, out := range p.Outputs {
		holds[out.Terminal] = out.Hold
	}
	b.Holds(holds)
}

// terminalRests is what becomes of the box's own outputs; p is from holding.
func terminalRests(site *config.Site, p *board.Profile) (all []driver.Rest) {
	for _, o := range site.Outputs {
		out, ok := p.Output(o.Terminal)
		if !ok {
			continue
		}
		state := driver.RestOff // true in the site's words: away from the rest level
		if out.Rest {
			state = driver.RestOn
		}
		all = append(all, driver.Rest{Point: o.Point, Terminal: o.Terminal, State: state, Hold: out.Hold,
			Undriven: out.Undriven, Source: "board/" + p.Name})
	}
	return all
}

// Outputs is the table of a site's outputs without a box: what becomes of each
// when nobody commands it. Touches no wire.
func (b *Builder) Outputs(site *config.Site) []annunciate.Resting {
	p, err := board.Load(site.Board)
	if err != nil {
		return nil
	}
	rests := terminalRests(site, holding(site, p))
	scratch := b.scratch(b.set.Load())
	e := scratch.environment(site, p, deaf{})
	for _, d := range site.Devices {
		if d.Driver == "ledwall" || !b.known(site, p, d) {
			continue
		}
		m, err := all.Device(specOf(d), d.Bus, e)
		if err != nil {
			continue
		}
		if r, ok := m.Device.(driver.Rester); ok {
			rests = append(rests, r.Rests()...)
		}
		m.Device.Close()
	}
	return app.Resting(site, rests)
}
