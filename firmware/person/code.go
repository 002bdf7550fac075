package person

import (
	"cmp"
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A panel code has 6 to 8 digits: EN 50131-3 asks for a million differing codes
// in the higher grades (secondary source: manufacturers' manuals).
const (
	codeLeast = 6
	codeMost  = 8
)

// SetCodes meets Directory. Both codes are replaced together, so that nothing
// tells who has a duress code.
func (p *People) SetCodes(ctx context.Context, name, code, duress string) error {
	p.change.Lock()
	defer p.change.Unlock()
	a, there := p.account(name)
	if !there {
		return fmt.Errorf("set panel code of %s: %w", name, ErrUnknown)
	}
	a.Codes, a.Trial = "", Trial{}
	if code == "" && duress == "" {
		return p.keep(ctx, a, "")
	}
	if err := checkCodes(name, code, duress); err != nil {
		return fmt.Errorf("set panel code of %s: %w", name, err)
	}
	release, err := p.logIns.enter(ctx)
	if err != nil {
		return err
	}
	a.Codes, err = hashCodes(code, duress, p.iterations)
	release()
	if err != nil {
		return err
	}
	return p.keep(ctx, a, "")
}

func checkCodes(name, code, duress string) error {
	if err := checkDigits(code); err != nil || code == name {
		return cmp.Or(err, ErrTrivial)
	}
	if duress == "" {
		return nil
	}
	if duress == code {
		return ErrSameCode
	}
	if err := checkDigits(duress); err != nil || duress == name {
		return cmp.Or(err, ErrTrivial)
	}
	return nil
}

// hashCodes makes "pbkdf2-sha256$iterations$salt$code$duress". One salt for
// both, so that one computation holds an entry against either: the time tells
// nothing. Without a duress code its place is random.
func hashCodes(code, duress string, iterations int) (string, error) {
	salt, none := make([]byte, 16), make([]byte, sha256.Size)
	rand.Read(salt)
	rand.Read(none)
	key, err := pbkdf2.Key(sha256.New, code, salt, iterations, sha256.Size)
	if err == nil && duress != "" {
		none, err = pbkdf2.Key(sha256.New, duress, salt, iterations, sha256.Size)
	}
	if err != nil {
		return "", fmt.Errorf("hash panel code: %w", err)
	}
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("pbkdf2-sha256$%d$%s$%s$%s", iterations, text(salt), text(key), text(none)), nil
}

// codeIs holds an entry against both codes in one computation. What cannot be
// read fits nothing.
func codeIs(kept, code string) (right, duress bool) {
	part := strings.Split(kept, "$")
	if len(part) != 5 || part[0] != "pbkdf2-sha256" {
		return false, false
	}
	iterations, err := strconv.Atoi(part[1])
	if err != nil || iterations < 1 || iterations > mostIterations {
		return false, false
	}
	var raw [3][]byte
	for i := range raw {
		if raw[i], err = base64.RawStdEncoding.DecodeString(part[i+2]); err != nil {
			return false, false
		}
	}
	key, err := pbkdf2.Key(sha256.New, code, raw[0], iterations, sha256.Size)
	if err != nil || len(raw[1]) != len(key) || len(raw[2]) != len(key) {
		return false, false
	}
	first, second := subtle.ConstantTimeCompare(key, raw[1]), subtle.ConstantTimeCompare(key, raw[2])
	return first|second == 1, second == 1
}

// Holders meets Directory: by name, those whose code moves the panel. Never blocks.
func (p *People) Holders() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, names := p.now(), []string{}
	for name, a := range p.accounts {
		if a.Codes != "" && a.Role.May(Operator) && !expired(a.User, now) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// CheckCode meets Directory. One code is looked at at a time, to the end, so that
// nobody gets more tries by giving many at once.
func (p *People) CheckCode(ctx context.Context, source, name, code string) (User, bool, error) {
	release, err := p.keys.enter(ctx)
	if err != nil {
		return User{}, false, err
	}
	defer release()
	if wait := p.locked(source, name); wait > 0 {
		return User{}, false, &CodeLock{Wait: wait}
	}
	a, known := p.account(name)
	kept := cmp.Or(a.Codes, p.decoyCodes)
	right, duress := false, false
	if len(code) <= codeMost {
		right, duress = codeIs(kept, code)
	}
	if !known || !right || a.Codes == "" || expired(a.User, p.now()) || !a.Role.May(Operator) {
		return User{}, false, p.refused(ctx, source, name)
	}
	return a.User, duress, p.admitted(ctx, source, name, a.Codes)
}

// admitted notes the right code of an account that nobody changed meanwhile.
func (p *People) admitted(ctx context.Context, source, name, codes string) error {
	p.change.Lock()
	defer p.change.Unlock()
	if a, _ := p.account(name); a.Codes != codes {
		return ErrWrongCode
	}
	now := p.now()
	p.try(ctx, []string{source, name}, func(*Trial) Trial { return Trial{Given: now} })
	return nil
}

// keepPatience is how long the panel waits for the disk to keep what became of
// a code; it holds in memory anyway.
const keepPatience = time.Second

// try changes what is remembered of codes in these accounts, in memory first.
// Needs p.change.
func (p *People) try(ctx context.Context, names []string, next func(*Trial) Trial) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepPatience)
	defer cancel()
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		p.mu.Lock()
		a, there := p.accounts[name]
		if there {
			a.Trial = next(&a.Trial)
			p.accounts[name] = a
		}
		p.mu.Unlock()
		if there {
			p.keeper.PutAccount(ctx, a)
		}
	}
}
