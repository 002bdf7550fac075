package conformance

import (
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

func order(verb engine.Verb) deed {
	return func(p *player, a []string) error {
		if len(a) < 1 || len(a) > 2 {
			return errWords
		}
		c := engine.Command{Verb: verb, Target: strings.Replace(a[0], "all", alarm.Every, 1), Actor: p.actor}
		if a[0] != "all" {
			c.Target = a[0]
		}
		if len(a) == 2 {
			c.Mode = a[1]
		}
		return p.order(c)
	}
}

// write POINT VALUE REASON…: a person's write, in its two steps. Its driver takes it.
func (p *player) write(a []string) error {
	if len(a) < 2 {
		return errWords
	}
	f, err := strconv.ParseFloat(a[1], 64)
	if err != nil {
		return err
	}
	s, err := p.selected(engine.Command{Target: a[0], Value: point.OfReal(f), Actor: p.actor, Comment: strings.Join(a[2:], " ")})
	if err != nil {
		return err
	}
	return p.order(engine.Command{Verb: engine.Execute, Target: a[0], Selection: s.ID, Actor: p.actor})
}

func (p *player) duress(a []string) error {
	if len(a) != 1 {
		return errWords
	}
	return p.order(engine.Command{Verb: engine.Disarm, Target: a[0], Actor: p.actor, Duress: true})
}

// shelve KEY 1h REASON
func (p *player) shelve(a []string) error {
	if len(a) < 2 {
		return errWords
	}
	d, err := time.ParseDuration(a[1])
	if err != nil {
		return err
	}
	return p.order(engine.Command{Verb: engine.Shelve, Target: a[0], Until: p.now.Wall.Add(d), Comment: strings.Join(a[2:], " "), Actor: p.actor})
}

// out-of-service KEY 1h SECOND|- REASON
func (p *player) remove(a []string) error {
	if len(a) < 3 {
		return errWords
	}
	d, err := time.ParseDuration(a[1])
	if err != nil {
		return err
	}
	return p.order(engine.Command{Verb: engine.OutOfService, Target: a[0], Until: p.now.Wall.Add(d), Second: strings.Trim(a[2], "-"), Comment: strings.Join(a[3:], " "), Actor: p.actor})
}
