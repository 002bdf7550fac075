// Package modemtest is a GSM modem that lives in memory: it answers AT commands
// on any io.ReadWriter as a real one does, "sends" short messages by keeping
// them, gives delivery reports, receives what a test lets people send, and can
// be told to misbehave. It decodes what was sent with an independent library.
package modemtest

import (
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/tpdu"
)

// Sms is one message that was sent, its parts joined.
type Sms struct {
	To         string
	Text       string
	PDUs       []string // as they came, in hexadecimal, by part
	References []byte   // the TP-MR that each part was given
	Complete   bool     // every part is there
	Report     bool     // a status report was asked for
	At         time.Time
}

// Hang says how a modem hangs.
type Hang int

// The ways to hang.
const (
	Awake            Hang = iota
	HangUntilRestart      // deaf to everything but AT+CFUN=1,1
	HangForGood           // deaf
)

// Modem is the fake. Its methods may be called from any goroutine.
type Modem struct {
	mutex     sync.Mutex
	sim       bool
	coverage  bool
	signal    int // +CSQ number
	hang      Hang
	capacity  int
	refuse    []int // CMS errors that the next messages meet
	delivery  byte  // TP-ST of reports
	reports   bool
	airTime   time.Duration
	reportLag time.Duration
	operator  string
	pin       string
	unlocked  bool

	reference byte
	parts     []part
	store     map[int]stored
	held      [][]byte // messages that wait in the network for room
	onSent    func(Sms)
	restarts  int
	commands  []string

	state dialog
	out   chan string // to the writer of the line that is served, nil when none is
}

type part struct {
	pdu       *tpdu.TPDU
	raw       string
	reference byte
	at        time.Time
}

type stored struct {
	status int // 0 received unread, 1 received read
	octets []byte
}

// dialog is what a restart forgets.
type dialog struct {
	quiet     bool // ATE0
	numeric   bool // CMEE=1
	text      bool // CMGF=1
	announce  int  // CNMI mt
	report    int  // CNMI ds
	confirm   bool // CSMS=1: every +CMT and +CDS wants a +CNMA
	unanswer  bool // one was not answered: no further ones
	wantsPDU  bool
	wantsSize int
}

// New makes a modem with a SIM, coverage at -71 dBm, ten places for messages and
// delivery reports that come 100 ms after sending.
func New() *Modem {
	return &Modem{sim: true, coverage: true, signal: 21, capacity: 10, reports: true,
		reportLag: 100 * time.Millisecond, operator: "CHINA MOBILE", store: map[int]stored{}}
}

func (m *Modem) locked(f func()) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	f()
}

// SetSIM puts the card in or takes it out.
func (m *Modem) SetSIM(in bool) { m.locked(func() { m.sim, m.unlocked = in, false }) }

// SetPIN makes the card ask for a PIN; empty for none.
func (m *Modem) SetPIN(pin string) { m.locked(func() { m.pin, m.unlocked = pin, false }) }

// SetSignal sets the strength in dBm, -113 to -51.
func (m *Modem) SetSignal(dBm int) { m.locked(func() { m.signal = min(31, max(0, (dBm+113)/2)) }) }

// SetCoverage gives or takes the network.
func (m *Modem) SetCoverage(on bool) { m.locked(func() { m.coverage = on }); m.drain() }

// SetHang makes the modem deaf, or awake again.
func (m *Modem) SetHang(h Hang) { m.locked(func() { m.hang = h }) }

// SetCapacity sets how many messages the store holds.
func (m *Modem) SetCapacity(n int) { m.locked(func() { m.capacity = n }); m.drain() }

// SetReports switches delivery reports; status is their TP-ST (0 is delivered, 0x43 no such number).
func (m *Modem) SetReports(on bool, status byte) {
	m.locked(func() { m.reports, m.delivery = on, status })
}

// SetAirTime sets how long one part takes to send; a real one takes 3–6 s.
func (m *Modem) SetAirTime(d time.Duration) { m.locked(func() { m.airTime = d }) }

// Refuse makes the next messages fail, each with one +CMS ERROR.
func (m *Modem) Refuse(codes ...int) { m.locked(func() { m.refuse = append(m.refuse, codes...) }) }

// OnSent is called, outside any lock, after each part with the message as far as it was sent.
func (m *Modem) OnSent(f func(Sms)) { m.locked(func() { m.onSent = f }) }

// Restarts counts AT+CFUN=1,1.
func (m *Modem) Restarts() (n int) { m.locked(func() { n = m.restarts }); return n }

// Commands lists the AT commands that came, the last thousand.
func (m *Modem) Commands() (list []string) {
	m.locked(func() { list = slices.Clone(m.commands) })
	return list
}

// Stored is how many messages lie in the store.
func (m *Modem) Stored() (n int) { m.locked(func() { n = len(m.store) }); return n }

// Sent lists the messages in the order of their first parts.
func (m *Modem) Sent() (list []Sms) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	taken := map[int]bool{}
	for i, p := range m.parts {
		if taken[i] {
			continue
		}
		list = append(list, m.message(i, p, taken))
	}
	return list
}

// message joins the parts that belong to part i.
func (m *Modem) message(i int, first part, taken map[int]bool) Sms {
	of, _, join, joined := first.pdu.ConcatInfo()
	s := Sms{To: first.pdu.DA.Number(), Report: first.pdu.FirstOctet.SRR(), At: first.at, Complete: !joined}
	var pdus []*tpdu.TPDU
	add := func(n int) {
		taken[n] = true
		pdus = append(pdus, m.parts[n].pdu)
		s.PDUs = append(s.PDUs, m.parts[n].raw)
		s.References = append(s.References, m.parts[n].reference)
	}
	add(i)
	for n := i + 1; joined && n < len(m.parts) && len(pdus) < of; n++ {
		p := m.parts[n]
		if o, number, j, ok := p.pdu.ConcatInfo(); ok && !taken[n] && o == of && j == join && number == len(pdus)+1 && p.pdu.DA.Number() == s.To {
			add(n)
		}
	}
	s.Complete = s.Complete || len(pdus) == of
	text, err := sms.Decode(pdus)
	if err != nil {
		text = []byte("undecodable: " + err.Error())
	}
	s.Text = string(text)
	return s
}

// Receive lets somebody send text to the modem.
func (m *Modem) Receive(from, text string) error {
	options := []sms.EncoderOption{sms.AsDeliver, sms.From(from)}
	pdus, err := sms.Encode([]byte(text), options...)
	if err != nil {
		return fmt.Errorf("receive %q: %w", text, err)
	}
	for i := range pdus {
		pdus[i].SCTS = tpdu.Timestamp{Time: time.Now().UTC()}
		b, err := pdus[i].MarshalBinary()
		if err != nil {
			return fmt.Errorf("receive %q: %w", text, err)
		}
		m.ReceivePDU(b)
	}
	return nil
}

// ReceivePDU lets the network bring one TPDU, whatever it holds.
func (m *Modem) ReceivePDU(b []byte) {
	m.locked(func() { m.held = append(m.held, b) })
	m.drain()
}

// drain brings what waits in the network, while there is coverage and room.
func (m *Modem) drain() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for len(m.held) > 0 && m.coverage && m.sim {
		b := m.held[0]
		if m.state.announce >= 2 && m.out != nil {
			if !m.push("+CMT: ,%d", b) {
				return
			}
		} else if !m.keep(b, m.announcement()) {
			return
		}
		m.held = m.held[1:]
	}
}

func (m *Modem) announcement() string {
	if m.state.announce == 1 {
		return "+CMTI: \"SM\",%d"
	}
	return ""
}

// keep stores a TPDU in the first free place and announces it; false when the
// store is full.
func (m *Modem) keep(b []byte, announcement string) bool {
	if len(m.store) >= m.capacity {
		return false
	}
	i := 1
	for ; ; i++ {
		if _, used := m.store[i]; !used {
			break
		}
	}
	m.store[i] = stored{0, b}
	if announcement != "" {
		m.say(fmt.Sprintf(announcement, i))
	}
	return true
}

// push sends a TPDU at once. With CSMS=1 one that was not confirmed stops the next.
func (m *Modem) push(head string, b []byte) bool {
	if m.state.confirm && m.state.unanswer {
		return false
	}
	m.state.unanswer = m.state.confirm
	m.say(fmt.Sprintf(head, len(b)) + "\r\n00" + strings.ToUpper(hex.EncodeToString(b)))
	return true
}

// say writes a line by itself; a deaf modem is dumb too.
func (m *Modem) say(line string) {
	if m.out != nil && m.hang == Awake {
		select {
		case m.out <- "\r\n" + line + "\r\n":
		default: // nobody reads the line: a real modem loses it too
		}
	}
}

// Serve answers on rw until reading or writing fails, and returns why. One line
// at a time.
func (m *Modem) Serve(rw io.ReadWriter) error {
	out := make(chan string, 256)
	m.locked(func() { m.out, m.state = out, dialog{} })
	failed := make(chan error, 1)
	go func() {
		for s := range out {
			if _, err := io.WriteString(rw, s); err != nil {
				failed <- err
				for range out { // the reader ends by itself
				}
				return
			}
		}
	}()
	err := m.read(rw)
	m.locked(func() { m.out = nil; close(out) })
	select {
	case err = <-failed:
	default:
	}
	return err
}

// read collects command lines and PDUs.
func (m *Modem) read(r io.Reader) error {
	var line []byte
	chunk := make([]byte, 256)
	for {
		n, err := r.Read(chunk)
		for _, c := range chunk[:n] {
			line = m.octet(line, c)
		}
		if err != nil {
			return err
		}
	}
}

// octet takes one character and returns the line as it stands then.
func (m *Modem) octet(line []byte, c byte) []byte {
	var wants, quiet bool
	m.locked(func() { wants, quiet = m.state.wantsPDU, m.state.quiet })
	if !quiet && c != 0x1a && c != 0x1b {
		m.reply(string(c))
	}
	switch {
	case c == 0x1b && wants:
		m.locked(func() { m.state.wantsPDU = false })
		m.reply("\r\nOK\r\n")
		return nil
	case c == 0x1a && wants:
		m.locked(func() { m.state.wantsPDU = false })
		m.submit(strings.TrimSpace(string(line)))
		return nil
	case c == '\r' && !wants:
		m.command(strings.TrimSpace(string(line)))
		return nil
	case c == '\n' || c == 0x1b || len(line) > 1024:
		return line
	}
	return append(line, c)
}

// reply answers; a deaf modem does not.
func (m *Modem) reply(s string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.out != nil && m.hang == Awake {
		select {
		case m.out <- s:
		default:
		}
	}
}
