package alarm

import (
	"container/heap"

	"watchbox/firmware/point"
)

// schedule puts the life where its earliest timer belongs.
func (m *Machine) schedule(l *life) {
	at := l.deadline()
	switch {
	case at == point.Never && l.index >= 0:
		heap.Remove(&m.table, l.index)
	case at == point.Never || at == l.at && l.index >= 0:
	case l.index >= 0:
		l.at = at
		heap.Fix(&m.table, l.index)
	default:
		l.at = at
		heap.Push(&m.table, l)
	}
}

// timetable is a heap of the lives with a running timer, earliest first.
type timetable []*life

func (t timetable) Len() int { return len(t) }

func (t timetable) Less(i, j int) bool { return t[i].at < t[j].at }

func (t timetable) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}

// Push and Pop are container/heap's.
func (t *timetable) Push(x any) {
	l := x.(*life)
	l.index = len(*t)
	*t = append(*t, l)
}

// Pop takes the last one off.
func (t *timetable) Pop() any {
	last := len(*t) - 1
	l := (*t)[last]
	l.index, l.at = -1, point.Never
	*t = (*t)[:last]
	return l
}
