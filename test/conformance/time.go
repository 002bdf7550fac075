package conformance

import (
	"time"

	"watchbox/firmware/point"
)

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
