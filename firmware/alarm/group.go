package alarm

// noGroup in a definition's Group keeps it out of its device's group.
const noGroup = "none"

// group is a set of alarms of which the first to come is told from the rest
// (first-out): the one that stands at the head of the trail. It stays the first,
// also when it comes again, until the whole group is normal.
type group struct {
	raised int
	first  string // key; empty while nothing is raised
}

// join puts the life into its group: the definition's, else its point's device.
func (m *Machine) join(l *life, groups map[string]*group) {
	name := l.Group
	if name == "" && l.Point != "" {
		name = l.Point.Device()
	}
	l.group, l.counted = nil, false
	if name == "" || name == noGroup {
		return
	}
	if groups[name] == nil {
		groups[name] = &group{}
	}
	l.group = groups[name]
	if l.raised {
		l.counted = true
		l.group.raised++
		l.group.recall(l)
	}
}

// recall takes the group's first-out from an alarm that knows it.
func (g *group) recall(l *life) {
	switch {
	case l.FirstOut:
		g.first = l.Key
	case l.After != "" && g.first == "":
		g.first = l.After
	}
}

// enter counts a raise in its group, before the life is marked as raised.
func (m *Machine) enter(l *life) {
	g := l.group
	l.FirstOut, l.After = false, ""
	if g == nil {
		return
	}
	if !l.counted {
		l.counted = true
		g.raised++
	}
	if g.raised == 1 {
		g.first = l.Key
	}
	if l.FirstOut = g.first == l.Key; !l.FirstOut {
		l.After = g.first
	}
}

// leave takes the life out of its group's count.
func (m *Machine) leave(l *life) {
	if !l.counted {
		return
	}
	l.counted = false
	if l.group.raised--; l.group.raised == 0 {
		l.group.first = ""
	}
}
