package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"

	"watchbox/firmware/update"
)

// bundle packs the slot, signed, as what a box takes for an update.
func (o order) bundle(slot string) error {
	key, err := bundleKey(filepath.Join(o.keys, "bundle.key"))
	if err != nil {
		return err
	}
	version, err := update.ParseVersion(o.version)
	if err != nil {
		return err
	}
	in, err := os.Open(slot)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(o.path(fmt.Sprintf("watchbox-%s-%s.bundle", o.board, o.version)))
	if err != nil {
		return err
	}
	defer out.Close()
	if err := update.Pack(out, update.Manifest{Board: o.board, Version: version, Compression: "gzip"}, key, in); err != nil {
		return err
	}
	return out.Close()
}

func bundleKey(file string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p, _ := pem.Decode(text)
	if p == nil {
		return nil, fmt.Errorf("%s: want a PEM private key", file)
	}
	key, err := x509.ParsePKCS8PrivateKey(p.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	private, is := key.(ed25519.PrivateKey)
	if !is {
		return nil, fmt.Errorf("%s: want an Ed25519 key, it is %T", file, key)
	}
	return private, nil
}
