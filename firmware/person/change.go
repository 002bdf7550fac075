package person

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"
)

// SetUp meets Directory: with the right code it makes the first administrator.
// Ten wrong codes spend the code until the next start.
func (p *People) SetUp(ctx context.Context, code, name, password string) (User, error) {
	p.change.Lock()
	defer p.change.Unlock()
	if !p.empty() {
		return User{}, ErrSetUp
	}
	if err := checkName(name); err != nil {
		return User{}, err
	}
	if err := checkPassword(name, password); err != nil {
		return User{}, err
	}
	if err := p.tryCode(code); err != nil {
		return User{}, err
	}
	u := User{Name: name, Role: Administrator}
	if err := p.add(ctx, u, password); err != nil {
		return User{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.code = ""
	return p.accounts[name].User, nil
}

// tryCode compares in constant time; the dash and spaces do not matter.
func (p *People) tryCode(code string) error {
	digits := strings.NewReplacer("-", "", " ", "").Replace(code)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.code == "" || p.tries >= codeTries {
		return ErrCodeSpent
	}
	want := strings.ReplaceAll(p.code, "-", "")
	if subtle.ConstantTimeCompare([]byte(digits), []byte(want)) == 1 {
		return nil
	}
	if p.tries++; p.tries >= codeTries {
		p.code = ""
		return ErrCodeSpent
	}
	return ErrCode
}

// Add meets Directory.
func (p *People) Add(ctx context.Context, u User, password string) error {
	p.change.Lock()
	defer p.change.Unlock()
	if _, there := p.account(u.Name); there {
		return fmt.Errorf("add user %s: %w", u.Name, ErrExists)
	}
	if err := checkPassword(u.Name, password); err != nil {
		return err
	}
	return p.add(ctx, u, password)
}

// add needs p.change.
func (p *People) add(ctx context.Context, u User, password string) error {
	if err := checkName(u.Name); err != nil {
		return err
	}
	if !u.Role.Valid() {
		return fmt.Errorf("add user %s: role %q: %w", u.Name, u.Role, ErrRole)
	}
	if users, _ := p.Users(ctx); len(users) >= usersMost {
		return fmt.Errorf("add user %s: %w", u.Name, ErrTooMany)
	}
	u.Created = p.now()
	return p.keep(ctx, Account{User: u}, password)
}

// keep hashes the password, unless it is empty, and writes the account.
func (p *People) keep(ctx context.Context, a Account, password string) error {
	if password != "" {
		release, err := p.logIns.enter(ctx)
		if err != nil {
			return err
		}
		a.Hash, err = hashPassword(password, p.iterations)
		release()
		if err != nil {
			return err
		}
	}
	if err := p.keeper.PutAccount(ctx, a); err != nil {
		return fmt.Errorf("keep user %s: %w", a.Name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accounts[a.Name] = a
	delete(p.failures, a.Name)
	return nil
}

// Remove meets Directory: the user's sessions and tokens end too.
func (p *People) Remove(ctx context.Context, name string) error {
	p.change.Lock()
	defer p.change.Unlock()
	if _, there := p.account(name); !there {
		return fmt.Errorf("remove user %s: %w", name, ErrUnknown)
	}
	p.mu.Lock()
	others := p.administrators(name)
	all := p.administrators("")
	p.mu.Unlock()
	if all > 0 && others == 0 {
		return fmt.Errorf("remove user %s: %w", name, ErrLast)
	}
	if err := p.end(ctx, name, true, 0); err != nil {
		return err
	}
	if err := p.keeper.RemoveAccount(ctx, name); err != nil {
		return fmt.Errorf("remove user %s: %w", name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.accounts, name)
	delete(p.failures, name)
	return nil
}

// SetPassword meets Directory: the user's sessions end, tokens stay; a lock is lifted.
func (p *People) SetPassword(ctx context.Context, name, password string) error {
	p.change.Lock()
	defer p.change.Unlock()
	a, there := p.account(name)
	if !there {
		return fmt.Errorf("set password of %s: %w", name, ErrUnknown)
	}
	if err := checkPassword(name, password); err != nil {
		return err
	}
	if err := p.keep(ctx, unlocked(a), password); err != nil {
		return err
	}
	return p.end(ctx, name, false, 0)
}
