package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"watchbox/drivers/modem/modemtest"
)

// shownMessages bounds what /state lists of messages and mails.
const shownMessages = 50

// phone is the AT modem on its wire, with the people at the other end.
type phone struct {
	modem *modemtest.Modem
	wire  *wire
}

// newPhone makes a modem in which one part of a message takes air to send.
func newPhone(path string, air time.Duration, tell func(zh, en string)) (*phone, error) {
	p := &phone{modem: modemtest.New()}
	p.modem.SetAirTime(air)
	p.modem.OnSent(func(s modemtest.Sms) {
		if s.Complete {
			tell("短信发往 "+s.To, "SMS sent to "+s.To)
		}
	})
	// Serve says that the wire was cut: nothing to do about it.
	w, err := newWire(path, func(master *os.File) { _ = p.modem.Serve(master) })
	p.wire = w
	return p, err
}

// message is one short message or mail as /state shows it.
type message struct {
	At       time.Time `json:"at"`
	To       string    `json:"to"`
	Text     string    `json:"text"`
	Complete bool      `json:"complete"` // every part of it was sent
}

// sent lists the last messages, decoded, oldest first.
func (p *phone) sent() []message {
	all := []message{}
	for _, s := range p.modem.Sent() {
		all = append(all, message{s.At, s.To, s.Text, s.Complete})
	}
	return all[max(0, len(all)-shownMessages):]
}

// receive lets somebody answer. The number is in international form.
func (p *phone) receive(from, text string) error {
	digits := strings.TrimPrefix(from, "+")
	if len(digits) < 3 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return fmt.Errorf("number %q: want + and 3 to 15 digits", from)
	}
	return p.modem.Receive(from, text)
}

// hang makes the modem "ok", deaf until it is restarted ("hang"), or deaf for
// good ("dead").
func (p *phone) hang(how string) {
	p.modem.SetHang(map[string]modemtest.Hang{"ok": modemtest.Awake, "hang": modemtest.HangUntilRestart, "dead": modemtest.HangForGood}[how])
}

func (p *phone) close() error { return p.wire.cut() }
