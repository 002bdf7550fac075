package alarm

// The clear modes of a definition, in the words that vendors use.
const (
	ClearAuto      = "auto"      // ends with its condition
	ClearManual    = "manual"    // stays until a person resets it, like Latch
	ClearDependent = "dependent" // its condition going ends it only when none of its causes is active any more
)

// dependent is true while a cause keeps the alarm from clearing. The clear comes
// with the last cause, however long its off-delay is over by then.
func (l *life) dependent() bool {
	if l.Clear != ClearDependent {
		return false
	}
	for _, t := range l.design.under {
		for _, c := range t.standing {
			if c != l {
				return true
			}
		}
	}
	return false
}

// unbind lets the clears come that waited for a cause of this tie.
func (t *tie) unbind() (free []*life) {
	for _, l := range t.dependents {
		if l.bound && !l.dependent() {
			l.bound = false
			free = append(free, l)
		}
	}
	return free
}
