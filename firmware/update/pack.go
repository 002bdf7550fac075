package update

import (
	"archive/tar"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Pack writes a bundle of the slot, signed. Format, Size and SHA256 of m are
// filled in; the same slot, manifest and key give the same bytes. slot is read
// twice. For the builder's machine.
func Pack(w io.Writer, m Manifest, key ed25519.PrivateKey, slot io.ReadSeeker) error {
	packed, err := m.measure(slot)
	if err != nil {
		return fmt.Errorf("pack bundle: %w", err)
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("pack bundle: %w", err)
	}
	if len(text) > manifestLimit {
		return fmt.Errorf("pack bundle: the manifest has %d bytes, want at most %d", len(text), manifestLimit)
	}
	out := tar.NewWriter(w)
	if err := part(out, manifestName, int64(len(text)), func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	signature := ed25519.Sign(key, text)
	if err := part(out, signatureName, int64(len(signature)), func(w io.Writer) error { _, err := w.Write(signature); return err }); err != nil {
		return err
	}
	if err := part(out, slotName, packed, func(w io.Writer) error { return m.press(w, slot) }); err != nil {
		return err
	}
	return out.Close()
}

// measure fills in what the slot is, and tells its size as packed.
func (m *Manifest) measure(slot io.ReadSeeker) (packed int64, err error) {
	if _, err := slot.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	sum := sha256.New()
	if m.Size, err = io.Copy(sum, slot); err != nil {
		return 0, err
	}
	m.Format, m.SHA256 = format, hex.EncodeToString(sum.Sum(nil))
	if err := m.check(); err != nil {
		return 0, err
	}
	var count counter
	err = m.press(&count, slot)
	return int64(count), err
}

// press writes the slot as the manifest says that it is packed.
func (m Manifest) press(w io.Writer, slot io.ReadSeeker) error {
	if _, err := slot.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if m.Compression != "gzip" {
		_, err := io.Copy(w, slot)
		return err
	}
	pack, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := io.Copy(pack, slot); err != nil {
		return err
	}
	return pack.Close()
}

func part(out *tar.Writer, name string, size int64, write func(io.Writer) error) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
	err := out.WriteHeader(h)
	if err == nil {
		err = write(out)
	}
	if err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	return nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }
