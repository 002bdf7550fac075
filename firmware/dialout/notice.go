package dialout

import "watchbox/firmware/point"

// kind of a notice.
type kind uint8

const (
	raised kind = iota
	cleared
	answer // to a reply
	trial
)

// notice is one thing that one contact is to hear by one channel.
type notice struct {
	kind     kind
	e        *escalation // for raised and cleared
	leg      *leg        // for raised
	contact  string
	channel  string
	priority int
	text     point.Words // for an answer
	saidOver bool        // the text said that it cleared meanwhile
	quiet    bool        // an answer about a silent alarm
}

func (n *notice) silent() bool { return n.quiet || n.e != nil && n.e.Alarm.Silent }

// fate says what becomes of a notice now.
type fate uint8

const (
	send fate = iota
	hold      // the alarm cleared a moment ago and may come back
	drop
)

func (n *notice) fate() fate {
	switch {
	case n.kind != raised:
		return send
	case n.e.quiet():
		return drop
	case n.e.held():
		return hold
	}
	return send
}

// rank orders letters: alarms by priority, answers, then the all-clears.
func (n *notice) rank() int {
	switch n.kind {
	case raised:
		return n.priority
	case answer, trial:
		return 5
	}
	return 5 + n.priority
}
