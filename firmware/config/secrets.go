package config

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Secrets answers what a secret:NAME of the site file stands for. ok is false
// for a name that nobody has stored. It may block on the disk.
type Secrets func(name string) (value string, ok bool)

// secretPrefix marks a reference.
const secretPrefix = "secret:"

// secretLimit bounds one secret, and a file of them, in bytes.
const secretLimit = 64 << 10

// SecretsFrom opens the store of secrets: a directory with one file per secret,
// or one file with lines NAME: value. Others than the owner may not read it
// (0700, 0600). A path that does not exist is a store without secrets.
func SecretsFrom(path string) (Secrets, error) {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return func(string) (string, bool) { return "", false }, nil
	case err != nil:
		return nil, fmt.Errorf("secrets: %w", err)
	}
	if err := private(path, info); err != nil {
		return nil, err
	}
	if info.IsDir() {
		return func(name string) (string, bool) { return secretFile(path, name) }, nil
	}
	return secretLines(path)
}

func private(path string, info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("secrets %s: mode is %04o: others may read it; want 0600, or 0700 for a directory", path, mode)
	}
	return nil
}

// secretFile reads one secret from its own file; the line end is not part of it.
func secretFile(directory, name string) (string, bool) {
	if !secretName(name) {
		return "", false
	}
	path := filepath.Join(directory, name)
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > secretLimit || private(path, info) != nil {
		return "", false
	}
	data, err := os.ReadFile(path)
	value := strings.TrimRight(string(data), "\r\n")
	return value, err == nil && value != ""
}

func secretLines(path string) (Secrets, error) {
	data, err := readBounded(path)
	if err != nil {
		return nil, fmt.Errorf("secrets: %w", err)
	}
	if len(data) > secretLimit {
		return nil, fmt.Errorf("secrets %s: more than %d bytes", path, secretLimit)
	}
	known := map[string]string{}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); !ok || !secretName(name) || value == "" {
			return nil, fmt.Errorf("secrets %s:%d: want NAME: value", path, i+1)
		}
		known[name] = value
	}
	return func(name string) (string, bool) { v, ok := known[name]; return v, ok }, nil
}

// secretName is true for 1–64 letters, digits, '-' and '_': never a path.
func secretName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_') {
			return false
		}
	}
	return true
}

// AllSecrets reads every secret of a directory, for a backup. Blocks on the disk.
func AllSecrets(directory string) (map[string]string, error) {
	all := map[string]string{}
	entries, err := os.ReadDir(directory)
	if os.IsNotExist(err) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("secrets: %w", err)
	}
	for _, e := range entries {
		if value, ok := secretFile(directory, e.Name()); ok {
			all[e.Name()] = value
		}
	}
	return all, nil
}

// KeepSecrets writes secrets, each whole; others of the directory stay. Blocks on
// the disk.
func KeepSecrets(directory string, all map[string]string) error {
	for name, value := range all {
		if !secretName(name) || len(value) > secretLimit {
			return fmt.Errorf("secret %.64q: want a name of 1–64 letters, digits, '-' and '_', and at most %d bytes", name, secretLimit)
		}
		if err := SaveWhole(directory, name, []byte(value+"\n")); err != nil {
			return fmt.Errorf("secret %s: %w", name, err)
		}
	}
	return nil
}
