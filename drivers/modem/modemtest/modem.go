// Package modemtest is a GSM modem that lives in memory: it answers AT commands
// on any io.ReadWriter as a real one does, "sends" short messages by keeping
// them, gives delivery reports, receives what a test lets people send, and can
// be told to misbehave. It decodes what was sent with an independent library.
package modemtest

import (
	"slices"
	"sync"
	"time"
)

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

// Restarts counts AT+CFUN=1,1.
func (m *Modem) Restarts() (n int) { m.locked(func() { n = m.restarts }); return n }

// Commands lists the AT commands that came, the last thousand.
func (m *Modem) Commands() (list []string) {
	m.locked(func() { list = slices.Clone(m.commands) })
	return list
}
