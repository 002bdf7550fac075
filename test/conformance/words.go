package conformance

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// player carries out the steps of a clause.
type player struct {
	*rig
	actor  string
	from   int // of the journal, since the last `mark`
	keypad *keypad
}

type deed func(p *player, a []string) error

// vocabulary is every word of a clause file. The longest match counts.
var vocabulary map[string]deed

func init() {
	vocabulary = map[string]deed{
		"set": (*player).set, "set-all": (*player).setAll, "bounce": (*player).bounce, "wait": (*player).wait, "by": (*player).by, "mark": (*player).mark, "restart": (*player).cut, "clock": (*player).clock,
		"refused": (*player).refused, "expect": (*player).expect, "within": (*player).within, "during": (*player).during,
		"arm": order(engine.Arm), "force-arm": order(engine.ForceArm), "disarm": order(engine.Disarm), "duress-disarm": (*player).duress,
		"person": (*player).person, "code": (*player).code, "consent": (*player).consent, "end-consent": order(engine.EndConsent), "service": order(engine.Service),
		"bypass": order(engine.Bypass), "unbypass": order(engine.Unbypass), "walk-test": order(engine.WalkTest), "end-walk-test": order(engine.EndWalk),
		"acknowledge": order(engine.Acknowledge), "silence": order(engine.Silence), "reset": order(engine.Reset),
		"out-of-service": (*player).remove, "in-service": order(engine.InService), "expect-why": (*player).why,
		"card": (*player).card, "forgive": order(engine.Forgive),
		"write": (*player).write, "shelve": (*player).shelve, "unshelve": order(engine.Unshelve),
	}
}

func find(words []string) (deed, []string, error) {
	d, ok := vocabulary[words[0]]
	if !ok {
		return nil, nil, fmt.Errorf("%q is no word of a clause", words[0])
	}
	return d, words[1:], nil
}

func (p *player) do(words []string) error {
	d, rest, err := find(words)
	if err != nil {
		return err
	}
	return d(p, rest)
}

var errWords = errors.New("words are missing or too many")

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

// expect-why KEY VERDICT: what the engine answers when it is asked why.
func (p *player) why(a []string) error {
	if len(a) != 2 {
		return errWords
	}
	d, known := p.Alarms.Explain(a[0])
	if !known || d.Verdict != a[1] || d.Text.Zh == "" || d.Text.En == "" {
		return fmt.Errorf("it says %s: %s", d.Verdict, d.Text.Zh)
	}
	return nil
}

// set POINT on|off|bad|NUMBER
func (p *player) set(a []string) error {
	if len(a) != 2 {
		return errWords
	}
	s := point.Sample{Point: point.Name(a[0])}
	if _, known := p.View().Points.Get(s.Point); !known {
		return fmt.Errorf("there is no point %s", a[0])
	}
	switch f, err := strconv.ParseFloat(a[1], 64); {
	case a[1] == "on" || a[1] == "off":
		s.Value = point.OfBool(a[1] == "on")
	case a[1] == "bad":
		s.Quality = point.BadBecause(point.Timeout)
	case err == nil:
		s.Value = point.OfReal(f)
	default:
		return fmt.Errorf("%q: want on, off, bad or a number", a[1])
	}
	p.read(s)
	return nil
}

// card READER NUMBER: it is held to the reader.
func (p *player) card(a []string) error {
	if len(a) != 2 {
		return errWords
	}
	e, known := p.View().Points.Get(point.Name(a[0]))
	if !known || e.Point.Kind != point.Text {
		return fmt.Errorf("there is no reader %s", a[0])
	}
	p.Edge(point.Sample{Point: point.Name(a[0]), Value: point.OfText(a[1])})
	p.settle()
	return nil
}

func (p *player) wait(a []string) error {
	if len(a) != 1 {
		return errWords
	}
	d, err := time.ParseDuration(a[0])
	if err == nil {
		p.pass(d)
	}
	return err
}

func (p *player) by(a []string) error {
	p.actor = strings.Join(a, " ")
	return nil
}

// mark begins the journal anew for what is expected of it.
func (p *player) mark([]string) error {
	p.from = len(p.journal)
	return nil
}

// restart [LENGTH]: a power cut.
func (p *player) cut(a []string) error {
	down := time.Second
	if len(a) == 1 {
		d, err := time.ParseDuration(a[0])
		if err != nil {
			return err
		}
		down = d
	}
	if p.keypad != nil {
		p.keypad.people = nil
	}
	return p.restart(down)
}

// clock unknown|synchronised|+2h|-336h
func (p *player) clock(a []string) error {
	if len(a) != 1 {
		return errWords
	}
	switch a[0] {
	case "unknown":
		p.now.Clock = point.ClockUnknown
		return nil
	case "synchronised":
		p.now.Clock = point.ClockSynchronised
		return nil
	}
	d, err := time.ParseDuration(a[0])
	p.now.Wall = p.now.Wall.Add(d)
	return err
}

// refused ORDER…: the order is not obeyed.
func (p *player) refused(a []string) error {
	if len(a) == 0 {
		return errWords
	}
	if err := p.do(a); err == nil {
		return errors.New("it was obeyed")
	}
	return nil
}

// within LENGTH EXPECTATION…
func (p *player) within(a []string) error {
	return p.watch(a, func(err error) bool { return err == nil })
}

// during LENGTH EXPECTATION…: it holds all the time.
func (p *player) during(a []string) error {
	return p.watch(a, func(err error) bool { return err != nil })
}

func (p *player) watch(a []string, done func(error) bool) error {
	if len(a) < 2 {
		return errWords
	}
	d, err := time.ParseDuration(a[0])
	if err != nil {
		return err
	}
	if a[1] == "expect" {
		a = a[1:]
	}
	end := p.now.Mono + d
	for {
		err = p.expect(a[1:])
		if done(err) || p.now.Mono >= end {
			return err
		}
		p.pass(min(100*time.Millisecond, end-p.now.Mono))
	}
}
