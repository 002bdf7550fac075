package condition

import (
	"fmt"

	"watchbox/firmware/expression"
	"watchbox/firmware/point"
)

// Compile makes the test of a condition on one point.
func Compile(c Condition, p *point.Point) (Test, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Group() {
		return nil, fmt.Errorf("when: it is about a group of points")
	}
	numeric := c.Is == "" && c.IsNot == "" && c.Stuck == 0 && c.Stale == 0
	if numeric && p.Kind == point.Text {
		return nil, fmt.Errorf("%s asks for a number, %s is a text", c.kinds()[0], p.Name)
	}
	in := input{point: p}
	switch {
	case c.Rises != nil:
		return newSlope(in, *c.Rises, 1), nil
	case c.Falls != nil:
		return newSlope(in, *c.Falls, -1), nil
	case c.Stuck > 0:
		return &stuck{input: in, length: c.Stuck, band: c.StuckBand, due: point.Never}, nil
	case c.Stale > 0:
		return &stale{input: in, length: c.Stale, due: unbegun}, nil
	}
	judge, err := c.level(p)
	if err != nil {
		return nil, err
	}
	return &level{input: in, judge: judge}, nil
}

// CompileGroup makes the one test of a condition over all the rule's points. It
// answers with the points that it watches: for an expression those it names.
func CompileGroup(c Condition, points []*point.Point, find func(point.Name) *point.Point) (Test, []*point.Point, error) {
	if err := c.Check(); err != nil {
		return nil, nil, err
	}
	if c.Expression != "" {
		return newFormula(c.Expression, find)
	}
	t := &tally{least: c.AtLeast, index: map[point.Name]int{}}
	if c.AtLeast > len(points) {
		return nil, nil, fmt.Errorf("when: at-least %d of %d points", c.AtLeast, len(points))
	}
	for i, p := range points {
		judge, err := c.level(p)
		if err != nil {
			return nil, nil, err
		}
		t.members, t.index[p.Name] = append(t.members, member{level: level{input: input{point: p}, judge: judge}}), i
	}
	return t, points, nil
}

func newFormula(source string, find func(point.Name) *point.Point) (Test, []*point.Point, error) {
	program, err := expression.Compile(source)
	if err != nil {
		return nil, nil, fmt.Errorf("when: expression: %w", err)
	}
	f := &formula{program: program, index: map[point.Name]int{}}
	var watched []*point.Point
	for i, name := range program.Points() {
		p := find(name)
		if p == nil {
			return nil, nil, fmt.Errorf("when: expression: there is no point %s", name)
		}
		f.inputs, f.index[name], watched = append(f.inputs, input{point: p}), i, append(watched, p)
	}
	if len(watched) == 0 {
		return nil, nil, fmt.Errorf("when: expression: it reads no point")
	}
	return f, watched, nil
}
