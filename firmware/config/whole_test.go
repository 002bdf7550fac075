package config

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWhatACutLeftIsSwept(t *testing.T) {
	dir := t.TempDir()
	if err := SaveWhole(filepath.Join(dir, "site-history"), "00000001.yaml", []byte("x")); err != nil {
		t.Fatal(err)
	}
	left, err := os.CreateTemp(filepath.Join(dir, "site-history"), "00000002.yaml"+saving+"*") // as SaveWhole does
	if err != nil {
		t.Fatal(err)
	}
	left.Close()
	stays := []string{"site.yaml", "site.yaml.1", "key.saving-", "notes.saving-12b", "guard.db-wal", "cert.pem.part", "folder.saving-7/x"}
	for _, name := range stays {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	over, end := context.WithCancel(t.Context())
	end()
	if SweepUnfinished(over, dir); !there(left.Name()) {
		t.Error("it is swept after the end")
	}
	if err := SweepUnfinished(t.Context(), dir); err != nil || there(left.Name()) {
		t.Errorf("it is not swept: %v", err)
	}
	for _, name := range slices.Concat(stays, []string{"site-history/00000001.yaml"}) {
		if !there(filepath.Join(dir, name)) {
			t.Errorf("%s is swept", name)
		}
	}
	if err := SweepUnfinished(t.Context(), filepath.Join(dir, "none")); err != nil {
		t.Errorf("a directory that is not there: %v", err)
	}
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
