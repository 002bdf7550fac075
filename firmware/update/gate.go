package update

import (
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/point"
)

// Proof is what is known of one sounder.
type Proof string

// A sounder is proven by what is read back from it, a coil's current or a second
// contact, and never by a tone: while it rests the read-back shows that it rests.
const (
	Agrees      Proof = "agrees"      // what is read back is what it was told
	Contradicts Proof = "contradicts" // it is not
	Unread      Proof = "unread"      // it has a read-back that cannot be read
	Undriven    Proof = "undriven"    // the output itself cannot be written
	Blind       Proof = "blind"       // written; nothing is read back: not proven
)

// Senses is what the box can do at one moment. Before a switch it says what was
// true then, after it what must be true again. Keys are the names of the site
// file; Labels says what a person calls them, where that differs.
type Senses struct {
	Inputs   map[string]bool        `json:"inputs,omitempty"`   // points of the box's own terminals: read
	Devices  map[string]bool        `json:"devices,omitempty"`  // on a wire of the box: they answer
	Network  map[string]bool        `json:"network,omitempty"`  // asked over the LAN: they answer
	Sounders map[string]Proof       `json:"sounders,omitempty"` // by output
	Modems   map[string]bool        `json:"modems,omitempty"`   // registered with the carrier
	Paths    map[string]bool        `json:"paths,omitempty"`    // upstream: works; after a switch: it took an event since the start
	Store    bool                   `json:"store"`              // the database is open and the journal writes
	Page     bool                   `json:"page"`               // the page answers
	Labels   map[string]point.Words `json:"labels,omitempty"`
}

// least is what must be proven where nobody wrote down what was true before.
var least = Senses{Store: true, Page: true}

// spare is how many of a hundred network devices that answered before may be
// silent now: they are other people's machines, and one of three hundred is
// switched off within any quarter of an hour.
const spare = 10

// Gate decides on a slot that is being tried. One goroutine uses it.
type Gate struct {
	before   Senses
	span     time.Duration // of progress without a break
	limit    time.Duration // since the kernel's start
	progress time.Duration // when the present run of progress began; point.Never: it stands still
}

// The times of the gate; both can be chosen.
const (
	GateSpan  = 5 * time.Minute
	GateLimit = 15 * time.Minute
)

// NewGate makes the gate of this trial. before is what the box could do on the
// former slot, nil when nobody knows.
func NewGate(before *Senses, span, limit time.Duration) *Gate {
	if before == nil {
		before = &least
	}
	return &Gate{before: *before, span: span, limit: limit, progress: point.Never}
}

// Decision is the gate's word.
type Decision string

// The three decisions.
const (
	Wait   Decision = "wait"
	Keep   Decision = "keep"    // everything wanted is proven
	GiveUp Decision = "give-up" // the time is over
)

// Verdict is a decision with its reasons.
type Verdict struct {
	Decision Decision      `json:"decision" allowed:"wait|keep|give-up"`
	Lacks    []point.Words `json:"lacks,omitempty"`    // what is still to be proven
	Unproven []point.Words `json:"unproven,omitempty"` // what this box cannot prove of itself
	Left     time.Duration `json:"-"`                  // until it gives up; while it waits
}

// Judge looks at the box as it is now. mono is the time since the kernel's
// start; moves is true while engine and outputs make progress. It is asked every
// few seconds; a pause between two questions is no progress missed.
func (g *Gate) Judge(mono time.Duration, now Senses, moves bool) Verdict {
	switch {
	case !moves:
		g.progress = point.Never
	case g.progress == point.Never:
		g.progress = mono
	}
	v := Verdict{Decision: Wait, Lacks: g.lacks(now), Unproven: unproven(now), Left: max(0, g.limit-mono)}
	if wait := g.wait(mono); !wait.IsZero() {
		v.Lacks = append(v.Lacks, wait)
	}
	switch {
	case len(v.Lacks) == 0:
		v.Decision = Keep
	case mono >= g.limit:
		v.Decision = GiveUp
	}
	return v
}

func (g *Gate) wait(mono time.Duration) point.Words {
	if g.progress == point.Never {
		return point.Words{Zh: "值守程序停住，没有进展", En: "engine or outputs stand still"}
	}
	if left := g.span - (mono - g.progress); left > 0 {
		left = left.Round(time.Second)
		return point.Words{Zh: fmt.Sprintf("还需连续正常运行 %s", left), En: fmt.Sprintf("%s more of progress without a break", left)}
	}
	return point.Words{}
}

// lacks lists what was true before and is not now.
func (g *Gate) lacks(now Senses) (list []point.Words) {
	b := g.before
	list = append(list, missing(b, b.Inputs, now.Inputs, "输入读不到：", "input is not read: ")...)
	list = append(list, missing(b, b.Devices, now.Devices, "设备无应答：", "device does not answer: ")...)
	if silent := missing(b, b.Network, now.Network, "网络设备无应答：", "network device does not answer: "); 100*len(silent) > spare*answered(b.Network) {
		list = append(list, silent...)
	}
	list = append(list, b.mute(now)...)
	list = append(list, missing(b, b.Modems, now.Modems, "短信模块未注册网络：", "modem is not registered: ")...)
	list = append(list, missing(b, b.Paths, now.Paths, "上级平台还没有收下事件：", "upstream has taken no event yet: ")...)
	if b.Store && !now.Store {
		list = append(list, point.Words{Zh: "数据库打不开或日志不能写", En: "the database does not open or the journal does not write"})
	}
	if b.Page && !now.Page {
		list = append(list, point.Words{Zh: "页面无应答", En: "the page does not answer"})
	}
	return list
}

// mute lists the sounders that were good and are not.
func (s Senses) mute(now Senses) (list []point.Words) {
	for _, key := range sorted(s.Sounders) {
		was, is := s.Sounders[key], now.Sounders[key]
		good := was == Agrees && is == Agrees || was == Blind && (is == Blind || is == Agrees)
		if (was == Agrees || was == Blind) && !good {
			n := s.label(key)
			list = append(list, point.Words{Zh: "警号未证实：" + n.Zh + "（" + proofZh[is] + "）", En: "sounder is not proven: " + n.En + " (" + proofEn[is] + ")"})
		}
	}
	return list
}

var (
	proofZh = map[Proof]string{Contradicts: "回读不符", Unread: "回读不到", Undriven: "不能驱动", Blind: "没有回读", "": "未接通"}
	proofEn = map[Proof]string{Contradicts: "the read-back contradicts", Unread: "the read-back is not read", Undriven: "it cannot be driven", Blind: "nothing is read back", "": "it is not there"}
)

// unproven says of each sounder without read-back that nobody can know.
func unproven(now Senses) (list []point.Words) {
	for _, key := range sorted(now.Sounders) {
		if now.Sounders[key] == Blind {
			n := now.label(key)
			list = append(list, point.Words{Zh: "警号没有回读，无法证实：" + n.Zh, En: "not proven, nothing is read back from it: " + n.En})
		}
	}
	return list
}

func missing(s Senses, before, now map[string]bool, zh, en string) (list []point.Words) {
	for _, key := range sorted(before) {
		if before[key] && !now[key] {
			n := s.label(key)
			list = append(list, point.Words{Zh: zh + n.Zh, En: en + n.En})
		}
	}
	return list
}

func answered(m map[string]bool) (n int) {
	for _, ok := range m {
		if ok {
			n++
		}
	}
	return n
}

func (s Senses) label(key string) point.Words {
	if w, known := s.Labels[key]; known {
		return w
	}
	return point.Words{Zh: key, En: key}
}

func sorted[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
