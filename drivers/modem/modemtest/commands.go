package modemtest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/pdumode"
	"github.com/warthog618/sms/encoding/tpdu"
)

// command answers one line.
func (m *Modem) command(line string) {
	upper := strings.ToUpper(line)
	if !strings.HasPrefix(upper, "AT") {
		return
	}
	m.locked(func() { m.commands = append(m.commands, line)[max(0, len(m.commands)-999):] })
	rest := strings.TrimPrefix(upper[2:], " ")
	if rest == "+CFUN=1,1" {
		m.restart()
		return
	}
	if m.deaf() {
		return
	}
	if size, ok := strings.CutPrefix(rest, "+CMGS="); ok {
		m.prompt(size)
		return
	}
	m.reply(m.chain(strings.Split(rest, ";")))
	m.drain()
}

// chain answers AT+A;+B: what each says, then one final line.
func (m *Modem) chain(list []string) (answer string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, one := range list {
		said, good := strings.CutSuffix(m.answer(one), ok)
		answer += said
		if !good {
			return answer
		}
	}
	return answer + ok
}

// restart forgets the dialogue, wakes a modem that hung and greets.
func (m *Modem) restart() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.hang == HangForGood {
		return
	}
	m.restarts++
	m.hang, m.state, m.unlocked = Awake, dialog{}, false
	m.say("OK")
	m.say("RDY")
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

const ok = "\r\nOK\r\n"

func lines(list ...string) string { return "\r\n" + strings.Join(list, "\r\n") + "\r\n" + ok }

func failed(set string, code int) string { return fmt.Sprintf("\r\n+%s ERROR: %d\r\n", set, code) }

// answer is the dialogue of every command but sending; the mutex is held.
func (m *Modem) answer(rest string) string {
	name, value, set := strings.Cut(rest, "=")
	switch name {
	case "", "E1", "Z", "&F", "+CREG", "+CEREG", "+COPS", "+CSCA", "+CNMA", "+CSCS", "&D0":
		m.state.quiet = m.state.quiet && name != "E1"
		if name == "+CNMA" {
			m.state.unanswer = false
		}
		return ok
	case "E0":
		m.state.quiet = true
		return ok
	case "+CMEE":
		m.state.numeric = value == "1"
		return ok
	case "I", "+CGMI", "+CGMM":
		return lines("WATCHBOX FAKE MODEM")
	case "+CGSN":
		return lines("001012345678905")
	}
	if answer := m.status(name); answer != "" {
		return answer
	}
	if !m.ready() && name != "+CPIN" {
		return m.cms(310)
	}
	if name == "+CIMI" {
		return lines("460001234567890")
	}
	if set || name == "+CMGL" {
		return m.set(name, value)
	}
	return m.error(100)
}

// ready is true with a card that is unlocked.
func (m *Modem) ready() bool { return m.sim && (m.pin == "" || m.unlocked) }

func (m *Modem) error(code int) string {
	if !m.state.numeric {
		return "\r\nERROR\r\n"
	}
	return failed("CME", code)
}

func (m *Modem) cms(code int) string { return failed("CMS", code) }

// status answers questions about health.
func (m *Modem) status(name string) string {
	registered, quality := "0,2", "99,99"
	if m.coverage && m.ready() {
		registered, quality = "0,1", fmt.Sprintf("%d,0", m.signal)
	}
	switch name {
	case "+CPIN?":
		switch {
		case !m.sim:
			return m.error(10)
		case !m.ready():
			return lines("+CPIN: SIM PIN")
		}
		return lines("+CPIN: READY")
	case "+CSQ":
		return lines("+CSQ: " + quality)
	case "+CREG?", "+CEREG?":
		return lines(strings.TrimSuffix(name, "?") + ": " + registered)
	case "+COPS?":
		if registered == "0,2" {
			return lines("+COPS: 0")
		}
		return lines(fmt.Sprintf("+COPS: 0,0,%q,7", m.operator))
	case "+CNMI?":
		return lines(fmt.Sprintf("+CNMI: 2,%d,0,%d,0", m.state.announce, m.state.report))
	case "+CPMS?":
		return lines(fmt.Sprintf("+CPMS: \"SM\",%d,%d,\"SM\",%[1]d,%[2]d,\"SM\",%[1]d,%[2]d", len(m.store), m.capacity))
	case "+CSCA?":
		return lines(`+CSCA: "+8613800100500",145`)
	}
	return ""
}

// set answers the commands that need a card.
func (m *Modem) set(name, value string) string {
	switch name {
	case "+CPIN":
		if !m.sim || strings.Trim(value, `"`) != m.pin {
			return m.error(16)
		}
		m.unlocked = true
		return ok
	case "+CMGF":
		m.state.text = value == "1"
		return ok
	case "+CSMS":
		m.state.confirm = value == "1"
		return lines("+CSMS: 1,1,1")
	case "+CNMI":
		return m.indications(strings.Split(value, ","))
	case "+CPMS":
		return lines(fmt.Sprintf("+CPMS: %d,%d,%[1]d,%[2]d,%[1]d,%[2]d", len(m.store), m.capacity))
	case "+CMGL":
		return m.list()
	case "+CMGR", "+CMGD":
		return m.stored(name, value)
	}
	return m.error(4)
}

func (m *Modem) indications(fields []string) string {
	field := func(i int) int {
		if i >= len(fields) {
			return 0
		}
		n, err := strconv.Atoi(strings.TrimSpace(fields[i]))
		if err != nil {
			return 0
		}
		return n
	}
	m.state.announce, m.state.report = field(1), field(3)
	return ok
}

func (m *Modem) list() string {
	var out []string
	for _, i := range m.places() {
		s := m.store[i]
		out = append(out, fmt.Sprintf("+CMGL: %d,%d,,%d", i, s.status, len(s.octets)), "00"+strings.ToUpper(hex.EncodeToString(s.octets)))
		m.store[i] = stored{1, s.octets}
	}
	if len(out) == 0 {
		return ok
	}
	return lines(out...)
}

func (m *Modem) places() (list []int) {
	for i := range m.store {
		list = append(list, i)
	}
	slices.Sort(list)
	return list
}

func (m *Modem) stored(name, value string) string {
	field, _, _ := strings.Cut(value, ",")
	i, err := strconv.Atoi(field)
	if err != nil || i < 1 || i > 255 {
		return m.cms(321) // invalid memory index
	}
	if name == "+CMGD" {
		delete(m.store, i)
		return ok
	}
	s, there := m.store[i]
	if !there {
		return ok
	}
	m.store[i] = stored{1, s.octets}
	return lines(fmt.Sprintf("+CMGR: %d,,%d", s.status, len(s.octets)), "00"+strings.ToUpper(hex.EncodeToString(s.octets)))
}

func (m *Modem) deaf() (deaf bool) {
	m.locked(func() { deaf = m.hang != Awake })
	return deaf
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
