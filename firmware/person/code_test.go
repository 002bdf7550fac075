package person

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// guarded are two operators with codes, a viewer's screen and an operator's.
func guarded(t *testing.T) (*People, *memory, *clock) {
	t.Helper()
	p, m, c := settled(t)
	for name, role := range map[string]Role{"li": Operator, "wang": Operator, "desk": Viewer, "plain": Operator} {
		if err := p.Add(t.Context(), User{Name: name, Role: role}, "correct horse"); err != nil {
			t.Fatal(err)
		}
	}
	for name, codes := range map[string][2]string{"li": {"270518", "270519"}, "wang": {"90210744", ""}} {
		if err := p.SetCodes(t.Context(), name, codes[0], codes[1]); err != nil {
			t.Fatal(err)
		}
	}
	return p, m, c
}

func TestCodesThatAreRefused(t *testing.T) {
	p, _, _ := guarded(t)
	for _, c := range []struct {
		code, duress string
		want         error
	}{
		{"270518", "270519", nil}, {"270518", "", nil}, {"27051899", "270518", nil}, {"", "", nil},
		{"27051", "", ErrDigits}, {"270518999", "", ErrDigits}, {"27051a", "", ErrDigits}, {"", "270518", ErrDigits}, {"２７０５１８", "", ErrDigits},
		{"111111", "", ErrTrivial}, {"123456", "", ErrTrivial}, {"87654321", "", ErrTrivial}, {"789012", "", ErrTrivial}, {"246802", "", ErrTrivial},
		{"121212", "", ErrTrivial}, {"1212121", "", ErrTrivial}, {"258258", "", ErrTrivial}, {"20262026", "", ErrTrivial}, {"112233", "", ErrTrivial}, {"998877", "", ErrTrivial},
		{"270518", "270518", ErrSameCode}, {"270518", "000000", ErrTrivial}, {"270518", "1234", ErrDigits},
	} {
		if err := p.SetCodes(t.Context(), "li", c.code, c.duress); !is(err, c.want) {
			t.Errorf("%q, %q: %v, want %v", c.code, c.duress, err, c.want)
		}
	}
	if err := p.SetCodes(t.Context(), "nobody", "270518", ""); !is(err, ErrUnknown) {
		t.Errorf("%v", err)
	}
	if err := p.Add(t.Context(), User{Name: "90210744", Role: Operator}, "correct horse"); err != nil {
		t.Fatal(err)
	}
	if err := p.SetCodes(t.Context(), "90210744", "90210744", ""); !is(err, ErrTrivial) {
		t.Errorf("the name as code: %v", err)
	}
}

func TestWhoseCode(t *testing.T) {
	p, m, c := guarded(t)
	for _, k := range []struct {
		name, code string
		duress     bool
		want       error
	}{
		{"li", "270518", false, nil}, {"li", "270519", true, nil}, {"wang", "90210744", false, nil},
		{"li", "90210744", false, ErrWrongCode}, {"wang", "270518", false, ErrWrongCode}, {"nobody", "270518", false, ErrWrongCode},
		{"plain", "", false, ErrWrongCode}, {"plain", "270518", false, ErrWrongCode}, {"li", strings.Repeat("9", 1000), false, ErrWrongCode},
	} {
		again, err := New(m, c.now, cheap) // codes outlive a restart
		if err != nil {
			t.Fatal(err)
		}
		u, duress, err := again.CheckCode(t.Context(), "desk", k.name, k.code)
		if !is(err, k.want) || duress != k.duress || err == nil && u.Name != k.name {
			t.Errorf("%s %.9s: %s %v %v", k.name, k.code, u.Name, duress, err)
		}
		if err == nil {
			p, _ = again, m
		}
		for _, name := range []string{"desk", "li", "wang", "plain"} { // each row by itself
			a := m.accounts[name]
			a.Trial = Trial{}
			m.accounts[name] = a
		}
	}
	if got := p.Holders(); !slices.Equal(got, []string{"li", "wang"}) {
		t.Errorf("holders %v", got)
	}
}

func TestARoleThatMayNotArmHasNoUseOfACode(t *testing.T) {
	p, _, c := guarded(t)
	if err := p.SetCodes(t.Context(), "desk", "270518", ""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.CheckCode(t.Context(), "desk", "desk", "270518"); !is(err, ErrWrongCode) {
		t.Errorf("viewer: %v", err)
	}
	if err := p.Add(t.Context(), User{Name: "temp", Role: Operator, Until: c.now().Add(time.Hour)}, "correct horse"); err != nil {
		t.Fatal(err)
	}
	p.SetCodes(t.Context(), "temp", "604183", "")
	c.pass(time.Hour)
	if _, _, err := p.CheckCode(t.Context(), "desk", "temp", "604183"); !is(err, ErrWrongCode) || slices.Contains(p.Holders(), "temp") {
		t.Errorf("expired: %v", err)
	}
}

// TestKeptCodesTellNothing: nobody who reads the database sees who has a duress code.
func TestKeptCodesTellNothing(t *testing.T) {
	_, m, _ := guarded(t)
	li, wang := m.accounts["li"].Codes, m.accounts["wang"].Codes
	if len(li) != len(wang) || strings.Contains(li, "270518") || strings.Contains(li, "270519") {
		t.Errorf("%s\n%s", li, wang)
	}
}

func wrong(t *testing.T, p *People, source, name string) error {
	t.Helper()
	_, _, err := p.CheckCode(t.Context(), source, name, "604183")
	return err
}

func TestWrongCodesLock(t *testing.T) {
	p, m, c := guarded(t)
	for range codeWrongMost - 1 {
		if err := wrong(t, p, "desk", "li"); !is(err, ErrWrongCode) {
			t.Fatal(err)
		}
	}
	var lock *CodeLock
	if err := wrong(t, p, "desk", "li"); !errors.As(err, &lock) || !lock.Began || lock.Wait != codePause {
		t.Fatalf("the fifth: %v", err)
	}
	// The right code, the other user here, and the user elsewhere: all wait.
	for _, k := range [][3]string{{"desk", "li", "270518"}, {"desk", "wang", "90210744"}, {"plain", "li", "270518"}} {
		if _, _, err := p.CheckCode(t.Context(), k[0], k[1], k[2]); !errors.As(err, &lock) || lock.Began || lock.Wait != codePause {
			t.Errorf("%v: %v", k, err)
		}
	}
	if _, _, err := p.CheckCode(t.Context(), "plain", "wang", "90210744"); err != nil {
		t.Errorf("another user at another desk: %v", err)
	}
	if _, _, err := p.LogIn(t.Context(), "li", "correct horse"); err != nil {
		t.Errorf("a log-in: %v", err)
	}
	c.pass(time.Minute)
	again, _ := New(m, c.now, cheap)
	if _, _, err := again.CheckCode(t.Context(), "desk", "li", "270518"); !errors.As(err, &lock) || lock.Wait != codePause-time.Minute {
		t.Errorf("after a restart: %v", err)
	}
	c.pass(codePause - time.Minute)
	if _, _, err := again.CheckCode(t.Context(), "desk", "li", "270518"); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func TestLocksGrowUntilARightCode(t *testing.T) {
	p, _, c := guarded(t)
	var lock *CodeLock
	for _, want := range []time.Duration{90 * time.Second, 3 * time.Minute, 6 * time.Minute, 12 * time.Minute, 24 * time.Minute, 30 * time.Minute, 30 * time.Minute} {
		for range codeWrongMost - 1 {
			wrong(t, p, "desk", "li")
		}
		if err := wrong(t, p, "desk", "li"); !errors.As(err, &lock) || lock.Wait != want {
			t.Fatalf("%v, want %v", err, want)
		}
		c.pass(want)
	}
	p.CheckCode(t.Context(), "desk", "li", "270518")
	for range codeWrongMost - 1 {
		if err := wrong(t, p, "desk", "li"); !is(err, ErrWrongCode) {
			t.Fatal(err)
		}
	}
	if err := wrong(t, p, "desk", "li"); !errors.As(err, &lock) || lock.Wait != codePause {
		t.Errorf("after a right one: %v", err)
	}
}

func TestAClockThatIsSetBackDoesNotLockForYears(t *testing.T) {
	p, _, c := guarded(t)
	for range codeWrongMost {
		wrong(t, p, "desk", "li")
	}
	c.pass(-30 * 365 * 24 * time.Hour)
	var lock *CodeLock
	if err := wrong(t, p, "desk", "li"); !errors.As(err, &lock) || lock.Wait > codePause {
		t.Errorf("%v", err)
	}
	if p.Blind(newSecret(sessionPrefix)) != true {
		t.Error("nobody's session sees silent alarms")
	}
}

func TestNobodyGetsMoreTriesByHurrying(t *testing.T) {
	p, _, _ := guarded(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	looked := 0
	for range 15 {
		group.Go(func() {
			_, _, err := p.CheckCode(context.Background(), "desk", "li", "604183")
			var lock *CodeLock
			mu.Lock()
			defer mu.Unlock()
			if is(err, ErrWrongCode) || errors.As(err, &lock) && lock.Began {
				looked++
			}
		})
	}
	group.Wait()
	if looked != codeWrongMost {
		t.Errorf("%d codes were looked at", looked)
	}
}

func TestADiskThatFailsKeepsNobodyFromDisarming(t *testing.T) {
	p, m, _ := guarded(t)
	m.mu.Lock()
	m.broken = errors.New("disk")
	m.mu.Unlock()
	if _, _, err := p.CheckCode(t.Context(), "desk", "li", "270518"); err != nil {
		t.Errorf("%v", err)
	}
	for range codeWrongMost {
		wrong(t, p, "desk", "li")
	}
	if err := wrong(t, p, "desk", "li"); !is(err, ErrCodeLocked) {
		t.Errorf("the lock holds in memory: %v", err)
	}
}

func TestWhoIsBlindToSilentAlarms(t *testing.T) {
	p, m, c := guarded(t)
	open := func(name string) string {
		t.Helper()
		s, _, err := p.LogIn(t.Context(), name, "correct horse")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	desk, plain, li, wang := open("desk"), open("plain"), open("li"), open("wang")
	token, _ := p.NewToken(t.Context(), "li", "platform")
	blind := func() string {
		s := ""
		for _, k := range []struct{ name, secret string }{{"desk", desk}, {"plain", plain}, {"li", li}, {"wang", wang}, {"token", token}} {
			if p.Blind(k.secret) {
				s += k.name + " "
			}
		}
		return s
	}
	if got := blind(); got != "desk " {
		t.Errorf("at first %s", got)
	}
	p.CheckCode(t.Context(), "plain", "li", "270519")
	if got := blind(); got != "desk plain li " {
		t.Errorf("after a code of li at plain %s", got)
	}
	p.CheckCode(t.Context(), "wang", "wang", "90210744")
	if got := blind(); got != "desk plain li wang " {
		t.Errorf("an ordinary code makes the same difference: %s", got)
	}
	p, _ = New(m, c.now, cheap)
	if got := blind(); got != "desk plain li wang " {
		t.Errorf("after a restart %s", got)
	}
	c.pass(BlindFor)
	if got := blind(); got != "desk " {
		t.Errorf("four hours later %s", got)
	}
}
