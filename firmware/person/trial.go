package person

import (
	"context"
	"fmt"
	"time"
)

// Wrong codes lock the codes of the account whose code it was to be, and those
// given in the session's account, for longer each time. EN 50131-3 asks for a
// limited number of tries and a pause of at least 90 s (secondary source:
// manufacturers' manuals). Log-ins are counted apart: nobody is kept from
// logging in by wrong codes, and a log-in that is locked keeps nobody from
// disarming.
const (
	codeWrongMost = 5
	codePause     = 90 * time.Second
	codePauseMost = 30 * time.Minute
)

// BlindFor is how long an account is told nothing of silent alarms after a code
// was given in its session or in its name: whoever stands behind that person
// must not read on the page what the code did.
const BlindFor = 4 * time.Hour

// Trial is what is remembered of panel codes in one account, over restarts.
type Trial struct {
	Wrong int           `json:"wrong,omitempty"` // since the last right one or the last lock
	Locks int           `json:"locks,omitempty"` // since the last right one
	Until time.Time     `json:"until,omitzero"`  // no code before
	Pause time.Duration `json:"pause,omitempty"` // of that lock
	Given time.Time     `json:"given,omitzero"`  // last right code in this account's session or name
}

// CodeLock is the refusal of a code that is not even looked at, or the last
// wrong one before that. It is an ErrCodeLocked.
type CodeLock struct {
	Wait  time.Duration // until a code is looked at again
	Began bool          // this very try began the lock
}

func (l *CodeLock) Error() string {
	return fmt.Sprintf("%v; wait %d s", ErrCodeLocked, int(l.Wait.Seconds()+0.999))
}

// Unwrap gives the class.
func (l *CodeLock) Unwrap() error { return ErrCodeLocked }

// locked is how long codes of one of the accounts are locked yet.
func (p *People) locked(names ...string) (longest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for _, name := range names {
		longest = max(longest, p.accounts[name].Trial.left(now))
	}
	return longest
}

// left of the lock. A clock that was set back does not make it longer than it was.
func (t Trial) left(now time.Time) time.Duration { return min(t.Until.Sub(now), t.Pause) }

// refused counts a wrong code in both accounts and says whether that locks.
func (p *People) refused(ctx context.Context, source, name string) error {
	p.change.Lock()
	defer p.change.Unlock()
	now, lock := p.now(), &CodeLock{}
	p.try(ctx, []string{source, name}, func(t *Trial) Trial {
		next := t.fail(now)
		if next.Wrong == 0 {
			lock.Began, lock.Wait = true, max(lock.Wait, next.Pause)
		}
		return next
	})
	if lock.Began {
		return lock
	}
	return ErrWrongCode
}

// fail is what one more wrong code makes of it: zero wrong ones is a new lock.
func (t Trial) fail(now time.Time) Trial {
	if t.Wrong++; t.Wrong < codeWrongMost {
		return t
	}
	t.Pause = min(codePause<<min(t.Locks, 10), codePauseMost)
	t.Wrong, t.Locks, t.Until = 0, t.Locks+1, now.Add(t.Pause)
	return t
}

// Blind meets Directory. Never blocks. A viewer's screen hangs in the room, so
// it is always blind; a program with a token stands elsewhere and never is.
func (p *People) Blind(secret string) bool {
	hash, now := secretHash(secret), p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	s, there := p.sessions[hash]
	if !there || s.Token {
		return !there
	}
	a := p.accounts[s.User]
	since := now.Sub(a.Trial.Given)
	return !a.Role.May(Operator) || !a.Trial.Given.IsZero() && since > -BlindFor && since < BlindFor
}
