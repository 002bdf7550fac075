package person

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

func unlocked(a Account) Account { a.Locked = time.Time{}; return a }

// LogIn meets Directory.
func (p *People) LogIn(ctx context.Context, name, password string) (string, User, error) {
	a, known := p.account(name)
	if known && p.now().Before(a.Locked) {
		return "", User{}, ErrLocked
	}
	hash := a.Hash
	if !known {
		hash = p.decoy
	}
	release, err := p.logIns.enter(ctx)
	if err != nil {
		return "", User{}, err
	}
	right := len(password) <= 512 && passwordIs(hash, password)
	release()
	switch {
	case !known:
		return "", User{}, ErrWrong
	case !right:
		return "", User{}, p.failed(ctx, name)
	case expired(a.User, p.now()):
		return "", User{}, ErrExpired
	}
	return p.open(ctx, a)
}

func expired(u User, now time.Time) bool { return !u.Until.IsZero() && !now.Before(u.Until) }

// failed counts a wrong password and locks at the fifth. The lock is kept over
// a restart; when the disk does not take it, it holds in memory.
func (p *People) failed(ctx context.Context, name string) error {
	p.change.Lock()
	defer p.change.Unlock()
	p.mu.Lock()
	a, known := p.accounts[name]
	if !known {
		p.mu.Unlock()
		return ErrWrong
	}
	if p.failures[name]++; p.failures[name] < failuresMost {
		p.mu.Unlock()
		return ErrWrong
	}
	delete(p.failures, name)
	a.Locked = p.now().Add(lockFor)
	p.accounts[name] = a
	p.mu.Unlock()
	disk, cancel := context.WithTimeout(ctx, diskPatience)
	defer cancel()
	p.keeper.PutAccount(disk, a)
	return ErrLocked
}

// diskPatience is how long a log-in, a log-out or a lock waits to be kept: the next
// who logs in waits for it too.
const diskPatience = 5 * time.Second

// open makes a session. Someone who guessed while the account was being locked
// is still refused. A disk that is full, broken or does not answer keeps nobody
// out of a box that needs him: then the session ends with the process.
func (p *People) open(ctx context.Context, a Account) (string, User, error) {
	p.change.Lock()
	defer p.change.Unlock()
	now, there := p.now(), false
	hash := a.Hash
	if a, there = p.account(a.Name); !there || a.Hash != hash {
		return "", User{}, ErrWrong
	}
	if now.Before(a.Locked) {
		return "", User{}, ErrLocked
	}
	disk, cancel := context.WithTimeout(ctx, diskPatience)
	defer cancel()
	p.end(disk, a.Name, false, sessionsMost-1)
	secret := newSecret(sessionPrefix)
	p.issue(disk, secret, Credential{User: a.Name, Created: now})
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.failures, a.Name)
	return secret, a.User, nil
}

// issue keeps a token, or fails; a session that cannot be kept is valid all the same.
func (p *People) issue(ctx context.Context, secret string, c Credential) error {
	c.Hash = secretHash(secret)
	if err := p.keeper.PutCredential(ctx, c); err != nil && c.Token {
		return fmt.Errorf("keep token of %s: %w", c.User, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions[c.Hash] = &session{c, p.now()}
	return nil
}

// LogOut meets Directory. A session that is not there is logged out already.
func (p *People) LogOut(ctx context.Context, secret string) error {
	p.change.Lock()
	defer p.change.Unlock()
	hash := secretHash(secret)
	p.mu.Lock()
	s, there := p.sessions[hash]
	p.mu.Unlock()
	if !there || s.Token {
		return nil
	}
	return p.forget(ctx, hash)
}

// forget takes the credential out of memory first: it is void even when the
// disk fails.
func (p *People) forget(ctx context.Context, hash string) error {
	p.mu.Lock()
	delete(p.sessions, hash)
	p.mu.Unlock()
	disk, cancel := context.WithTimeout(ctx, diskPatience)
	defer cancel()
	if err := p.keeper.RemoveCredential(disk, hash); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// end closes a user's sessions, the oldest first, until keep are left; with
// tokens also the tokens. Needs p.change.
func (p *People) end(ctx context.Context, name string, tokens bool, keep int) error {
	var mine []*session
	p.mu.Lock()
	for _, s := range p.sessions {
		if s.User == name && (tokens || !s.Token) {
			mine = append(mine, s)
		}
	}
	p.mu.Unlock()
	slices.SortFunc(mine, func(a, b *session) int { return a.Created.Compare(b.Created) })
	for i := 0; i < len(mine)-keep; i++ {
		if err := p.forget(ctx, mine[i].Hash); err != nil {
			return err
		}
	}
	return nil
}

// Who meets Directory. Never blocks: it is asked at every request.
func (p *People) Who(_ context.Context, secret string) (User, error) {
	hash, now := secretHash(secret), p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	s, there := p.sessions[hash]
	if !there || strings.HasPrefix(secret, tokenPrefix) != s.Token {
		return User{}, ErrNoSession
	}
	if !s.Token && (now.Sub(s.used) > idleMost || now.Sub(s.Created) > sessionMost) {
		return User{}, ErrNoSession // its row goes at the user's next log-ins
	}
	a, there := p.accounts[s.User]
	if !there {
		return User{}, ErrNoSession
	}
	if expired(a.User, now) {
		return User{}, ErrExpired
	}
	s.used = now
	return a.User, nil
}

// NewToken meets Directory.
func (p *People) NewToken(ctx context.Context, user, label string) (string, error) {
	p.change.Lock()
	defer p.change.Unlock()
	if _, there := p.account(user); !there {
		return "", fmt.Errorf("token for %s: %w", user, ErrUnknown)
	}
	if len(p.Tokens(user)) >= tokensMost {
		return "", fmt.Errorf("token for %s: %w", user, ErrTooMany)
	}
	secret := newSecret(tokenPrefix)
	return secret, p.issue(ctx, secret, Credential{User: user, Token: true, Label: strings.ToValidUTF8(label[:min(len(label), 64)], ""), Created: p.now()})
}

// Tokens lists a user's tokens by their hash and label, oldest first; the
// secrets are not known. Never blocks.
func (p *People) Tokens(user string) []Credential {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []Credential
	for _, s := range p.sessions {
		if s.Token && s.User == user {
			found = append(found, s.Credential)
		}
	}
	slices.SortFunc(found, func(a, b Credential) int { return a.Created.Compare(b.Created) })
	return found
}

// RevokeToken ends the token with this hash.
func (p *People) RevokeToken(ctx context.Context, hash string) error {
	p.change.Lock()
	defer p.change.Unlock()
	p.mu.Lock()
	s, there := p.sessions[hash]
	p.mu.Unlock()
	if !there || !s.Token {
		return fmt.Errorf("revoke token: %w", ErrUnknown)
	}
	return p.forget(ctx, hash)
}
