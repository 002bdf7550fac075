package person

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory is a Keeper that can be told to fail.
type memory struct {
	mu          sync.Mutex
	accounts    map[string]Account
	credentials map[string]Credential
	broken      error
}

func newMemory() *memory {
	return &memory{accounts: map[string]Account{}, credentials: map[string]Credential{}}
}

func (m *memory) Accounts(context.Context) (all []Account, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.accounts {
		all = append(all, a)
	}
	return all, m.broken
}

func (m *memory) Credentials(context.Context) (all []Credential, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.credentials {
		all = append(all, c)
	}
	return all, m.broken
}

func (m *memory) PutAccount(_ context.Context, a Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken == nil {
		m.accounts[a.Name] = a
	}
	return m.broken
}

func (m *memory) PutCredential(_ context.Context, c Credential) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken == nil {
		m.credentials[c.Hash] = c
	}
	return m.broken
}

func (m *memory) RemoveAccount(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.accounts, name)
	return m.broken
}

func (m *memory) RemoveCredential(_ context.Context, hash string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.credentials, hash)
	return m.broken
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time       { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }
func is(err error, want error) bool   { return errors.Is(err, want) }

const cheap = 10 // iterations: the cost is not what these tests are about

func start(t *testing.T) (*People, *memory, *clock) {
	t.Helper()
	m, c := newMemory(), &clock{t: time.Date(2025, 6, 1, 8, 0, 0, 0, time.UTC)}
	p, err := New(m, c.now, cheap)
	if err != nil {
		t.Fatal(err)
	}
	return p, m, c
}

func settled(t *testing.T) (*People, *memory, *clock) {
	t.Helper()
	p, m, c := start(t)
	if _, err := p.SetUp(t.Context(), p.SetupCode(), "zhang", "correct horse"); err != nil {
		t.Fatal(err)
	}
	return p, m, c
}

func TestSetUpOnceWithTheCode(t *testing.T) {
	p, m, c := start(t)
	ctx := t.Context()
	code := p.SetupCode()
	if !p.empty() || len(code) != 9 || code[4] != '-' {
		t.Fatalf("needs set-up %v, code %q", p.empty(), code)
	}
	if _, err := p.SetUp(ctx, "0000-000x", "zhang", "correct horse"); !is(err, ErrCode) {
		t.Errorf("wrong code: %v", err)
	}
	if _, err := p.SetUp(ctx, code, "zhang", "short"); !is(err, ErrPassword) {
		t.Errorf("short password: %v", err)
	}
	u, err := p.SetUp(ctx, strings.ReplaceAll(code, "-", " "), "zhang", "correct horse")
	if err != nil || u.Role != Administrator || u.Created != c.now() {
		t.Fatalf("%+v %v", u, err)
	}
	if p.empty() || p.SetupCode() != "" {
		t.Error("set-up is still open")
	}
	if _, err := p.SetUp(ctx, code, "li", "correct horse"); !is(err, ErrSetUp) {
		t.Errorf("second set-up: %v", err)
	}
	again, err := New(m, c.now, cheap)
	if err != nil || again.empty() {
		t.Errorf("after a restart: needs set-up, %v", err)
	}
}

func TestSetUpCodeIsSpentAfterTenTries(t *testing.T) {
	p, _, _ := start(t)
	code := p.SetupCode()
	for i := range codeTries {
		if _, err := p.SetUp(t.Context(), "wrong", "zhang", "correct horse"); err == nil {
			t.Fatalf("try %d was let in", i)
		}
	}
	if _, err := p.SetUp(t.Context(), code, "zhang", "correct horse"); !is(err, ErrCodeSpent) {
		t.Errorf("right code after ten wrong ones: %v", err)
	}
}

func TestLogIn(t *testing.T) {
	p, m, _ := settled(t)
	ctx := t.Context()
	for _, x := range []struct{ name, password string }{{"zhang", "wrong horse"}, {"nobody", "correct horse"}, {"", ""}} {
		if _, _, err := p.LogIn(ctx, x.name, x.password); !is(err, ErrWrong) {
			t.Errorf("%v: %v", x, err)
		}
	}
	session, u, err := p.LogIn(ctx, "zhang", "correct horse")
	if err != nil || u.Name != "zhang" {
		t.Fatal(u, err)
	}
	if who, err := p.Who(ctx, session); err != nil || who != u {
		t.Errorf("who: %+v %v", who, err)
	}
	for _, c := range m.credentials {
		if strings.Contains(c.Hash, session) || len(c.Hash) != 64 {
			t.Errorf("kept %q", c.Hash)
		}
	}
	if err := p.LogOut(ctx, session); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Who(ctx, session); !is(err, ErrNoSession) || len(m.credentials) != 0 {
		t.Errorf("after log-out: %v, %d kept", err, len(m.credentials))
	}
}

func TestLockOut(t *testing.T) {
	p, m, c := settled(t)
	ctx := t.Context()
	fail := func(want error) {
		t.Helper()
		if _, _, err := p.LogIn(ctx, "zhang", "wrong horse"); !is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	for range failuresMost - 1 {
		fail(ErrWrong)
	}
	fail(ErrLocked)
	if _, _, err := p.LogIn(ctx, "zhang", "correct horse"); !is(err, ErrLocked) {
		t.Errorf("right password while locked: %v", err)
	}
	again, _ := New(m, c.now, cheap)
	if _, _, err := again.LogIn(ctx, "zhang", "correct horse"); !is(err, ErrLocked) {
		t.Errorf("a restart lifts the lock: %v", err)
	}
	c.pass(lockFor)
	if _, _, err := p.LogIn(ctx, "zhang", "correct horse"); err != nil {
		t.Errorf("after the lock: %v", err)
	}
	for range failuresMost - 1 {
		fail(ErrWrong) // the count began again
	}
}

func TestSessionsEnd(t *testing.T) {
	p, m, c := settled(t)
	ctx := t.Context()
	session, _, _ := p.LogIn(ctx, "zhang", "correct horse")
	for range 3 {
		c.pass(idleMost - time.Minute)
		if _, err := p.Who(ctx, session); err != nil {
			t.Fatalf("in use, yet %v", err)
		}
	}
	again, _ := New(m, c.now, cheap)
	if _, err := again.Who(ctx, session); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	c.pass(idleMost + time.Second)
	if _, err := p.Who(ctx, session); !is(err, ErrNoSession) {
		t.Errorf("idle for 12 h: %v", err)
	}
	session, _, _ = p.LogIn(ctx, "zhang", "correct horse")
	if err := p.SetPassword(ctx, "zhang", "another horse"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Who(ctx, session); !is(err, ErrNoSession) {
		t.Errorf("after a new password: %v", err)
	}
	for range 2 * sessionsMost {
		session, _, _ = p.LogIn(ctx, "zhang", "another horse")
	}
	if len(m.credentials) > sessionsMost {
		t.Errorf("%d sessions of one user", len(m.credentials))
	}
	if _, err := p.Who(ctx, session); err != nil {
		t.Errorf("newest session: %v", err)
	}
}

func TestTokens(t *testing.T) {
	p, m, c := settled(t)
	ctx := t.Context()
	p.Add(ctx, User{Name: "平台", Role: Viewer}, "platform password")
	token, err := p.NewToken(ctx, "平台", "upstream")
	if err != nil || !strings.HasPrefix(token, "wbx_") {
		t.Fatal(token, err)
	}
	c.pass(1000 * 24 * time.Hour)
	again, _ := New(m, c.now, cheap)
	if u, err := again.Who(ctx, token); err != nil || u.Name != "平台" || u.Role.May(Operator) {
		t.Errorf("%+v %v", u, err)
	}
	list := p.Tokens("平台")
	if len(list) != 1 || list[0].Label != "upstream" {
		t.Fatalf("%+v", list)
	}
	if err := p.RevokeToken(ctx, list[0].Hash); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Who(ctx, token); !is(err, ErrNoSession) {
		t.Errorf("revoked: %v", err)
	}
	if _, err := p.NewToken(ctx, "nobody", ""); !is(err, ErrUnknown) {
		t.Errorf("for nobody: %v", err)
	}
}

func TestUsers(t *testing.T) {
	p, _, c := settled(t)
	ctx := t.Context()
	for _, x := range []struct {
		user     User
		password string
		want     error
	}{
		{User{Name: "li", Role: Operator}, "long enough", nil},
		{User{Name: "li", Role: Operator}, "long enough", ErrExists},
		{User{Name: "a b", Role: Operator}, "long enough", ErrName},
		{User{Name: strings.Repeat("x", 33), Role: Operator}, "long enough", ErrName},
		{User{Name: "wang", Role: "root"}, "long enough", ErrRole},
		{User{Name: "longname", Role: Viewer}, "longname", ErrPassword},
		{User{Name: "guest", Role: Viewer, Until: c.now().Add(time.Hour)}, "long enough", nil},
	} {
		if err := p.Add(ctx, x.user, x.password); !errors.Is(err, x.want) {
			t.Errorf("add %s: %v, want %v", x.user.Name, err, x.want)
		}
	}
	session, _, _ := p.LogIn(ctx, "guest", "long enough")
	c.pass(time.Hour)
	if _, err := p.Who(ctx, session); !is(err, ErrExpired) {
		t.Errorf("session of an expired account: %v", err)
	}
	if _, _, err := p.LogIn(ctx, "guest", "long enough"); !is(err, ErrExpired) {
		t.Errorf("log-in of an expired account: %v", err)
	}
	if err := p.Remove(ctx, "zhang"); !is(err, ErrLast) {
		t.Errorf("removed the last administrator: %v", err)
	}
	if err := p.Remove(ctx, "guest"); err != nil {
		t.Error(err)
	}
	if _, err := p.Who(ctx, session); !is(err, ErrNoSession) {
		t.Errorf("session of a removed user: %v", err)
	}
	if users, _ := p.Users(ctx); len(users) != 2 || users[0].Name != "li" {
		t.Errorf("%+v", users)
	}
}

// TestOnlyALogInCountsThatIsNotKept: a failing disk keeps nobody out, and makes nobody.
func TestOnlyALogInCountsThatIsNotKept(t *testing.T) {
	p, m, _ := settled(t)
	ctx := t.Context()
	m.broken = errors.New("disk full")
	if err := p.Add(ctx, User{Name: "li", Role: Viewer}, "long enough"); !is(err, m.broken) {
		t.Errorf("add: %v", err)
	}
	if _, err := p.NewToken(ctx, "zhang", "program"); !is(err, m.broken) {
		t.Errorf("token: %v", err)
	}
	for range 2 * sessionsMost {
		p.LogIn(ctx, "zhang", "correct horse")
	}
	if n := len(p.sessions); n > sessionsMost {
		t.Errorf("%d sessions of one user", n)
	}
	session, _, err := p.LogIn(ctx, "zhang", "correct horse")
	if err != nil {
		t.Errorf("log in: %v", err)
	}
	if _, err := p.Who(ctx, session); err != nil {
		t.Errorf("who needs the disk: %v", err)
	}
	p.LogOut(ctx, session)
	if _, err := p.Who(ctx, session); !is(err, ErrNoSession) {
		t.Error("a log-out must hold even when the disk fails")
	}
	if users, _ := p.Users(ctx); len(users) != 1 {
		t.Errorf("%+v", users)
	}
}

func TestRoles(t *testing.T) {
	all := []Role{Viewer, Operator, Engineer, Administrator}
	for i, have := range all {
		for k, need := range all {
			if have.May(need) != (i >= k) {
				t.Errorf("%s may %s: %v", have, need, have.May(need))
			}
		}
	}
	if Role("").May(Viewer) || Role("root").Valid() || Administrator.May("") {
		t.Error("an unknown role may nothing")
	}
}

func TestPasswordHash(t *testing.T) {
	h, err := hashPassword("correct horse", 1000)
	if err != nil || !passwordIs(h, "correct horse") || passwordIs(h, "correct horsf") {
		t.Fatalf("%q %v", h, err)
	}
	// Computed with Python: hashlib.pbkdf2_hmac("sha256", b"correct horse", b"0123456789abcdef", 1000).
	const foreign = "pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M"
	if !passwordIs(foreign, "correct horse") {
		t.Error("differs from another implementation")
	}
	for _, bad := range []string{"", "x", "pbkdf2-sha256$0$$", "pbkdf2-sha256$999999999999$AA$AA", "md5$1$AA$AA", strings.Replace(h, "$1", "$-1", 1)} {
		if passwordIs(bad, "correct horse") {
			t.Errorf("%q fits", bad)
		}
	}
}

func TestFloodOfLogInsIsBounded(t *testing.T) {
	p, _, _ := settled(t)
	for range hashersMost {
		p.logIns.places <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range hashersWaiting {
		group.Go(func() { p.LogIn(ctx, "nobody", "correct horse") })
	}
	for len(p.logIns.waiting) < hashersWaiting {
		time.Sleep(time.Millisecond)
	}
	if _, _, err := p.LogIn(ctx, "zhang", "correct horse"); !is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	cancel()
	group.Wait()
}

// hung is a disk that answers nothing any more.
type hung struct{ *memory }

func (hung) PutAccount(ctx context.Context, _ Account) error       { return until(ctx) }
func (hung) PutCredential(ctx context.Context, _ Credential) error { return until(ctx) }
func (hung) RemoveCredential(ctx context.Context, _ string) error  { return until(ctx) }

func until(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// TestAHungDiskKeepsNobodyOut: neither a lock nor a log-out that cannot be kept holds
// up the next who logs in.
func TestAHungDiskKeepsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, m, _ := settled(t)
		if err := p.Add(t.Context(), User{Name: "li", Role: Viewer}, "long enough"); err != nil {
			t.Fatal(err)
		}
		session, _, err := p.LogIn(t.Context(), "li", "long enough")
		p.keeper = hung{m}
		began := time.Now()
		for range failuresMost {
			p.LogIn(t.Context(), "li", "guessed wrong")
		}
		p.LogOut(t.Context(), session)
		if _, _, again := p.LogIn(t.Context(), "zhang", "correct horse"); err != nil || again != nil || time.Since(began) > 3*diskPatience {
			t.Errorf("after %v: %v, %v", time.Since(began), err, again)
		}
	})
}
