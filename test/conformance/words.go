package conformance

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

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

func (p *player) by(a []string) error {
	p.actor = strings.Join(a, " ")
	return nil
}

// mark begins the journal anew for what is expected of it.
func (p *player) mark([]string) error {
	p.from = len(p.journal)
	return nil
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
