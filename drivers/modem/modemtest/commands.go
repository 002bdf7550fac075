package modemtest

import (
	"fmt"
	"strconv"
	"strings"
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

func (m *Modem) deaf() (deaf bool) {
	m.locked(func() { deaf = m.hang != Awake })
	return deaf
}
