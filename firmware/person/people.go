package person

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	failuresMost   = 5
	lockFor        = 5 * time.Minute
	idleMost       = 12 * time.Hour
	sessionMost    = 30 * 24 * time.Hour // whatever happens
	sessionsMost   = 32                  // per user: the oldest goes
	tokensMost     = 32                  // per user
	usersMost      = 200
	codeTries      = 10
	hashersMost    = 2 // passwords checked at a time: a flood of log-ins must not take the processor
	hashersWaiting = 16
	tokenPrefix    = "wbx_"
	sessionPrefix  = "wbs_"
)

// People is the Directory. It holds everybody in memory, so that a request is
// answered without the disk; every change is kept before it counts.
type People struct {
	keeper     Keeper
	now        func() time.Time
	iterations int
	decoy      string // a hash that no password fits: unknown names take as long as known ones
	decoyCodes string // codes that nothing fits
	logIns     lane
	keys       lane // panel codes have their own: a flood of log-ins must not keep anybody from disarming

	change   sync.Mutex // one change at a time; held over disk accesses
	mu       sync.Mutex // guards what follows; never held over a disk access or a hash
	accounts map[string]Account
	sessions map[string]*session // by hash of the secret; tokens too
	failures map[string]int      // of existing accounts only
	code     string              // empty: none is valid
	tries    int
}

type session struct {
	Credential
	used time.Time
}

var _ Directory = (*People)(nil)

// New reads everybody from the keeper. now is the wall clock, best with its
// monotonic part: idle times then survive a jump of the wall clock. iterations is
// the cost of what is hashed from now on: Iterations on a box, few in a test that
// is not about it.
func New(keeper Keeper, now func() time.Time, iterations int) (*People, error) {
	p := &People{keeper: keeper, now: now, iterations: iterations,
		decoy: decoyHash(iterations), decoyCodes: decoyHash(iterations) + "$" + decoyKey(),
		logIns: newLane(hashersMost), keys: newLane(1),
		accounts: map[string]Account{}, sessions: map[string]*session{}, failures: map[string]int{}}
	if err := p.load(); err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	if p.empty() {
		p.code = newCode()
	}
	return p, nil
}

func (p *People) load() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	accounts, err := p.keeper.Accounts(ctx)
	if err != nil {
		return err
	}
	credentials, err := p.keeper.Credentials(ctx)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		p.accounts[a.Name] = a
	}
	now := p.now()
	for _, c := range credentials {
		p.sessions[c.Hash] = &session{c, now}
	}
	return nil
}

// newCode makes eight digits in two groups.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1e8))
	if err != nil {
		return "" // cannot happen with the system's source; then no code is valid
	}
	return fmt.Sprintf("%04d-%04d", n.Int64()/1e4, n.Int64()%1e4)
}

// SetupCode is the one-time code to show at start, "1234-5678"; empty when an
// administrator exists.
func (p *People) SetupCode() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.code
}

// NeedsSetup meets Directory. Never blocks.
func (p *People) NeedsSetup(context.Context) (bool, error) { return p.empty(), nil }

func (p *People) empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.administrators("") == 0
}

// administrators counts them without the one named.
func (p *People) administrators(without string) (n int) {
	for name, a := range p.accounts {
		if a.Role == Administrator && name != without {
			n++
		}
	}
	return n
}

// Users meets Directory: by name. Never blocks.
func (p *People) Users(context.Context) ([]User, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	users := make([]User, 0, len(p.accounts))
	for _, a := range p.accounts {
		users = append(users, a.User)
	}
	slices.SortFunc(users, func(a, b User) int { return cmp.Compare(a.Name, b.Name) })
	return users, nil
}

func (p *People) account(name string) (Account, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.accounts[name]
	return a, ok
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 32 || !utf8.ValidString(name) {
		return ErrName
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '-' && r != '_' {
			return ErrName
		}
	}
	return nil
}

func checkPassword(name, password string) error {
	if n := utf8.RuneCountInString(password); n < 8 || n > 128 || len(password) > 512 || password == name {
		return ErrPassword
	}
	return nil
}

// Valid is true for one of the four roles.
func (r Role) Valid() bool { return r.rank() > 0 }

// May is true when a user of role r may do what needs the role.
func (r Role) May(needed Role) bool { return r.Valid() && needed.Valid() && r.rank() >= needed.rank() }

func (r Role) rank() int {
	return slices.Index([]Role{"", Viewer, Operator, Engineer, Administrator}, r)
}
