package update

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"watchbox/firmware/point"
)

// format is the bundle's format that this firmware reads and writes.
const format = 1

// manifestLimit bounds the manifest, in bytes.
const manifestLimit = 16 << 10

// Manifest says what a bundle is. It is what the signature covers; the slot is
// covered by its digest. Fields that a later release adds are passed over.
type Manifest struct {
	Format      int         `json:"format"`
	Board       string      `json:"board"`
	Version     Version     `json:"version"`
	Size        int64       `json:"size"`                  // bytes of the slot, unpacked
	SHA256      string      `json:"sha256"`                // of the slot, unpacked; hexadecimal
	Compression string      `json:"compression,omitempty"` // "" or "gzip"
	From        Version     `json:"from,omitzero"`         // the oldest release that may go to this one in one step
	Notes       point.Words `json:"notes,omitzero"`        // what is new, for the person who decides
}

// parseManifest reads a manifest whose signature was good, for this board.
func parseManifest(data []byte, board string) (m Manifest, err error) {
	var head struct {
		Format int    `json:"format"`
		Board  string `json:"board"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return m, damaged("manifest: %w", err)
	}
	if head.Board != board {
		return m, refuse(Board, nil, fmt.Sprintf("机型不符：升级包用于 %.40q，本机是 %s", head.Board, board),
			fmt.Sprintf("the bundle is for board %.40q, this is %s", head.Board, board))
	}
	if head.Format != format {
		return m, refuse(Format, nil, fmt.Sprintf("本机不认识这种升级包（格式 %d）", head.Format),
			fmt.Sprintf("this firmware reads bundles of format %d, this one is format %d", format, head.Format))
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, damaged("manifest: %w", err)
	}
	return m, m.check()
}

func (m Manifest) check() error {
	if sum, err := hex.DecodeString(m.SHA256); err != nil || len(sum) != 32 {
		return damaged("manifest: sha256 %.70q: want 64 hexadecimal digits", m.SHA256)
	}
	if m.Size <= 0 {
		return damaged("manifest: size %d: want 1 or more", m.Size)
	}
	if m.Compression != "" && m.Compression != "gzip" {
		return damaged("manifest: compression %.20q: want gzip or none", m.Compression)
	}
	return nil
}

// Admit tells whether a box that runs this release may take the bundle; nil when
// it may. A downgrade is a person's to insist on; a step that the bundle's maker
// excluded is nobody's.
func (m Manifest) Admit(running Version, insist bool) error {
	if running.Before(m.From) && running != (Version{}) {
		return refuse(TooOld, nil, fmt.Sprintf("本机版本 %s 过旧，请先升级到 %s", running, m.From),
			fmt.Sprintf("this box runs %s: go to %s first", running, m.From))
	}
	if m.Version.Before(running) && !insist {
		return refuse(Downgrade, nil, fmt.Sprintf("升级包版本更旧：%s，本机 %s", m.Version, running),
			fmt.Sprintf("the bundle is older: %s, this box runs %s", m.Version, running))
	}
	return nil
}

// ParseKeys reads the public keys that a box trusts: PEM blocks, one behind the
// other, at least one.
func ParseKeys(text []byte) (keys []ed25519.PublicKey, err error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		any, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read bundle key: %w", err)
		}
		key, is := any.(ed25519.PublicKey)
		if !is {
			return nil, fmt.Errorf("read bundle key: it is a %T, want ed25519", any)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("read bundle key: no PEM block")
	}
	return keys, nil
}

// ParseKey reads the private key of whoever signs bundles: PEM, PKCS #8.
func ParseKey(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("read signing key: no PEM block")
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read signing key: %w", err)
	}
	key, is := any.(ed25519.PrivateKey)
	if !is {
		return nil, fmt.Errorf("read signing key: it is a %T, want ed25519", any)
	}
	return key, nil
}
