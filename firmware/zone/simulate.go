package zone

import "watchbox/firmware/point"

// A person may simulate that a contact of the panel moves, to see what follows from
// it, and nothing else: he neither gives the panel an order past its codes and
// cards, nor hides what a contact really shows.

// Simulable refuses a simulated value of the point; nil for one that no zone or door
// uses. A silent hold-up button is refused: that its simulation ends would tell
// everybody that it was pressed. Its walk test shows that it works.
func (p *Panel) Simulable(n point.Name, v point.Value) error {
	order := "simulate " + string(n)
	for _, z := range p.zones {
		uses := z.Input == n || z.Tamper == n
		switch {
		case uses && z.Silent:
			return Refuse(order, SilentReal, title(z.Label, z.ID))
		case uses && traits[z.Type].control:
			return Refuse(order, OrderReal, title(z.Label, z.ID))
		case uses && !z.reports(n, v):
			return Refuse(order, RestReal, title(z.Label, z.ID))
		}
	}
	for _, d := range p.doors {
		switch {
		case n == d.Exit || n == d.Reader || n == d.ExitReader:
			return Refuse(order, OrderReal, title(d.Label, d.ID))
		case n == d.Contact && !v.Truth():
			return Refuse(order, RestReal, title(d.Label, d.ID))
		}
	}
	return nil
}

// Overrules tells whether a real reading of the point is what its zone or door waits
// for: it counts, whatever is simulated there.
func (p *Panel) Overrules(s point.Sample) bool {
	if !s.Quality.Usable() || s.Value.IsNone() {
		return false
	}
	for _, z := range p.zones {
		if (z.Input == s.Point || z.Tamper == s.Point) && z.reports(s.Point, s.Value) {
			return true
		}
	}
	for _, d := range p.doors {
		if d.Contact == s.Point && s.Value.Truth() {
			return true
		}
	}
	return false
}

// Beside takes what is really read of a point that is simulated: a contact that cannot
// be read is a trouble all the same. What it shows is for Overrules.
func (p *Panel) Beside(s point.Sample) {
	bad := !s.Quality.Usable() || s.Value.IsNone()
	for _, z := range p.zones {
		if z.Input == s.Point {
			p.sensed(z.key(), &z.sense, bad)
			p.version++
		}
	}
	for _, d := range p.doors {
		if d.Contact == s.Point {
			p.sensed(d.key(), &d.sense, bad)
			p.version++
		}
	}
}

// reports tells whether the value of one of its points is anything but rest: the
// contact moved, its line broken, its detector opened.
func (z *loop) reports(n point.Name, v point.Value) bool {
	if z.Loop == nil || n != z.Input {
		return v.Truth()
	}
	ohms, ok := v.Float()
	return ok && z.Loop.read(ohms, wireUnread) != wireNormal
}
