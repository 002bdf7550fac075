package modbustest

import "time"

// Kind is a way to misbehave.
type Kind uint8

// The faults. Serial ones that have no meaning on TCP act there as said.
const (
	Healthy   Kind = iota
	Silent         // no answer
	Slow           // the answer comes Delay late
	BadSum         // the check sum is wrong (TCP: the protocol number)
	WrongUnit      // another unit's address in an otherwise good answer
	Foreign        // a frame of another unit before the answer
	Short          // the last half of the answer is missing
	Noise          // bytes that mean nothing before the answer (TCP: an answer with an old number)
	Exception      // exception Code
	Split          // exception Code in two pieces, Delay apart
	Stale          // the answer to the request before
	Dribble        // the answer byte by byte, Delay apart
	Babble         // bytes without end and unasked, every Delay
)

var kindNames = [...]string{"healthy", "silent", "slow", "bad-sum", "wrong-unit", "foreign", "short", "noise",
	"exception", "split", "stale", "dribble", "babble"}

func (k Kind) String() string { return kindNames[k] }

// Kinds lists the names of all faults, for a program that lets a person choose.
func Kinds() []string { return append([]string(nil), kindNames[:]...) }

// KindOf is the fault of that name.
func KindOf(name string) (k Kind, ok bool) {
	for i, n := range kindNames {
		if n == name {
			return Kind(i), true
		}
	}
	return 0, false
}

// Fault is what is wrong with a unit.
type Fault struct {
	Kind  Kind
	Delay time.Duration // Slow, Split, Dribble, Babble; 0 means something fitting
	Code  byte          // Exception, Split; 0 means 4, device failure
	Times int           // heals after so many answers; 0 means never
}

// Fault changes what is wrong with the unit, from the next request on. The zero
// Fault heals it.
func (u *Unit) Fault(f Fault) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if f.Code == 0 {
		f.Code = 4
	}
	if f.Delay <= 0 {
		f.Delay = usualDelay[f.Kind]
	}
	u.fault = f
}

var usualDelay = map[Kind]time.Duration{Slow: time.Second, Split: 20 * time.Millisecond, Dribble: 20 * time.Millisecond, Babble: 5 * time.Millisecond}

// suffer takes the fault for one answer.
func (u *Unit) suffer() Fault {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	f := u.fault
	if u.fault.Times > 0 {
		if u.fault.Times--; u.fault.Times == 0 {
			u.fault = Fault{}
		}
	}
	return f
}

// remember keeps the answer and gives the one before.
func (u *Unit) remember(answer []byte) []byte {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	before := u.previous
	u.previous = append([]byte(nil), answer...)
	return before
}

// rest is the unit's turn-around.
func (u *Unit) rest() time.Duration {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return u.delay
}

// backlog bounds the requests that wait for one slow unit; more are not heard.
const backlog = 4

// admit is false when the unit has too much to answer already.
func (u *Unit) admit() bool {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.waiting >= backlog {
		return false
	}
	u.waiting++
	return true
}

func (u *Unit) leave() {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.waiting--
}
