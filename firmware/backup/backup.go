// Package backup puts a whole box into one sealed file and takes it out again:
// site file, the site files before it, the installer's own maps, secrets, users, tokens
// and the retained state. The journal, the samples and the pictures of the checklist
// stay on the box: the file is made and opened in memory, beside which 32 MiB of
// pictures are too much for a small box. How many they are is told; the printed report
// has them.
//
// The file is compressed and sealed with AES-256-GCM under a key made of a
// passphrase by PBKDF2-HMAC-SHA-256: it holds secrets, and whoever finds it must
// not have them. The box's identity is in it for a person to read only: a backup
// that is restored on other hardware leaves that box its own id.
package backup

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"watchbox/firmware/config"
	"watchbox/firmware/person"
)

// Content is what a backup holds. Releases only add fields.
type Content struct {
	Box         string              `json:"box"`
	Board       string              `json:"board"`
	Firmware    string              `json:"firmware"`
	At          time.Time           `json:"at"`
	By          string              `json:"by"`
	Site        string              `json:"site"` // the accepted site file; empty in a restore whose site is in place already
	Former      []Former            `json:"former,omitempty"`
	Secrets     map[string]string   `json:"secrets,omitempty"`
	Accounts    []person.Account    `json:"accounts,omitempty"`
	Credentials []person.Credential `json:"credentials,omitempty"` // tokens of programs; no sessions
	Maps        map[string][]byte   `json:"maps,omitempty"`        // the installer's own, by name
	Retained    map[string][]byte   `json:"retained,omitempty"`
	Pictures    int                 `json:"pictures,omitempty"` // that belong to the checklist and are not in it
}

// Former is a site file of the history.
type Former struct {
	config.Accepted
	Text string `json:"text"`
}

// The classes of what Open refuses.
var (
	ErrNoBackup   = errors.New("this is no backup of a box")
	ErrPassphrase = errors.New("the passphrase is wrong, or the backup is damaged")
	ErrMisfit     = errors.New("this box cannot run the backup's site file")
	ErrWeak       = fmt.Errorf("the passphrase must have %d to %d characters", passLeast, passMost)
)

const (
	magic      = "WATCHBOX BACKUP 1\n"
	iterations = 600_000 // OWASP's figure for PBKDF2-HMAC-SHA-256, 2023
	saltSize   = 16
	passLeast  = 10
	passMost   = 128

	// Limit bounds a sealed file, and what it unpacks to, in bytes.
	Limit = 32 << 20
)

// Seal makes the file. Takes about a second of the processor on a small box.
func Seal(c Content, passphrase string) ([]byte, error) {
	if n := utf8.RuneCountInString(passphrase); n < passLeast || n > passMost {
		return nil, ErrWeak
	}
	var packed bytes.Buffer
	pack := gzip.NewWriter(&packed)
	if err := errors.Join(json.NewEncoder(pack).Encode(c), pack.Close()); err != nil {
		return nil, fmt.Errorf("seal backup: %w", err)
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails, by its documentation
	box, err := sealer(passphrase, salt)
	if err != nil {
		return nil, fmt.Errorf("seal backup: %w", err)
	}
	nonce := make([]byte, box.NonceSize())
	rand.Read(nonce)
	file := append([]byte(magic), salt...)
	file = append(file, nonce...)
	file = box.Seal(file, nonce, packed.Bytes(), []byte(magic))
	if len(file) > Limit {
		return nil, fmt.Errorf("seal backup: %d bytes, want at most %d", len(file), Limit)
	}
	return file, nil
}

func sealer(passphrase string, salt []byte) (cipher.AEAD, error) {
	key, err := pbkdf2.Key(sha256.New, passphrase, salt, iterations, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Open takes a sealed file apart. Nothing of a file that was altered comes out.
func Open(file []byte, passphrase string) (c Content, err error) {
	rest, is := bytes.CutPrefix(file, []byte(magic))
	if !is || len(file) > Limit || len(rest) < saltSize {
		return c, ErrNoBackup
	}
	if utf8.RuneCountInString(passphrase) > passMost {
		return c, ErrPassphrase
	}
	box, err := sealer(passphrase, rest[:saltSize])
	if err != nil {
		return c, fmt.Errorf("open backup: %w", err)
	}
	rest = rest[saltSize:]
	if len(rest) < box.NonceSize()+box.Overhead() {
		return c, ErrNoBackup
	}
	packed, err := box.Open(nil, rest[:box.NonceSize()], rest[box.NonceSize():], []byte(magic))
	if err != nil {
		return c, ErrPassphrase
	}
	return parse(packed)
}

// parse reads what was sealed; who has the passphrase is trusted, but not to
// have packed a bomb.
func parse(packed []byte) (c Content, err error) {
	unpack, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return c, fmt.Errorf("open backup: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(unpack, Limit+1))
	if err != nil {
		return c, fmt.Errorf("open backup: %w", err)
	}
	if len(text) > Limit {
		return c, fmt.Errorf("open backup: more than %d bytes", Limit)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return Content{}, fmt.Errorf("open backup: %w", err)
	}
	return c, nil
}
