package modem

import (
	"slices"
	"strconv"
	"strings"

	"watchbox/firmware/dialout"
)

// outgoing is one message that was or is being sent; guarded by Modem.mutex.
type outgoing struct {
	to         string
	parts      int
	references []string
	arrived    int
	name       string // the receipt's reference, once every part was submitted
	failed     string
	told       bool
	dead       bool
}

// receiptsLimit bounds the parts whose report may still come; the oldest gives way.
const receiptsLimit = 1024

// awaited is one part: TP-MR is 8 bits wide and repeats, so the number belongs to it.
type awaited struct {
	reference string
	out       *outgoing
}

type receipts []awaited

// submitted notes the reference that one part was given.
func (m *Modem) submitted(out *outgoing, reference string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	out.references = append(out.references, reference)
	m.receipts = append(m.receipts, awaited{reference, out})
	m.receipts = m.receipts[max(0, len(m.receipts)-receiptsLimit):]
}

// abandon forgets a message whose sending failed half-way: it will be sent anew.
func (m *Modem) abandon(out *outgoing) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	out.dead = true
	m.receipts = slices.DeleteFunc(m.receipts, func(a awaited) bool { return a.out == out })
}

// sealed names a message of which every part was submitted.
func (m *Modem) sealed(out *outgoing) string {
	m.mutex.Lock()
	out.name = strings.Join(out.references, "+") + "@" + out.to
	report, due := out.report(m.channel)
	m.mutex.Unlock()
	if due {
		m.inbox.Report(report)
	}
	return out.name
}

// report is due once: when every part arrived, or one will not.
func (o *outgoing) report(channel string) (r dialout.Report, due bool) {
	if o.name == "" || o.told || o.dead || o.failed == "" && o.arrived < o.parts {
		return r, false
	}
	o.told = true
	return dialout.Report{Channel: channel, Reference: o.name, Delivered: o.failed == "", Why: o.failed}, true
}

// reported matches a status report to the newest part with its reference and number.
func (m *Modem) reported(rec receipt) {
	if !rec.final() {
		return
	}
	m.mutex.Lock()
	report, due := m.match(rec)
	m.mutex.Unlock()
	if due {
		m.inbox.Report(report)
	}
}

func (m *Modem) match(rec receipt) (r dialout.Report, due bool) {
	reference := strconv.Itoa(int(rec.reference))
	for i := len(m.receipts) - 1; i >= 0; i-- {
		a := m.receipts[i]
		if a.reference != reference || !dialout.SameNumber(a.out.to, rec.to) {
			continue
		}
		m.receipts = slices.Delete(m.receipts, i, i+1)
		if rec.delivered() {
			a.out.arrived++
		} else if a.out.failed == "" {
			a.out.failed = rec.why()
		}
		return a.out.report(m.channel)
	}
	return r, false
}
