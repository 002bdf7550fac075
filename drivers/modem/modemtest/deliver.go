package modemtest

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/tpdu"
)

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

// push sends a TPDU at once. With CSMS=1 one that was not confirmed stops the next.
func (m *Modem) push(head string, b []byte) bool {
	if m.state.confirm && m.state.unanswer {
		return false
	}
	m.state.unanswer = m.state.confirm
	m.say(fmt.Sprintf(head, len(b)) + "\r\n00" + strings.ToUpper(hex.EncodeToString(b)))
	return true
}

// report sends the status report of one part as CNMI asked, after a while.
func (m *Modem) report(p part) {
	m.mutex.Lock()
	on, lag, status := m.reports && p.pdu.FirstOctet.SRR(), m.reportLag, m.delivery
	m.mutex.Unlock()
	if !on {
		return
	}
	now := tpdu.Timestamp{Time: time.Now().UTC()}
	t := tpdu.TPDU{Direction: tpdu.MT, FirstOctet: tpdu.FirstOctet(tpdu.MtCommand), MR: p.reference, RA: p.pdu.DA, SCTS: now, DT: now, ST: status}
	b, err := t.MarshalBinary()
	if err != nil {
		return
	}
	time.AfterFunc(lag, func() { m.bring(b) })
}

// bring delivers a status report: at once (ds=1), stored (ds=2) or not at all.
func (m *Modem) bring(b []byte) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	switch m.state.report {
	case 1:
		m.push("+CDS: %d", b)
	case 2:
		m.keep(b, "+CDSI: \"SM\",%d")
	}
}
