package expression

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"watchbox/firmware/point"
)

// Compile reads an expression. The error is an *Error with its column.
func Compile(source string) (p *Program, err error) {
	c := &compiler{source: source, program: &Program{}}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			p, err = nil, r
		default:
			panic(r)
		}
	}()
	switch {
	case len(source) > longest:
		c.fail(longest, "longer than %d bytes", longest)
	case !utf8.ValidString(source):
		c.fail(0, "not UTF-8")
	}
	c.next()
	c.either(0)
	if c.token != "" {
		c.fail(c.at, "%q is too much here", c.token)
	}
	return c.program, nil
}

// compiler is a recursive descent over the tokens; it writes the program as it goes.
type compiler struct {
	source  string
	end     int // of what was read
	at      int // begin of the token
	token   string
	program *Program
	depth   int // of the stack at run time
}

func (c *compiler) fail(at int, format string, a ...any) {
	panic(&Error{Column: at + 1, Text: fmt.Sprintf(format, a...)})
}

// next reads a token: an operator, a word, a number, {a point} or 'a text'.
func (c *compiler) next() {
	for c.end < len(c.source) && strings.IndexByte(" \t\r\n", c.source[c.end]) >= 0 {
		c.end++
	}
	c.at = c.end
	rest := c.source[c.at:]
	c.end += c.length(rest)
	c.token = c.source[c.at:c.end]
}

func (c *compiler) length(rest string) int {
	if rest == "" {
		return 0
	}
	for _, o := range []string{"&&", "||", "==", "!=", "<=", ">="} {
		if strings.HasPrefix(rest, o) {
			return 2
		}
	}
	switch b := rest[0]; {
	case b == '{', b == '\'':
		closing := map[byte]string{'{': "}", '\'': "'"}[b]
		n := strings.Index(rest[1:], closing)
		if n < 0 {
			c.fail(c.at, "%q is never closed", b)
		}
		return n + 2
	case plain(b):
		n := 1
		for n < len(rest) && plain(rest[n]) {
			n++
		}
		return n
	case strings.IndexByte("+-*/()!<>,", b) >= 0:
		return 1
	}
	r, _ := utf8.DecodeRuneInString(rest)
	c.fail(c.at, "%q has no meaning here; a point stands in {braces}, a text in 'quotes'", r)
	return 0
}

func plain(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '.' || b == '_'
}

func (c *compiler) write(s step) {
	switch {
	case s.code == push || s.code == load:
		c.depth++
	case !s.code.unary():
		c.depth--
	}
	if c.depth > deepest || len(c.program.steps) >= steps {
		c.fail(c.at, "too long: at most %d steps, %d deep", steps, deepest)
	}
	c.program.steps = append(c.program.steps, s)
}

// level is a chain of binary operators of one precedence.
func (c *compiler) level(nesting int, next func(int), operators map[string]code) {
	next(nesting)
	for {
		o, ok := operators[c.token]
		if !ok {
			return
		}
		c.next()
		next(nesting)
		c.write(step{code: o})
	}
}

func (c *compiler) either(n int) { c.level(c.deeper(n), c.all, map[string]code{"||": or}) }
func (c *compiler) all(n int)    { c.level(n, c.compare, map[string]code{"&&": and}) }
func (c *compiler) sum(n int) {
	c.level(n, c.product, map[string]code{"+": add, "-": subtract})
}
func (c *compiler) product(n int) {
	c.level(n, c.unary, map[string]code{"*": multiply, "/": divide})
}

func (c *compiler) deeper(n int) int {
	if n++; n > deepest {
		c.fail(c.at, "nested more than %d deep", deepest)
	}
	return n
}

// compare is at most one comparison: a < b < c is a mistake.
func (c *compiler) compare(n int) {
	c.sum(n)
	o := c.token
	codes := map[string][]code{"<": {less}, "<=": {lessEqual}, ">": {lessEqual, not}, ">=": {less, not}, "==": {equal}, "!=": {unequal}}[o]
	if codes == nil {
		return
	}
	c.next()
	c.sum(n)
	for _, code := range codes {
		c.write(step{code: code})
	}
}

func (c *compiler) unary(n int) {
	o, ok := map[string]code{"-": negate, "!": not}[c.token]
	if !ok {
		c.atom(n)
		return
	}
	c.next()
	c.unary(c.deeper(n))
	c.write(step{code: o})
}

func (c *compiler) atom(n int) {
	t := c.token
	switch {
	case t == "":
		c.fail(c.at, "the expression ends too early")
	case t == "(":
		c.next()
		c.either(n)
		c.expect(")")
		return
	case t[0] == '{':
		c.load(t[1 : len(t)-1])
	case t[0] == '\'':
		c.write(step{value: value{kind: text, s: t[1 : len(t)-1]}})
	case t == "true", t == "false":
		c.write(step{value: truth(t == "true")})
	case t == "abs", t == "min", t == "max":
		c.function(n)
		return
	default:
		c.number()
	}
	c.next()
}

func (c *compiler) expect(token string) {
	if c.token != token {
		c.fail(c.at, "want %q, found %q", token, c.token)
	}
	c.next()
}

func (c *compiler) function(n int) {
	name := c.token
	c.next()
	c.expect("(")
	c.either(n)
	if name != "abs" {
		c.expect(",")
		c.either(n)
	}
	c.write(step{code: map[string]code{"abs": absolute, "min": least, "max": greatest}[name]})
	c.expect(")")
}

func (c *compiler) load(name string) {
	p := point.Name(name)
	if err := p.Check(); err != nil {
		c.fail(c.at, "{%.80s}: want a point, device/item", name)
	}
	for i, known := range c.program.points {
		if known == p {
			c.write(step{code: load, point: i})
			return
		}
	}
	c.program.points = append(c.program.points, p)
	c.write(step{code: load, point: len(c.program.points) - 1})
}

func (c *compiler) number() {
	f, err := strconv.ParseFloat(c.token, 64)
	if err != nil || of(f).kind != number {
		c.fail(c.at, "%q is no number; a point stands in {braces}, a text in 'quotes'", c.token)
	}
	c.write(step{value: of(f)})
}
