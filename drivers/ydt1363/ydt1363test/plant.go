// Package ydt1363test plays units of YD/T 1363.3 on a serial line, with answers
// that a simulation drives and with faults that are switched while it runs. It
// decides for itself what a unit does and shares no code with the master.
package ydt1363test

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The faults of a unit.
const (
	Healthy  = ""
	Silent   = "silent"
	Slow     = "slow"     // a second late
	BadSum   = "wrong"    // CHKSUM
	BadSize  = "size"     // LCHKSUM
	Foreign  = "foreign"  // another unit's answer before its own
	Short    = "short"    // half an answer
	Noise    = "noise"    // before it
	Stranger = "stranger" // only another unit's answer
)

// The faults that show with an order only.
const (
	Refusing = "refusing" // it says that it could not be done
	Idle     = "idle"     // it says "ok" and does nothing
	Lost     = "lost"     // it obeys, and its answer does not come
)

// Unit is one unit: what it answers by command.
type Unit struct {
	address, class byte
	version        byte

	mutex   sync.Mutex
	answers map[string]func() []byte // by command and what goes with it
	orders  map[string]func(value []byte) (code byte)
	fault   string
	asked   []byte
}

// Plant is a set of units on one line.
type Plant struct {
	Char time.Duration // how long a character takes; 0: none

	mutex sync.Mutex
	units []*Unit
	echo  bool
}

// Unit adds a unit that speaks one version only.
func (p *Plant) Unit(address, class, version byte) *Unit {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	u := &Unit{address: address, class: class, version: version, answers: map[string]func() []byte{}, orders: map[string]func([]byte) byte{}}
	p.units = append(p.units, u)
	return u
}

// Echo makes the line give every request back.
func (p *Plant) Echo(on bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.echo = on
}

// Answer is the bytes of INFO for a command, asked for at each request.
func (u *Unit) Answer(command byte, info func() []byte) { u.AnswerTo(command, "", info) }

// AnswerTo is Answer for a command that these bytes go with.
func (u *Unit) AnswerTo(command byte, asked string, info func() []byte) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.answers[string([]byte{command})+asked] = info
}

// Obey is what the unit does when it is told so: by that command, whose INFO begins with
// these bytes and goes on with the value. do answers with the return code.
func (u *Unit) Obey(command byte, with string, do func(value []byte) (code byte)) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.orders[string([]byte{command})+with] = do
}

// told finds the order; the longest that fits.
func (u *Unit) told(command string, info []byte) func() byte {
	for n := len(info); n >= 0; n-- {
		if do := u.orders[command+string(info[:n])]; do != nil {
			return func() byte { return do(info[n:]) }
		}
	}
	return nil
}

// Speak makes it a unit of another version.
func (u *Unit) Speak(version byte) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.version = version
}

// Fault sets what is wrong with the unit.
func (u *Unit) Fault(fault string) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.fault = fault
}

// Asked are the commands that reached the unit so far.
func (u *Unit) Asked() []byte {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return append([]byte(nil), u.asked...)
}

// Serve answers on the wire until it fails, and says why.
func (p *Plant) Serve(wire io.ReadWriter) error {
	var line strings.Builder
	b := make([]byte, 512)
	for {
		n, err := wire.Read(b)
		if err != nil {
			return err
		}
		for _, c := range b[:n] {
			switch {
			case c == '~':
				line.Reset()
				line.WriteByte(c)
			case line.Len() > 0 && line.Len() < 8192:
				line.WriteByte(c)
			}
			if c == '\r' {
				p.hear(wire, line.String())
				line.Reset()
			}
		}
	}
}

// hear takes one request.
func (p *Plant) hear(wire io.Writer, request string) {
	p.mutex.Lock()
	units, echo := p.units, p.echo
	p.mutex.Unlock()
	time.Sleep(time.Duration(len(request)) * p.Char)
	if echo {
		io.WriteString(wire, request)
	}
	var f [4]byte
	for i := range f {
		if len(request) < 18 {
			return
		}
		n, err := strconv.ParseUint(request[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return
		}
		f[i] = byte(n)
	}
	for _, u := range units {
		if u.address == f[1] && u.class == f[2] {
			u.speak(wire, p.Char, request, f)
		}
	}
}

func (u *Unit) speak(wire io.Writer, char time.Duration, request string, f [4]byte) {
	u.mutex.Lock()
	asked, _ := hex.DecodeString(request[13:max(13, len(request)-5)])
	answer, order, fault, version := u.answers[string(f[3:])+string(asked)], u.told(string(f[3:]), asked), u.fault, u.version
	u.asked = append(u.asked, f[3])
	u.mutex.Unlock()
	code, info := byte(0), []byte(nil)
	switch {
	case request[len(request)-5:] != check(request[1:len(request)-5])+"\r":
		code = 2
	case f[0] != version:
		code = 1
	case order != nil && fault == Refusing:
		code = 0xe1
	case order != nil && fault != Idle:
		code = order()
	case order != nil:
	case answer == nil && f[3] != 0x50:
		code = 4
	case answer != nil:
		info = answer()
	}
	text := Frame(version, u.address, u.class, code, info)
	time.Sleep(10 * time.Millisecond)
	say := func(s string) { // as a port hands it up: some characters at a time, where time passes
		for len(s) > 0 {
			n := min(len(s), 16)
			if char == 0 {
				n = len(s)
			}
			time.Sleep(time.Duration(n) * char)
			io.WriteString(wire, s[:n])
			s = s[n:]
		}
	}
	stranger := Frame(version, u.address+1, u.class, 0, info)
	if fault == Lost && order != nil {
		return
	}
	switch fault {
	case Silent:
		return
	case Slow:
		time.Sleep(time.Second)
	case BadSum:
		text = text[:len(text)-5] + "0000\r"
	case BadSize:
		text = text[:9] + "F" + text[10:]
	case Foreign:
		say(stranger)
	case Stranger:
		text = stranger
	case Short:
		text = text[:len(text)/2]
	case Noise:
		say("\x00\xff~21")
	}
	say(text)
}

// Frame writes a frame as the standard's text has it: characters in hex, the two
// sums the complements of what they check.
func Frame(version, address, class, command byte, info []byte) string {
	text := fmt.Sprintf("%X", info)
	n := len(text)
	length := n | (16-(n%16+n/16%16+n/256)%16)%16<<12
	body := fmt.Sprintf("%02X%02X%02X%02X%04X%s", version, address, class, command, length, text)
	return "~" + body + check(body) + "\r"
}

func check(body string) string {
	total := 0
	for _, c := range []byte(body) {
		total += int(c)
	}
	return fmt.Sprintf("%04X", (65536-total%65536)%65536)
}
