package alarm

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"

	"watchbox/firmware/point"
)

// tie is one pattern of causes: whom it names and who is explained by them.
// Alarms that name the same pattern share it, so that a pattern costs its
// matches once and not once per alarm.
type tie struct {
	members    map[*life]bool // the causes
	standing   []*life        // of them: whose condition stands now, in the order in which they came
	dependents []*life        // alarms of clear mode dependent that name it
}

// ensure resolves the patterns again after Define.
func (m *Machine) ensure(now point.Instant) {
	if m.unlinked {
		m.link(now)
	}
}

// link resolves the patterns of all causes and the groups, and puts what stands
// and what is suppressed on the new ties. It runs when a program is swapped in
// and after a restore, never per event.
func (m *Machine) link(now point.Instant) {
	m.unlinked = false
	keys := slices.Sorted(maps.Keys(m.lives))
	m.relist()
	ties, groups := map[string]*tie{}, map[string]*group{}
	for _, key := range keys {
		l := m.lives[key]
		l.design = design{release: l.design.release, told: l.design.told}
		m.join(l, groups)
	}
	for _, key := range keys {
		m.bind(m.lives[key], keys, ties)
	}
	m.recent = slices.DeleteFunc(m.recent, func(r recent) bool { return m.lives[r.life.Key] != r.life })
	m.stand(now, keys)
}

// bind puts one alarm under the ties of its causes.
func (m *Machine) bind(l *life, keys []string, ties map[string]*tie) {
	for _, pattern := range l.Causes {
		t := ties[pattern]
		if t == nil {
			t = m.tie(pattern, keys)
			ties[pattern] = t
		}
		l.design.under = append(l.design.under, t)
		if l.Clear == ClearDependent {
			t.dependents = append(t.dependents, l)
		}
	}
}

func (m *Machine) tie(pattern string, keys []string) *tie {
	t := &tie{members: map[*life]bool{}}
	for _, key := range match(pattern, keys) {
		c := m.lives[key]
		t.members[c] = true
		c.design.over = append(c.design.over, t)
	}
	return t
}

// stand puts every condition that stands on its ties, first come first, and
// finds each suppressed alarm its cause again.
func (m *Machine) stand(now point.Instant, keys []string) {
	var lives, hidden []*life
	for _, key := range keys {
		l := m.lives[key]
		if l.standing() {
			lives = append(lives, l)
		}
		if l.Suppressed != "" {
			hidden = append(hidden, l)
		}
	}
	slices.SortStableFunc(lives, func(a, b *life) int {
		return cmp.Or(cmp.Compare(a.arose, b.arose), cmp.Compare(a.serial, b.serial))
	})
	for _, l := range lives {
		m.arise(l)
	}
	slices.SortStableFunc(hidden, youngest)
	for _, l := range hidden {
		m.recall(now, l)
	}
	for _, l := range lives {
		m.absorb(now, l)
	}
	m.freeDependents(now, keys)
}

// recall puts a suppressed alarm back under the cause that it had: also under
// one that is gone by now, as long as its own last delay runs.
func (m *Machine) recall(now point.Instant, l *life) {
	cause := m.lives[l.Suppressed]
	if cause == nil || cause.design.stands || !l.follows(cause) || !l.explainable() {
		m.rebind(now, l)
		return
	}
	l.attach(cause)
	if l.design.release == point.Never {
		l.design.release = now.Mono + max(l.OnDelay, shortestStay)
	}
	m.schedule(l)
}

// freeDependents lets those clear whose cause the configuration took away.
func (m *Machine) freeDependents(now point.Instant, keys []string) {
	for _, key := range keys {
		if l := m.lives[key]; l.bound && !l.dependent() {
			l.bound = false
			m.fire(now, l)
			m.schedule(l)
		}
	}
}

// match lists the keys, which are sorted, that fit the pattern. Only those that
// begin like it are looked at.
func match(pattern string, keys []string) []string {
	head, _, wild := strings.Cut(pattern, "*")
	from := sort.SearchStrings(keys, head)
	var found []string
	for _, key := range keys[from:] {
		if !strings.HasPrefix(key, head) || !wild && key != pattern {
			break
		}
		if Like(pattern, key) {
			found = append(found, key)
		}
	}
	return found
}

// Like tells whether the key of an alarm fits the pattern; * matches anything,
// slashes too.
func Like(pattern, key string) bool {
	head, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == key
	}
	if !strings.HasPrefix(key, head) {
		return false
	}
	key = key[len(head):]
	for {
		var part string
		if part, rest, wild = strings.Cut(rest, "*"); !wild {
			return strings.HasSuffix(key, part)
		}
		i := strings.Index(key, part)
		if i < 0 {
			return false
		}
		key = key[i+len(part):]
	}
}
