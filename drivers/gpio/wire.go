package gpio

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/driver"
)

// The line protocol of a simulated room, between Sim and gpiotest. One message
// a line, words separated by one space, levels 0 and 1, times in whole
// milliseconds unless said otherwise. A client uses one connection for orders
// and one for edges.
//
//	client                          server
//	watch DI1:20 DI2:0              ok, then edges; the number is the debounce
//	                                edge DI1 1 7 3 81234567   (level, sequence, number on its line, stamp in ns)
//	output DO1 0 300000             ok; rest level and hold, -1 is for ever
//	set DO1 1                       ok
//	read DI1 DO1 DI2 DI3            levels 1 0 absent busy
//	                                error words that say why

// MaxMessage is the longest line of the protocol in bytes, its end included.
const MaxMessage = 4096

// MaxLines is how many terminals one message may name.
const MaxLines = 64

// Message is one line of the protocol, taken apart.
type Message struct {
	Verb     string // watch, output, set, read, ok, levels, edge, error
	Claims   []Claim
	Lines    []string
	Levels   []bool    // output: its rest level; set
	Readings []Reading // levels: what was read, a fault is Absent or Busy
	Hold     time.Duration
	Edge     Edge
	Text     string
}

// String is the line without its end. ParseMessage reads it back.
func (m Message) String() string {
	var b strings.Builder
	b.WriteString(m.Verb)
	switch m.Verb {
	case "watch":
		for _, c := range m.Claims {
			fmt.Fprintf(&b, " %s:%d", c.Terminal, c.Debounce.Milliseconds())
		}
	case "output":
		hold := m.Hold.Milliseconds()
		if m.Hold < 0 {
			hold = -1
		}
		fmt.Fprintf(&b, " %s %s %d", m.Lines[0], digit(m.Levels[0]), hold)
	case "set":
		fmt.Fprintf(&b, " %s %s", m.Lines[0], digit(m.Levels[0]))
	case "read":
		b.WriteString(" " + strings.Join(m.Lines, " "))
	case "levels":
		for _, r := range m.Readings {
			b.WriteString(" " + r.word())
		}
	case "edge":
		e := m.Edge
		fmt.Fprintf(&b, " %s %s %d %d %d", e.Terminal, digit(e.Level), e.Sequence, e.Line, e.Time.Nanoseconds())
	case "error":
		b.WriteString(" " + m.Text)
	}
	return b.String()
}

// What a simulated line can have against being read.
var (
	Absent = fmt.Errorf("the simulated room has no such line: %w", driver.ErrNotPresent)
	Busy   = fmt.Errorf("the line is held by another: %w", driver.ErrRefused)
)

func (r Reading) word() string {
	switch r.Fault {
	case Absent:
		return "absent"
	case Busy:
		return "busy"
	}
	return digit(r.Level)
}

func (m *Message) reading(word string) bool {
	switch word {
	case "absent":
		m.Readings = append(m.Readings, Reading{Fault: Absent})
	case "busy":
		m.Readings = append(m.Readings, Reading{Fault: Busy})
	default:
		m.Readings = append(m.Readings, Reading{Level: word == "1"})
		return word == "0" || word == "1"
	}
	return true
}

func digit(level bool) string {
	if level {
		return "1"
	}
	return "0"
}

// ParseMessage takes one line apart. What is not exactly a message is refused
// with driver.ErrGarbage.
func ParseMessage(line string) (Message, error) {
	verb, rest, _ := strings.Cut(line, " ")
	m := Message{Verb: verb}
	if verb == "error" {
		m.Text = rest
		return m, nil
	}
	var words []string
	if rest != "" {
		words = strings.Split(rest, " ")
	}
	parse, known := parsers[verb]
	if !known || len(line) > MaxMessage || len(words) > MaxLines || !parse(&m, words) {
		return Message{}, fmt.Errorf("message %.60q: %w", line, driver.ErrGarbage)
	}
	return m, nil
}

var parsers = map[string]func(m *Message, words []string) bool{
	"ok":     func(_ *Message, w []string) bool { return len(w) == 0 },
	"watch":  parseWatch,
	"output": parseOutput,
	"set":    func(m *Message, w []string) bool { return len(w) == 2 && m.line(w[0]) && m.level(w[1]) },
	"read":   func(m *Message, w []string) bool { return len(w) > 0 && each(w, m.line) },
	"levels": func(m *Message, w []string) bool { return len(w) > 0 && each(w, m.reading) },
	"edge":   parseEdge,
}

func each(words []string, take func(string) bool) bool {
	for _, w := range words {
		if !take(w) {
			return false
		}
	}
	return true
}

func (m *Message) line(word string) bool {
	m.Lines = append(m.Lines, word)
	return plainTerminal(word)
}

func (m *Message) level(word string) bool {
	m.Levels = append(m.Levels, word == "1")
	return word == "0" || word == "1"
}

func parseWatch(m *Message, words []string) bool {
	return len(words) > 0 && each(words, func(w string) bool {
		name, number, _ := strings.Cut(w, ":")
		debounce, ok := milliseconds(number)
		m.Claims = append(m.Claims, Claim{name, debounce})
		return ok && debounce >= 0 && plainTerminal(name)
	})
}

func parseOutput(m *Message, w []string) (ok bool) {
	if len(w) != 3 || !m.line(w[0]) || !m.level(w[1]) {
		return false
	}
	m.Hold, ok = milliseconds(w[2])
	return ok
}

// milliseconds reads a time; -1 is "for ever" and stays one negative nanosecond.
func milliseconds(word string) (time.Duration, bool) {
	n, err := strconv.ParseInt(word, 10, 32)
	if n == -1 {
		return -1, err == nil
	}
	return time.Duration(n) * time.Millisecond, err == nil && n >= 0 && word == strconv.FormatInt(n, 10)
}

func parseEdge(m *Message, w []string) bool {
	if len(w) != 5 || !plainTerminal(w[0]) || w[1] != "0" && w[1] != "1" {
		return false
	}
	m.Edge.Terminal, m.Edge.Level = w[0], w[1] == "1"
	var err [3]error
	var stamp int64
	m.Edge.Sequence, err[0] = strconv.ParseUint(w[2], 10, 64)
	m.Edge.Line, err[1] = strconv.ParseUint(w[3], 10, 64)
	stamp, err[2] = strconv.ParseInt(w[4], 10, 64)
	m.Edge.Time = time.Duration(stamp)
	return err == [3]error{}
}

// plainTerminal is true for the name of a labelled screw.
func plainTerminal(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for _, r := range s {
		if !('A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-') {
			return false
		}
	}
	return true
}

// Talk is one end of a connection, line by line.
type Talk struct {
	r *bufio.Reader
	w io.Writer
}

// NewTalk reads and writes messages on c.
func NewTalk(c io.ReadWriter) *Talk { return &Talk{bufio.NewReaderSize(c, MaxMessage), c} }

// Receive reads one message; a longer line than MaxMessage is driver.ErrGarbage.
func (t *Talk) Receive() (Message, error) {
	line, err := t.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return Message{}, fmt.Errorf("message longer than %d bytes: %w", MaxMessage, driver.ErrGarbage)
	}
	if err != nil {
		return Message{}, err
	}
	return ParseMessage(string(line[:len(line)-1]))
}

// Send writes one message.
func (t *Talk) Send(m Message) error {
	_, err := io.WriteString(t.w, m.String()+"\n")
	return err
}
