package update

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

var (
	key   = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	other = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32))
	trust = Trust{Keys: []ed25519.PublicKey{other.Public().(ed25519.PublicKey), key.Public().(ed25519.PublicKey)}, Board: "qemu", Room: 1 << 20}
)

// slotOf is a slot that does not compress to nothing.
func slotOf(size int) []byte {
	b := make([]byte, size)
	r := rand.New(rand.NewPCG(1, uint64(size)))
	for i := range b {
		b[i] = byte(r.IntN(7))
	}
	return b
}

func bundleOf(t testing.TB, m Manifest, key ed25519.PrivateKey, slot []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Pack(&b, m, key, bytes.NewReader(slot)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func manifestOf(compression string) Manifest {
	return Manifest{Board: "qemu", Version: Version{1, 2, 0}, Compression: compression}
}

// take reads a whole bundle.
func take(data []byte) (Manifest, []byte, error) {
	b, err := Open(bytes.NewReader(data), trust)
	if err != nil {
		return Manifest{}, nil, err
	}
	var out bytes.Buffer
	err = b.Slot(&out)
	return b.Manifest, out.Bytes(), err
}

func codeOf(err error) Code {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

func TestABundleComesBack(t *testing.T) {
	for _, compression := range []string{"", "gzip"} {
		slot := slotOf(300_001)
		data := bundleOf(t, manifestOf(compression), key, slot)
		m, got, err := take(data)
		if err != nil || !bytes.Equal(got, slot) || m.Version.String() != "1.2.0" || m.Size != 300_001 {
			t.Errorf("compression %q: %v, %d bytes, %+v", compression, err, len(got), m)
		}
		if again := bundleOf(t, manifestOf(compression), key, slot); !bytes.Equal(again, data) {
			t.Errorf("compression %q: a second bundle of the same slot differs", compression)
		}
	}
}

func TestWrongBundlesAreRefusedByTheirReason(t *testing.T) {
	slot := slotOf(9000)
	good := bundleOf(t, manifestOf(""), key, slot)
	stranger := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	elsewhere := manifestOf("")
	elsewhere.Board = "rpi4"
	later := bytes.Replace(good, []byte(`"format": 1`), []byte(`"format": 2`), 1)
	for name, c := range map[string]struct {
		data []byte
		want Code
	}{
		"empty":            {nil, Damaged},
		"no tar":           {bytes.Repeat([]byte("x"), 2000), Damaged},
		"stranger's key":   {bundleOf(t, manifestOf(""), stranger, slot), Signature},
		"altered manifest": {later, Signature},
		"other board":      {bundleOf(t, elsewhere, key, slot), Board},
		"too large":        {bundleOf(t, manifestOf("gzip"), key, make([]byte, 1<<20+1)), TooLarge},
		"later format":     {resigned(t, good, `"format": 1`, `"format": 2`), Format},
		"size lies":        {resigned(t, good, `"size": 9000`, `"size": 9001`), Damaged},
		"size lies less":   {resigned(t, good, `"size": 9000`, `"size": 8999`), Damaged},
		"no digest":        {resigned(t, good, `"sha256"`, `"sha257"`), Damaged},
		"compression":      {resigned(t, good, `"board"`, `"compression":"zip","board"`), Damaged},
		"not packed":       {resigned(t, good, `"board"`, `"compression":"gzip","board"`), Damaged},
		"version":          {resigned(t, good, `"1.2.0"`, `"1.2"`), Damaged},
	} {
		if _, _, err := take(c.data); codeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// parts takes a bundle apart, for one that is wrong in one place and signed all the same.
func parts(t testing.TB, data []byte) (list [][]byte) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(data))
	for {
		if _, err := r.Next(); err == io.EOF {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, b)
	}
}

func resigned(t testing.TB, data []byte, old, new string) []byte {
	t.Helper()
	p := parts(t, data)
	text := bytes.Replace(p[0], []byte(old), []byte(new), 1)
	if bytes.Equal(text, p[0]) {
		t.Fatalf("the manifest has no %s", old)
	}
	return joined(t, []string{manifestName, signatureName, slotName}, text, ed25519.Sign(key, text), p[2])
}

func joined(t testing.TB, names []string, contents ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	out := tar.NewWriter(&b)
	for i, c := range contents {
		if err := part(out, names[i], int64(len(c)), func(w io.Writer) error { _, err := w.Write(c); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPartsInAnotherOrderOrTooManyAreDamage(t *testing.T) {
	p := parts(t, bundleOf(t, manifestOf(""), key, slotOf(5000)))
	for name, data := range map[string][]byte{
		"slot first":     joined(t, []string{slotName, manifestName, signatureName}, p[2], p[0], p[1]),
		"no signature":   joined(t, []string{manifestName, slotName}, p[0], p[2]),
		"other name":     joined(t, []string{manifestName, signatureName, "../etc/passwd"}, p...),
		"one more":       joined(t, []string{manifestName, signatureName, slotName, slotName}, p[0], p[1], p[2], p[2]),
		"huge manifest":  joined(t, []string{manifestName, signatureName, slotName}, make([]byte, manifestLimit+1), p[1], p[2]),
		"long signature": joined(t, []string{manifestName, signatureName, slotName}, p[0], append(p[1], 0), p[2]),
	} {
		if _, _, err := take(data); codeOf(err) != Damaged {
			t.Errorf("%s: %v, want %s", name, err, Damaged)
		}
	}
}

func TestACutOrAlteredBundleIsNeverTaken(t *testing.T) {
	for _, compression := range []string{"", "gzip"} {
		data := bundleOf(t, manifestOf(compression), key, slotOf(60_000))
		end := len(bytes.TrimRight(data, "\x00"))
		r := rand.New(rand.NewPCG(3, 5))
		for range 100 {
			cut := r.IntN(end)
			if _, _, err := take(data[:cut]); codeOf(err) == "" {
				t.Fatalf("compression %q: cut after %d of %d bytes: %v", compression, cut, end, err)
			}
			broken := bytes.Clone(data)
			at := r.IntN(end)
			broken[at] ^= 1 << r.IntN(8)
			m, got, err := take(broken)
			if err == nil && !sameBundle(m, got, data) {
				t.Fatalf("compression %q: a flipped bit at %d gave another bundle", compression, at)
			}
		}
	}
}

// sameBundle allows what a flipped bit may do: change nothing that anybody reads.
func sameBundle(m Manifest, slot, data []byte) bool {
	m2, slot2, err := take(data)
	return err == nil && m == m2 && bytes.Equal(slot, slot2)
}

func TestTheMediumsErrorIsNotTheBundles(t *testing.T) {
	data := bundleOf(t, manifestOf(""), key, slotOf(9000))
	b, err := Open(bytes.NewReader(data), trust)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	if err := b.Slot(failing{full}); !errors.Is(err, full) || codeOf(err) != "" {
		t.Errorf("slot: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWhichReleaseMayFollow(t *testing.T) {
	m := Manifest{Version: Version{1, 2, 0}, From: Version{1, 0, 0}}
	for _, c := range []struct {
		running string
		insist  bool
		want    Code
	}{
		{"1.1.9", false, ""}, {"1.2.0", false, ""}, {"1.2.1", false, Downgrade}, {"1.2.1", true, ""},
		{"0.9.9", false, TooOld}, {"0.9.9", true, TooOld}, {"0.0.0", false, ""}, {"1.0.0", false, ""}, {"2.0.0", false, Downgrade},
	} {
		v, err := ParseVersion(c.running)
		if err != nil {
			t.Fatal(err)
		}
		if got := codeOf(m.Admit(v, c.insist)); got != c.want {
			t.Errorf("%s insist %v: %q, want %q", c.running, c.insist, got, c.want)
		}
	}
	for _, bad := range []string{"", "1", "1.2", "1.2.3.4", "1.2.x", "01.2.3", "1.2.65536", "-1.0.0", "1.2.3 "} {
		if v, err := ParseVersion(bad); err == nil {
			t.Errorf("version %q read as %v", bad, v)
		}
	}
}

func TestKeysAreRead(t *testing.T) {
	public, _ := x509.MarshalPKIXPublicKey(key.Public())
	private, _ := x509.MarshalPKCS8PrivateKey(key)
	one := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	if keys, err := ParseKeys(append(one, one...)); err != nil || len(keys) != 2 || !keys[1].Equal(key.Public()) {
		t.Errorf("public: %v %v", keys, err)
	}
	if k, err := ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})); err != nil || !k.Equal(key) {
		t.Errorf("private: %v", err)
	}
	for _, bad := range []string{"", "no key", strings.Replace(string(one), "M", "N", 1)} {
		if _, err := ParseKeys([]byte(bad)); err == nil {
			t.Errorf("keys %q were read", bad)
		}
	}
}

func FuzzBundle(f *testing.F) {
	good := bundleOf(f, manifestOf(""), key, slotOf(3000))
	f.Add(good)
	f.Add(bundleOf(f, manifestOf("gzip"), key, slotOf(3000)))
	f.Add(good[:1700])
	f.Fuzz(func(t *testing.T, data []byte) {
		m, slot, err := take(data)
		if err == nil && (int64(len(slot)) != m.Size || m.Board != trust.Board) {
			t.Errorf("taken: %+v with %d bytes", m, len(slot))
		}
		if err != nil && codeOf(err) == "" {
			t.Errorf("an error without words: %v", err)
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"board":"qemu","version":"1.2.0","size":10,"sha256":"` + strings.Repeat("ab", 32) + `"}`))
	f.Add([]byte(`{"format":1,"board":"qemu","size":-1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseManifest(data, "qemu")
		if err == nil && (m.check() != nil || m.Format != format) {
			t.Errorf("accepted %+v", m)
		}
		if err != nil && codeOf(err) == "" {
			t.Errorf("an error without words: %v", err)
		}
	})
}
