package modemtest

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/pdumode"
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

type part struct {
	pdu       *tpdu.TPDU
	raw       string
	reference byte
	at        time.Time
}

// OnSent is called, outside any lock, after each part with the message as far as it was sent.
func (m *Modem) OnSent(f func(Sms)) { m.locked(func() { m.onSent = f }) }

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

// prompt asks for the PDU of a message.
func (m *Modem) prompt(size string) {
	n, err := strconv.Atoi(size)
	answer := "\r\n> "
	m.locked(func() {
		if err != nil || m.state.text {
			answer = failed("CMS", 304)
			return
		}
		m.state.wantsPDU, m.state.wantsSize = true, n
	})
	m.reply(answer)
}

// submit takes the PDU of AT+CMGS and sends it.
func (m *Modem) submit(text string) {
	var wait time.Duration
	m.locked(func() { wait = m.airTime })
	time.Sleep(wait)
	if m.deaf() {
		return
	}
	m.mutex.Lock()
	answer, p := m.send(text)
	f := m.onSent
	m.mutex.Unlock()
	m.reply(answer)
	if p == nil {
		return
	}
	if f != nil {
		for _, s := range m.Sent() {
			if slices.Contains(s.PDUs, p.raw) && s.References[len(s.References)-1] == p.reference {
				f(s)
			}
		}
	}
	m.report(*p)
}

// send accepts a PDU, or says why not; the mutex is held.
func (m *Modem) send(text string) (answer string, p *part) {
	pdu, err := pdumode.UnmarshalHexString(text)
	if err != nil || len(pdu.TPDU) != m.state.wantsSize {
		return m.cms(304), nil
	}
	t, err := sms.Unmarshal(pdu.TPDU, sms.AsMO)
	switch {
	case err != nil || t.SmsType() != tpdu.SmsSubmit:
		return m.cms(304), nil
	case !m.ready():
		return m.cms(310), nil
	case !m.coverage:
		return m.cms(331), nil
	case len(m.refuse) > 0:
		code := m.refuse[0]
		m.refuse = m.refuse[1:]
		return m.cms(code), nil
	}
	m.reference++
	p = &part{pdu: t, raw: text, reference: m.reference, at: time.Now()}
	m.parts = append(m.parts, *p)
	return lines(fmt.Sprintf("+CMGS: %d", m.reference)), p
}
