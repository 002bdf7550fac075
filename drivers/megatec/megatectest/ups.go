// Package megatectest is a UPS of the Megatec family on a serial line: it
// answers in one dialect, obeys orders as real ones do, notes both, and can be
// told to misbehave.
package megatectest

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// State is what the UPS tells of itself. Bits are of Q1, from b7 to b0.
type State struct {
	Input, Glitch, Output, Load, Frequency, Battery, Temperature float64
	Failed, Low, Bypass, Fault, Standby, Test, Shutdown, Beeper  bool

	// Voltronic only.
	Current  float64
	Mode     byte  // of QMOD
	Warnings []int // numbers of the bits of QWS that are set, 1–64
	Charge   float64
	Minutes  float64
}

// Usual is an on-line UPS of 3 kVA on a quiet day.
func Usual() State {
	return State{Input: 226, Glitch: 195, Output: 220.1, Load: 14, Frequency: 50, Battery: 27.3, Temperature: 30.2, Beeper: true,
		Current: 2.1, Mode: 'L', Charge: 100, Minutes: 68}
}

// The dialects.
const (
	Q1        = "q1"
	QS        = "qs"
	Voltronic = "voltronic"
)

// Kind is a way to misbehave.
type Kind uint8

// The faults, of every answer.
const (
	Healthy  Kind = iota
	Silent        // no answer
	Short         // the last half of the answer is missing
	Long          // the answer goes on
	Garbled       // a letter where a digit should be
	Endless       // no CR at the end
	Babbling      // bytes without end
	Late          // the answer comes Delay late
	Refusing      // every question is unknown
)

// UPS is one unit. All methods may be called from any goroutine.
type UPS struct {
	mutex   sync.Mutex
	dialect string
	state   State
	look    func(*State)
	fault   Kind
	delay   time.Duration
	nak     bool
	pace    time.Duration // one character of an answer; 0: none
	said    map[string]string
	heard   []string
	obeyed  []string
}

// New makes a healthy UPS of that dialect.
func New(dialect string) *UPS {
	return &UPS{dialect: dialect, state: Usual(), nak: dialect == Voltronic, said: map[string]string{}}
}

// Change changes its state.
func (u *UPS) Change(f func(*State)) { u.with(func() { f(&u.state) }) }

// Follow lets f bring its state up to date before each answer.
func (u *UPS) Follow(f func(*State)) { u.with(func() { u.look = f }) }

// Fault makes it misbehave from now on; delay is for Late.
func (u *UPS) Fault(k Kind, delay time.Duration) { u.with(func() { u.fault, u.delay = k, delay }) }

// Become makes it another unit on the same wire.
func (u *UPS) Become(dialect string) {
	u.with(func() { u.dialect, u.nak = dialect, dialect == Voltronic })
}

// Say sets the answer to one question, without its CR; "" is silence.
func (u *UPS) Say(question, answer string) { u.with(func() { u.said[question] = answer }) }

// Pace lets its answers take as long as on a line of that speed.
func (u *UPS) Pace(baud int) { u.with(func() { u.pace = 10 * time.Second / time.Duration(baud) }) }

// Heard is every line that came, Obeyed those that were orders.
func (u *UPS) Heard() []string { return u.list(&u.heard) }

// Obeyed is every order that came.
func (u *UPS) Obeyed() []string { return u.list(&u.obeyed) }

func (u *UPS) list(of *[]string) (copied []string) {
	u.with(func() { copied = slices.Clone(*of) })
	return copied
}

func (u *UPS) with(f func()) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	f()
}

// Serve answers on the wire until it is cut.
func (u *UPS) Serve(wire io.ReadWriter) error {
	in := bufio.NewReader(wire)
	for {
		question, err := in.ReadString('\r')
		if err != nil {
			return err
		}
		if err := u.reply(wire, strings.TrimSuffix(question, "\r")); err != nil {
			return err
		}
	}
}

// reply sends what the question deserves.
func (u *UPS) reply(wire io.Writer, question string) error {
	u.mutex.Lock()
	u.heard = append(u.heard, question)
	if u.look != nil {
		u.look(&u.state)
	}
	answer := u.answer(question)
	fault, delay, pace := u.fault, u.delay, u.pace
	u.mutex.Unlock()
	if fault == Late {
		time.Sleep(delay)
	}
	for _, piece := range pieces(spoil(answer, fault), pace) {
		time.Sleep(time.Duration(len(piece)) * pace)
		if _, err := wire.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// pieces cuts a paced answer into characters.
func pieces(b []byte, pace time.Duration) (all [][]byte) {
	if pace == 0 {
		return [][]byte{b}
	}
	return slices.Collect(slices.Chunk(b, 1))
}

// spoil is the answer as it comes out of a unit with that fault.
func spoil(answer string, fault Kind) []byte {
	switch {
	case answer == "", fault == Silent:
		return nil
	case fault == Short:
		answer = answer[:len(answer)/2]
	case fault == Long:
		answer += " 0000"
	case fault == Garbled && len(answer) > 2:
		answer = answer[:2] + "x" + answer[3:]
	case fault == Endless:
		return []byte(answer)
	case fault == Babbling:
		return []byte(strings.Repeat("\xff\x00", 4096))
	}
	return []byte(answer + "\r")
}
