// Package expression is the small language of conditions over several points:
//
//	{ac1/running} == false && {th1/ambient.temperature} - {th2/ambient.temperature} > 5
//
// A point stands in braces, a text in single quotes; there are numbers, true and
// false, + - * /, comparisons, && || !, parentheses, abs(x), min(a, b), max(a, b).
// It compiles to a bounded program without loops or jumps: at most 256 steps on
// a stack of at most 32. Logic has three values: what cannot be read is unknown,
// and false && unknown is false, true || unknown is true.
//
// Pure; a Program may be used by one goroutine at a time and never blocks.
package expression

import (
	"fmt"

	"watchbox/firmware/point"
)

// The bounds of one expression.
const (
	longest = 1024 // bytes of text
	deepest = 32   // of the stack, and of nesting
	steps   = 256
)

// Error is a mistake in the text of an expression. Column counts bytes from 1.
type Error struct {
	Column int
	Text   string
}

func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Text) }

// kind of a value on the stack.
type kind uint8

const (
	unknown kind = iota // not readable, or of no sense
	number
	text
)

type value struct {
	kind kind
	f    float64 // truth is 0 and 1
	s    string
}

// code of one step.
type code uint8

const (
	push code = iota
	load
	negate
	not
	add
	subtract
	multiply
	divide
	less
	lessEqual
	equal
	unequal
	and
	or
	absolute
	least
	greatest
)

type step struct {
	code  code
	value value // push
	point int   // load: index in points
}

// Program is a compiled expression.
type Program struct {
	points []point.Name
	steps  []step
	depth  int
}

// Points are those that the expression reads, each once, in the order of the text.
func (p *Program) Points() []point.Name { return p.points }

// Eval runs the program. read gives the newest sample of a point and the text of
// its named state (which may be empty). ok is false while the answer is unknown.
func (p *Program) Eval(read func(point.Name) (v point.Value, state point.Words, usable bool)) (holds, ok bool) {
	var stack [deepest]value
	n := 0
	for _, s := range p.steps {
		switch {
		case s.code == push:
			stack[n] = s.value
			n++
		case s.code == load:
			stack[n] = fetch(read(p.points[s.point]))
			n++
		case s.code.unary():
			stack[n-1] = one(s.code, stack[n-1])
		default:
			stack[n-2] = two(s.code, stack[n-2], stack[n-1])
			n--
		}
	}
	top := stack[0]
	return top.f != 0, top.kind == number
}

func (c code) unary() bool { return c == negate || c == not || c == absolute }
