package person

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Iterations is the cost of a password: about 0.1 s on a desktop core, below a
// second on the box. Kept with each hash, so that it may grow.
const Iterations = 600_000

const mostIterations = 10 * Iterations // a kept hash that asks for more is damage

// hashPassword makes "pbkdf2-sha256$iterations$salt$hash".
func hashPassword(password string, iterations int) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails, by its documentation
	key, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("pbkdf2-sha256$%d$%s$%s", iterations, text(salt), text(key)), nil
}

// decoyHash is a hash that no password fits and that costs as much to find out.
func decoyHash(iterations int) string {
	b := make([]byte, 16+sha256.Size)
	rand.Read(b)
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("pbkdf2-sha256$%d$%s$%s", iterations, text(b[:16]), text(b[16:]))
}

// decoyKey is the second place of codes that nothing fits.
func decoyKey() string {
	b := make([]byte, sha256.Size)
	rand.Read(b)
	return base64.RawStdEncoding.EncodeToString(b)
}

// passwordIs compares in constant time. A hash that cannot be read fits nothing.
func passwordIs(hash, password string) bool {
	part := strings.Split(hash, "$")
	if len(part) != 4 || part[0] != "pbkdf2-sha256" {
		return false
	}
	iterations, err := strconv.Atoi(part[1])
	if err != nil || iterations < 1 || iterations > mostIterations {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(part[2])
	want, err2 := base64.RawStdEncoding.DecodeString(part[3])
	if err1 != nil || err2 != nil || len(want) != sha256.Size {
		return false
	}
	key, err := pbkdf2.Key(sha256.New, password, salt, iterations, len(want))
	return err == nil && subtle.ConstantTimeCompare(key, want) == 1
}

// newSecret makes 256 random bits as text.
func newSecret(prefix string) string {
	b := make([]byte, 32)
	rand.Read(b)
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

// secretHash is what is kept of a secret. It needs no salt and no cost: nobody
// guesses 256 bits. Looking it up in a map tells an attacker nothing useful.
func secretHash(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}
