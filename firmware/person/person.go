// Package person says who may do what: users, roles, passwords, sessions and
// tokens. It decides; the store keeps.
package person

import (
	"context"
	"time"
)

// Role is what a user may do. Each role may do all that the ones before it may.
type Role string

// The four roles.
const (
	Viewer        Role = "viewer"        // duty desk screen: see everything, touch nothing
	Operator      Role = "operator"      // acknowledge, silence, reset, arm, disarm, shelve
	Engineer      Role = "engineer"      // site file, outputs, tests, bypass
	Administrator Role = "administrator" // users and tokens
)

// User is one account.
type User struct {
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	Created time.Time `json:"created"`
	Until   time.Time `json:"until,omitzero"`  // account expires; zero: never
	Locked  time.Time `json:"locked,omitzero"` // no log-in before; after too many failures
}

// Directory is the people of the box; ErrOpening from a box that does not know
// them yet. All calls may block on the disk for
// milliseconds, and on the password hash for about 100 ms.
type Directory interface {
	// NeedsSetup is true until the first administrator exists; the set-up code
	// printed at start then allows SetUp, once.
	NeedsSetup(ctx context.Context) (bool, error)
	SetUp(ctx context.Context, code, name, password string) (User, error)
	// LogIn checks a password and opens a session; five failures lock the account for 5 min.
	LogIn(ctx context.Context, name, password string) (session string, u User, err error)
	LogOut(ctx context.Context, session string) error
	// Who answers whose session or API token this is.
	Who(ctx context.Context, session string) (User, error)
	Users(ctx context.Context) ([]User, error)
	Add(ctx context.Context, u User, password string) error
	Remove(ctx context.Context, name string) error
	SetPassword(ctx context.Context, name, password string) error

	// SetCodes replaces a user's panel code and duress code, 6–8 digits each and
	// none that is easily guessed; duress may be empty. Two empty ones take both
	// away. A lock of the user's codes is lifted.
	SetCodes(ctx context.Context, name, code, duress string) error
	// CheckCode answers whose panel code was given in the session of the account
	// source, and whether it was the duress code. ErrWrongCode for a wrong code, a
	// user that is not there, has none or may not move the panel; *CodeLock once
	// five were wrong. It takes as long for each of them.
	CheckCode(ctx context.Context, source, name, code string) (u User, duress bool, err error)
	// Holders are the names of those whose code moves the panel. Never blocks.
	Holders() []string
	// Blind is true for a session that must not be told of silent alarms: a
	// viewer's, and for four hours that of an account in whose session or name a
	// code was given. Never blocks.
	Blind(session string) bool
	// NewToken makes a token for programs, shown once.
	NewToken(ctx context.Context, user, label string) (string, error)
}
