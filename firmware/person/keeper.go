package person

import (
	"context"
	"time"
)

// Account is a user as it is kept.
type Account struct {
	User
	Hash  string `json:"hash"`            // of the password; see hash.go
	Codes string `json:"codes,omitempty"` // of the panel codes; see code.go
	Trial Trial  `json:"trial,omitzero"`  // what became of codes
}

// Credential is a session or a token as it is kept: the secret itself never is.
type Credential struct {
	Hash    string    `json:"hash"` // SHA-256 of the secret, hex
	User    string    `json:"user"`
	Token   bool      `json:"token"` // a program's, else a session
	Label   string    `json:"label,omitempty"`
	Created time.Time `json:"created"`
}

// Keeper keeps people over restarts; the store meets it. Calls block on the
// disk. Put inserts or replaces by Name or Hash; removing what is not there is
// no error.
type Keeper interface {
	Accounts(ctx context.Context) ([]Account, error)
	PutAccount(ctx context.Context, a Account) error
	RemoveAccount(ctx context.Context, name string) error
	Credentials(ctx context.Context) ([]Credential, error)
	PutCredential(ctx context.Context, c Credential) error
	RemoveCredential(ctx context.Context, hash string) error
}
