package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// AcceptedFile is the name of the last accepted site file, with its own check sum in front.
const AcceptedFile = "accepted-site.yaml"

const acceptedHead = "# watchbox accepted "

// ErrNoAccepted is returned when no configuration was ever accepted here.
var ErrNoAccepted = errors.New("no accepted site file")

// SaveAccepted keeps a copy of the site file that this firmware has just begun
// to run, so that a later start does not depend on what became of the original.
// It stands on the disk whole, or not at all, when the power fails. Secrets
// stay references. Blocks on the disk.
func SaveAccepted(directory string, site []byte) error {
	if len(site) > sizeLimit {
		return fmt.Errorf("save accepted site file: more than %d bytes", sizeLimit)
	}
	if err := SaveWhole(directory, AcceptedFile, append(head(site), site...)); err != nil {
		return fmt.Errorf("save accepted site file: %w", err)
	}
	return nil
}

func head(site []byte) []byte { return []byte(acceptedHead + Digest(site) + "\n") }

// Digest names the content of a site file: SHA-256, hexadecimal.
func Digest(site []byte) string {
	sum := sha256.Sum256(site)
	return hex.EncodeToString(sum[:])
}

// LoadAccepted returns the last accepted site file as it was written. The error
// wraps ErrNoAccepted when there is none; a damaged copy is an error, never
// half a file. Blocks on the disk.
func LoadAccepted(directory string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(directory, AcceptedFile))
	if os.IsNotExist(err) {
		return nil, fmt.Errorf("load accepted site file: %w", ErrNoAccepted)
	}
	if err != nil {
		return nil, fmt.Errorf("load accepted site file: %w", err)
	}
	first, site, ok := bytes.Cut(data, []byte("\n"))
	if !ok || !bytes.Equal(append(first, '\n'), head(site)) {
		return nil, fmt.Errorf("load accepted site file: the copy is damaged: its check sum differs")
	}
	return site, nil
}
