// Package modem sends and receives short messages through an AT modem on a
// serial port, in PDU mode (3GPP TS 27.005, 23.040), and tells the modem's
// health as points: signal, registered, sim, operator.
//
// One goroutine, the one that runs Watch, owns the port: it reads for ever and
// works off the turns that Send and Poll take. A turn is one command or one part
// of a message; turns go by priority, then by part, then by age, so that
// everybody's first part leaves before anybody's second.
//
// Delivery reports are matched by reference and number; a message is delivered
// when every part is. The references live in memory: after a restart of the
// daemon reports on earlier messages are not matched. A modem that does not
// answer three times is restarted (AT+CFUN=1,1), at most once in five minutes;
// cutting its power is the board's business.
package modem

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// How long each answer may take, and how often things are seen to.
const (
	answerTimeout  = 2 * time.Second
	simTimeout     = 10 * time.Second // SIM and storage are slow
	promptTimeout  = 10 * time.Second
	networkTimeout = 60 * time.Second
	quietTime      = 300 * time.Millisecond
	listenTime     = 100 * time.Millisecond // a turn waits at most so long for an idle line
	setupPeriod    = time.Hour              // CNMI is set again and the store is emptied
	retryPeriod    = 30 * time.Second       // of a set-up that the SIM refused
	lifePeriod     = 30 * time.Second       // of silence, then the modem is asked whether it lives
	resetPause     = 5 * time.Minute        // between two restarts of a modem that does not answer
	healthPeriod   = 30 * time.Second
	turnsLimit     = 64
	atOnce         = 8 // messages in Send whose parts are interleaved
)

// errAway is what a caller gets while nobody watches the modem.
var errAway = fmt.Errorf("modem is not connected: %w", driver.ErrDisconnect)

// Modem is one AT modem. It meets driver.Watcher, driver.Poller and
// dialout.Channel; Send and Poll may be called from any goroutine, Watch from one.
type Modem struct {
	name    string
	channel string
	room    string
	pin     string
	storage string
	open    func() (driver.Port, error)
	inbox   dialout.Inbox
	log     driver.Log

	mutex     sync.Mutex
	watched   bool // a wire is up; turns are worked off
	tried     bool // a Watch has begun; before that health waits for it
	turns     []*turn
	sequence  uint64
	join      byte // reference of the last joined message
	receipts  receipts
	lastReset time.Time // of the watching goroutine
	pinTried  bool
	joins     joins
}

// New makes a modem. The points are named after spec.Name. Options: pin (tried
// once: three wrong ones lock the SIM), storage (SM or ME; the modem's own when
// empty), channel (how reports and replies name this channel; spec.Name when
// empty). open is called by Watch each time; inbox hears delivery reports and replies.
func New(spec driver.Spec, open func() (driver.Port, error), inbox dialout.Inbox) (*Modem, error) {
	m := &Modem{name: spec.Name, channel: spec.Name, room: spec.Room, open: open, inbox: inbox,
		log: func(string, ...any) {}, join: byte(rand.Uint32()), joins: joins{}}
	for key, value := range spec.Options {
		switch {
		case key == "pin" && digits(value, 4, 8):
			m.pin = value
		case key == "storage" && (value == "SM" || value == "ME"):
			m.storage = value
		case key == "channel" && value != "":
			m.channel = value
		case key == "pin": // a secret: never shown
			return nil, fmt.Errorf("modem %s: %w", spec.Name, driver.BadOption(key, driver.Hidden(value), point.Words{Zh: "4 至 8 位数字", En: "4 to 8 digits"}))
		case key == "storage":
			return nil, fmt.Errorf("modem %s: %w", spec.Name, driver.BadOption(key, value, driver.OneOf("SM", "ME")))
		case key != "channel": // an empty one is the modem's own name
			return nil, fmt.Errorf("modem %s: %w", spec.Name, driver.UnknownOption(key, "pin", "storage", "channel"))
		}
	}
	if open == nil || inbox == nil {
		return nil, fmt.Errorf("modem %s: no port or no inbox: %w", spec.Name, driver.ErrUnsupported)
	}
	return m, nil
}

func digits(s string, least, most int) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return least <= len(s) && len(s) <= most
}

// SetLog gives the modem somewhere to tell what it threw away; before Watch.
func (m *Modem) SetLog(log driver.Log) { m.log = log }

// Close has nothing to release: Watch closes the port that it opened.
func (m *Modem) Close() error { return nil }

// AtOnce lets the runner hand over so many messages; their parts take turns.
func (m *Modem) AtOnce() int { return atOnce }

// Watch opens the port, sets the modem up and serves it until ctx ends or the
// modem is lost.
func (m *Modem) Watch(ctx context.Context, _ driver.Emit) error {
	port, err := m.open()
	if err != nil {
		m.setWatched(false)
		return fmt.Errorf("modem %s: open port: %w", m.name, err)
	}
	defer port.Close()
	s := &session{m: m, wire: wire{stop: ctx, port: port, log: m.log}}
	m.setWatched(true)
	defer m.setWatched(false)
	err = s.serve(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("modem %s: %w", m.name, err)
}

func (m *Modem) setWatched(on bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.watched, m.tried = on, true
	if !on {
		for _, t := range m.turns {
			t.done <- errAway
		}
		m.turns = nil
	}
}

// Send waits for its turn and sends every part; the reference names them all.
// It returns by ctx's deadline, give or take one command's cancelling.
func (m *Modem) Send(ctx context.Context, msg dialout.Message) (dialout.Receipt, bool, error) {
	m.mutex.Lock()
	m.join++
	join := m.join
	m.mutex.Unlock()
	parts, err := encode(msg.To, msg.Text, join)
	if err != nil {
		return dialout.Receipt{}, false, fmt.Errorf("modem %s: send %s: %w", m.name, msg.ID, err)
	}
	out := &outgoing{to: msg.To, parts: len(parts)}
	for i, tpdu := range parts {
		err := m.take(ctx, msg.Priority, i, func(ctx context.Context, s *session) error {
			reference, err := s.wire.submit(ctx, tpdu)
			if err == nil {
				m.submitted(out, reference)
			}
			return err
		})
		if err != nil {
			m.abandon(out)
			return dialout.Receipt{}, retryable(err), fmt.Errorf("modem %s: send %s part %d of %d: %w", m.name, msg.ID, i+1, len(parts), err)
		}
	}
	return dialout.Receipt{Reference: m.sealed(out)}, false, nil
}

// lost is true for an error after which the port must be opened anew.
func lost(err error) bool { return errors.Is(err, driver.ErrDisconnect) }

var (
	_ driver.Watcher  = (*Modem)(nil)
	_ driver.Poller   = (*Modem)(nil)
	_ dialout.Channel = (*Modem)(nil)
	_ dialout.Several = (*Modem)(nil)
)
