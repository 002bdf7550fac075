//go:build boot

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestSameBytes makes the image twice from the same inputs, at other times and in
// other folders: every byte of slot, disk and bundle is the same, and other
// content gives another slot.
func TestSameBytes(t *testing.T) {
	t.Chdir("../..") // the lock files stand there
	inputs := t.TempDir()
	first := made(t, inputs, 1)
	time.Sleep(1100 * time.Millisecond) // what counts seconds would differ
	touched := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(inputs, "root", "etc", "text"), touched, touched); err != nil {
		t.Fatal(err)
	}
	second := made(t, inputs, 1)
	for _, name := range []string{"slot.img", "disk.img", "loader.dtb", "watchbox-qemu-1.2.3.bundle"} {
		if !bytes.Equal(content(t, first, name), content(t, second, name)) {
			t.Errorf("%s differs between two runs", name)
		}
	}
	if other := made(t, inputs, 2); bytes.Equal(content(t, first, "slot.img"), content(t, other, "slot.img")) {
		t.Error("another root gives the same slot")
	}
}

// TestSameTree: what the machine's tree holds between its parts is not the same
// twice. One byte of it in a signed tree would make every image another one.
func TestSameTree(t *testing.T) {
	tree := func() []byte {
		folder := t.TempDir()
		command(t, "../image/tree.sh", "qemu", folder)
		return content(t, folder, "board.dtb")
	}
	want := tree()
	for range 3 {
		if !bytes.Equal(tree(), want) {
			t.Fatal("two runs make two trees")
		}
	}
}

func content(t *testing.T, folder, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// made makes the image of a small root.
func made(t *testing.T, inputs string, text byte) string {
	t.Helper()
	o := order{board: "qemu", version: "1.2.3", kernel: filepath.Join(inputs, "Image"), tree: filepath.Join(inputs, "board.dtb"),
		root: filepath.Join(inputs, "root"), keys: filepath.Join(inputs, "keys"), out: t.TempDir(), data: mib, load: "0x40400000", init: "/bin/init", commandLine: "console=ttyAMA0"}
	for _, folder := range []string{filepath.Join(o.root, "etc", "watchbox"), o.keys} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, o.kernel, bytes.Repeat([]byte("kernel"), 10000))
	put(t, filepath.Join(o.root, "etc", "text"), bytes.Repeat([]byte{text}, 5000))
	if _, err := os.Stat(o.tree); err != nil {
		put(t, o.tree+"s", []byte("/dts-v1/; / { chosen { }; };"))
		command(t, "dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-o", o.tree, o.tree+"s")
		key := filepath.Join(o.keys, "image.key")
		command(t, "openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
		command(t, "openssl", "req", "-batch", "-new", "-x509", "-days", "36500", "-subj", "/CN=test", "-key", key, "-out", filepath.Join(o.keys, "image.crt"))
		command(t, "openssl", "genpkey", "-quiet", "-algorithm", "ED25519", "-out", filepath.Join(o.keys, "bundle.key"))
	}
	if err := o.make(); err != nil {
		t.Fatal(err)
	}
	return o.out
}

func put(t *testing.T, file string, data []byte) {
	t.Helper()
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, data) {
		return // its time is the test's business
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func command(t *testing.T, name string, arguments ...string) {
	t.Helper()
	if out, err := exec.Command(name, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
