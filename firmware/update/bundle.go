package update

import (
	"archive/tar"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// The parts of a bundle, in their order. The signature comes before the slot, so
// that nothing is unpacked or written that nobody signed.
const (
	manifestName  = "manifest.json"
	signatureName = "manifest.sig"
	slotName      = "slot.img"
)

// Head is what a bundle may be larger than its slot, in bytes.
const Head = 1 << 20

// Trust is what a box holds a bundle against.
type Trust struct {
	Keys  []ed25519.PublicKey
	Board string
	Room  int64 // bytes of a slot
}

// Bundle is an update that is being read: its manifest is proven, its slot comes
// as a stream. Used by one goroutine.
type Bundle struct {
	Manifest Manifest
	archive  *tar.Reader
	packed   int64
}

// Open reads a bundle up to its slot and checks signature, board, format and
// size, in this order. Its errors are *Refusal. Blocks on r; reads at most a few
// times 16 KiB from it.
func Open(r io.Reader, trust Trust) (*Bundle, error) {
	b := &Bundle{archive: tar.NewReader(r)}
	text, err := b.small(manifestName, manifestLimit)
	if err != nil {
		return nil, err
	}
	signature, err := b.small(signatureName, ed25519.SignatureSize)
	if err != nil {
		return nil, err
	}
	if !signed(text, signature, trust.Keys) {
		return nil, refuse(Signature, nil, "签名不符：不是本机信任的升级包", "the signature is not of a key that this box trusts")
	}
	if b.Manifest, err = parseManifest(text, trust.Board); err != nil {
		return nil, err
	}
	if b.Manifest.Size > trust.Room {
		return nil, refuse(TooLarge, nil, fmt.Sprintf("升级包过大：%d 字节，分区只有 %d", b.Manifest.Size, trust.Room),
			fmt.Sprintf("the bundle has %d bytes, a slot has room for %d", b.Manifest.Size, trust.Room))
	}
	b.packed, err = b.next(slotName)
	return b, err
}

func signed(text, signature []byte, keys []ed25519.PublicKey) bool {
	for _, k := range keys {
		if len(k) == ed25519.PublicKeySize && ed25519.Verify(k, text, signature) {
			return true
		}
	}
	return false
}

// next goes to the next part, which must have this name, and tells its size.
func (b *Bundle) next(name string) (int64, error) {
	h, err := b.archive.Next()
	if err != nil {
		return 0, damaged("%s: %w", name, err)
	}
	if h.Name != name || h.Typeflag != tar.TypeReg {
		return 0, damaged("read part %.80q of type %q, want the file %s", h.Name, h.Typeflag, name)
	}
	return h.Size, nil
}

// small reads a whole part of bounded size.
func (b *Bundle) small(name string, most int64) ([]byte, error) {
	size, err := b.next(name)
	if err != nil {
		return nil, err
	}
	if size > most {
		return nil, damaged("%s has %d bytes, want at most %d", name, size, most)
	}
	data, err := io.ReadAll(io.LimitReader(b.archive, most))
	if err != nil {
		return nil, damaged("%s: %w", name, err)
	}
	return data, nil
}

// Slot writes the slot to w as it comes and holds it against the manifest: an
// error means that what w got is worth nothing. An error of w is returned as it
// is; all others are *Refusal. Blocks on both; never writes more than
// Manifest.Size bytes.
func (b *Bundle) Slot(w io.Writer) error {
	in := io.Reader(b.archive)
	if b.Manifest.Compression == "gzip" {
		unpack, err := gzip.NewReader(in)
		if err != nil {
			return damaged("%s: %w", slotName, err)
		}
		defer unpack.Close()
		in = unpack
	}
	out := &watched{w: w}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(in, b.Manifest.Size))
	if out.err != nil {
		return out.err
	}
	if err != nil {
		return damaged("%s: after %d bytes: %w", slotName, n, err)
	}
	return b.compare(in, n, sum.Sum(nil))
}

// compare holds what came against the manifest, and that nothing follows: the
// end of the packed stream has its own check sum, which is read here.
func (b *Bundle) compare(in io.Reader, n int64, sum []byte) error {
	if n != b.Manifest.Size {
		return damaged("%s has %d bytes, the manifest says %d", slotName, n, b.Manifest.Size)
	}
	if hex.EncodeToString(sum) != b.Manifest.SHA256 {
		return damaged("%s: its digest is not the manifest's", slotName)
	}
	if k, err := io.CopyN(io.Discard, in, 1); k > 0 || !errors.Is(err, io.EOF) {
		return damaged("%s goes on after its end: %v", slotName, err)
	}
	if h, err := b.archive.Next(); !errors.Is(err, io.EOF) {
		return damaged("something follows the slot: %v %v", h, err)
	}
	return nil
}

// watched remembers the error of the writer, to tell it from the reader's.
type watched struct {
	w   io.Writer
	err error
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	if w.err = err; err == nil && n < len(p) {
		w.err = io.ErrShortWrite
	}
	return n, w.err
}
