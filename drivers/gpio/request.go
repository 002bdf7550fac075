package gpio

import "golang.org/x/sys/unix"

// Limits of one line request in the kernel's interface.
const (
	maxRequestLines = 64
	maxAttributes   = 10
)

// inputRequest is one request for several inputs of one chip. The kernel numbers
// the edges of all its lines together, so few requests are better.
type inputRequest struct {
	chip   string
	claims []Claim
	lines  []Line // of each claim
	config unix.GPIOV2LineConfig
}

func (r *inputRequest) terminals() (list []string) {
	for _, c := range r.claims {
		list = append(list, c.Terminal)
	}
	return list
}

// planInputs sorts the claims of inputs into requests: one per chip, unless a
// chip has more lines or more kinds of line than one request can say.
func planInputs(lines map[string]Line, claims []Claim, realtime bool) []*inputRequest {
	var plan []*inputRequest
	for _, c := range claims {
		l := lines[c.Terminal]
		flags := inputFlags(l, realtime) | flagRising | flagFalling
		if !joinAny(plan, l, flags, c) {
			r := &inputRequest{chip: l.Chip, config: unix.GPIOV2LineConfig{Flags: flags}}
			r.join(l, flags, c)
			plan = append(plan, r)
		}
	}
	return plan
}

func joinAny(plan []*inputRequest, l Line, flags uint64, c Claim) bool {
	for _, r := range plan {
		if r.chip == l.Chip && r.join(l, flags, c) {
			return true
		}
	}
	return false
}

// join adds a line, or says false when there is no room.
func (r *inputRequest) join(l Line, flags uint64, c Claim) bool {
	bit := uint64(1) << len(r.claims)
	trial := r.config
	if len(r.claims) >= maxRequestLines ||
		flags != trial.Flags && !mark(&trial, unix.GPIO_V2_LINE_ATTR_ID_FLAGS, flags, bit) ||
		c.Debounce > 0 && !mark(&trial, unix.GPIO_V2_LINE_ATTR_ID_DEBOUNCE, uint64(c.Debounce.Microseconds()), bit) {
		return false
	}
	r.config = trial
	r.claims = append(r.claims, c)
	r.lines = append(r.lines, l)
	return true
}

// mark gives a line an attribute, shared with the lines that have the same.
func mark(config *unix.GPIOV2LineConfig, id uint32, value, bit uint64) bool {
	for i := range config.Num_attrs {
		if a := &config.Attrs[i]; a.Attr.Id == id && a.Attr.Flags == value {
			a.Mask |= bit
			return true
		}
	}
	if config.Num_attrs == maxAttributes {
		return false
	}
	a := &config.Attrs[config.Num_attrs]
	a.Attr.Id, a.Attr.Flags, a.Mask = id, value, bit
	config.Num_attrs++
	return true
}
