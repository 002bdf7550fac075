package webtest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"watchbox/firmware/person"
)

// SetupCode is the fake's one-time code.
const SetupCode = "2468-1357"

// Password is that of every user of the fake: viewer, operator, engineer, admin.
const Password = "correct horse"

// People is a directory in memory.
type People struct {
	mutex     sync.Mutex
	users     []person.User
	passwords map[string]string
	sessions  map[string]string // session or token → user
	number    int
	fresh     bool
	codes     map[string][2]string // panel code and duress code
	given     map[string]bool      // accounts in whose session or name a code was given
	wrong     int                  // codes since the last right one; the fifth locks
}

// NewPeople has one user of each role.
func NewPeople() *People {
	p := &People{passwords: map[string]string{}, sessions: map[string]string{}, codes: map[string][2]string{}, given: map[string]bool{}}
	for name, role := range map[string]person.Role{"viewer": person.Viewer, "operator": person.Operator, "engineer": person.Engineer, "admin": person.Administrator} {
		p.users = append(p.users, person.User{Name: name, Role: role, Created: time.Now()})
		p.passwords[name] = Password
	}
	slices.SortFunc(p.users, func(a, b person.User) int { return strings.Compare(a.Name, b.Name) })
	return p
}

// Empty removes everybody: first-run set-up is needed.
func (p *People) Empty() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.users, p.sessions, p.fresh = nil, map[string]string{}, true
}

// Session opens a session without a password.
func (p *People) Session(name string) string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.open(name)
}

func (p *People) open(name string) string {
	p.number++
	s := "session-" + strconv.Itoa(p.number)
	p.sessions[s] = name
	return s
}

func (p *People) find(name string) (person.User, error) {
	for _, u := range p.users {
		if u.Name == name {
			return u, nil
		}
	}
	return person.User{}, fmt.Errorf("user %s: %w", name, person.ErrUnknown)
}

// NeedsSetup is true after Empty until SetUp.
func (p *People) NeedsSetup(context.Context) (bool, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.fresh, nil
}

// SetUp makes the first administrator.
func (p *People) SetUp(ctx context.Context, code, name, password string) (person.User, error) {
	needed, _ := p.NeedsSetup(ctx)
	switch {
	case !needed:
		return person.User{}, person.ErrSetUp
	case code != SetupCode:
		return person.User{}, person.ErrCode
	case len(password) < 8:
		return person.User{}, person.ErrPassword
	}
	u := person.User{Name: name, Role: person.Administrator, Created: time.Now()}
	p.mutex.Lock()
	p.fresh = false
	p.mutex.Unlock()
	return u, p.Add(ctx, u, password)
}

// LogIn checks the password.
func (p *People) LogIn(_ context.Context, name, password string) (string, person.User, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	u, err := p.find(name)
	if err != nil || p.passwords[name] != password {
		return "", person.User{}, person.ErrWrong
	}
	return p.open(name), u, nil
}

// LogOut ends the session.
func (p *People) LogOut(_ context.Context, session string) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.sessions, session)
	return nil
}

// Who answers for sessions and tokens.
func (p *People) Who(_ context.Context, session string) (person.User, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	name, ok := p.sessions[session]
	if !ok {
		return person.User{}, person.ErrNoSession
	}
	return p.find(name)
}

// Users lists everybody.
func (p *People) Users(context.Context) ([]person.User, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.users), nil
}

// Add makes a user.
func (p *People) Add(_ context.Context, u person.User, password string) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if _, err := p.find(u.Name); err == nil {
		return fmt.Errorf("add user %s: %w", u.Name, person.ErrExists)
	}
	p.users = append(p.users, u)
	p.passwords[u.Name] = password
	return nil
}

// Remove takes a user away, with the sessions.
func (p *People) Remove(_ context.Context, name string) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if _, err := p.find(name); err != nil {
		return err
	}
	p.users = slices.DeleteFunc(p.users, func(u person.User) bool { return u.Name == name })
	return nil
}

// SetPassword replaces the password.
func (p *People) SetPassword(_ context.Context, name, password string) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if _, err := p.find(name); err != nil {
		return err
	}
	p.passwords[name] = password
	return nil
}

// NewToken makes a token with the user's rights.
func (p *People) NewToken(_ context.Context, user, label string) (string, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if _, err := p.find(user); err != nil {
		return "", err
	}
	return p.open(user), nil
}
