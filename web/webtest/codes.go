package webtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/app"
	"watchbox/firmware/engine"
	"watchbox/firmware/person"
)

// SetCodes replaces the user's panel codes.
func (p *People) SetCodes(_ context.Context, name, code, duress string) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if _, err := p.find(name); err != nil {
		return err
	}
	switch {
	case code == "" && duress == "":
		delete(p.codes, name)
		return nil
	case len(code) < 6 || len(code) > 8:
		return fmt.Errorf("set panel code of %s: %w", name, person.ErrDigits)
	case strings.Trim(code, code[:1]) == "":
		return fmt.Errorf("set panel code of %s: %w", name, person.ErrTrivial)
	case code == duress:
		return fmt.Errorf("set panel code of %s: %w", name, person.ErrSameCode)
	}
	p.codes[name] = [2]string{code, duress}
	return nil
}

// CheckCode holds the code against the user's two; the fifth wrong one locks
// until Unlock.
func (p *People) CheckCode(_ context.Context, source, name, code string) (person.User, bool, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.wrong >= 5 {
		return person.User{}, false, &person.CodeLock{Wait: 90 * time.Second}
	}
	u, err := p.find(name)
	kept, has := p.codes[name]
	if err != nil || !has || code != kept[0] && code != kept[1] || code == "" {
		if p.wrong++; p.wrong == 5 {
			return u, false, &person.CodeLock{Wait: 90 * time.Second, Began: true}
		}
		return u, false, person.ErrWrongCode
	}
	p.wrong, p.given[source], p.given[name] = 0, true, true
	return u, code == kept[1], nil
}

// Unlock lets codes be tried again.
func (p *People) Unlock() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.wrong = 0
}

// Holders are those who have a code.
func (p *People) Holders() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]string{}, slices.Sorted(maps.Keys(p.codes))...)
}

// Blind is true for a viewer, and for accounts that had to do with a code.
func (p *People) Blind(session string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	u, err := p.find(p.sessions[session])
	return err != nil || u.Role == person.Viewer || p.given[u.Name]
}

// ByCode does what the appliance does.
func (b *Box) ByCode(ctx context.Context, source, by, code string, c engine.Command) error {
	return app.Keypad{Persons: b.persons, Do: b.Do, Note: b.Journal, Signal: func(s alarm.Signal) {
		if s.Active {
			b.Raise(s.Key, "")
		}
	}}.Order(ctx, source, by, code, c)
}
