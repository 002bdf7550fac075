package system

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// KeptSite is the last accepted site file, kept where the data partition's end does
// not reach it: in the partition of the boot state, far behind what the loader reads
// and writes. A box that has lost its data guards by it. Secrets are references in a
// site file, so they are not in it; it is on the same disk as the file itself, and
// nobody else may read it. Its methods block on the medium. Writers: the daemon, and
// init for a factory reset, before there is a daemon.
//
// There are two copies, of which the older is written over: a cut leaves the other
// one. A copy is a head of 64 bytes and the text, compressed (DEFLATE). The head:
// a name of 8 bytes, generation, time of acceptance in seconds since 1970 (0: unknown),
// length of the compressed text, 8 bytes each, little-endian, then the SHA-256 of these
// 32 bytes and of what follows them.
type KeptSite struct {
	Path string // of the partition; a file in tests
}

const (
	keptFirst = 128 << 10 // where the first copy begins
	keptRoom  = 448 << 10 // of one copy: the second ends with the partition (1 MiB)
	keptHead  = 64
	keptName  = "wbxsite1"
	keptMost  = 1 << 20 // bytes of a site file; config takes no longer one either
)

var keptAt = []int64{keptFirst, keptFirst + keptRoom}

// ErrNoSite is a place in which no site file is kept, or none is whole.
var ErrNoSite = errors.New("no site file is kept beside the boot state")

// AcceptedSite is a site file and when it was accepted; the zero time is unknown.
type AcceptedSite struct {
	Text []byte
	At   time.Time
}

// String tells it by its date.
func (s AcceptedSite) String() string {
	if s.At.IsZero() {
		return "on a day that the box did not know"
	}
	return "on " + s.At.UTC().Format(time.RFC3339)
}

// keptCopy is one that is whole.
type keptCopy struct {
	AcceptedSite
	generation uint64
}

// follows tells which of two copies is newer; generations may go round.
func (c keptCopy) follows(other keptCopy) bool { return int64(c.generation-other.generation) > 0 }

// Load gives the newest copy that is whole. ErrNoSite when none is.
func (k KeptSite) Load() (AcceptedSite, error) {
	f, err := os.Open(k.Path)
	if err != nil {
		return AcceptedSite{}, fmt.Errorf("read the kept site file: %w", err)
	}
	defer f.Close()
	newest, at, err := newestCopy(f)
	if at < 0 {
		return AcceptedSite{}, errors.Join(ErrNoSite, err)
	}
	return newest.AcceptedSite, nil
}

// Keep writes a site file that was accepted, unless it is the one that is kept. It
// returns when the medium has it. One that does not fit is an error, and the former
// one stays.
func (k KeptSite) Keep(site AcceptedSite) error {
	f, err := os.OpenFile(k.Path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("keep the site file: %w", err)
	}
	defer f.Close()
	newest, at, err := newestCopy(f)
	if at >= 0 && bytes.Equal(newest.Text, site.Text) {
		return nil
	}
	if at < 0 && err != nil {
		return fmt.Errorf("keep the site file: %w", err)
	}
	b, err := keptCopy{site, newest.generation + 1}.bytes()
	if err == nil {
		err = put(f, b, keptAt[(at+1)%len(keptAt)])
	}
	if err != nil {
		return fmt.Errorf("keep the site file: %w", err)
	}
	return nil
}

// Forget leaves nothing of it behind.
func (k KeptSite) Forget() error {
	f, err := os.OpenFile(k.Path, os.O_RDWR, 0)
	if err == nil {
		defer f.Close()
		err = put(f, make([]byte, len(keptAt)*keptRoom), keptFirst)
	}
	if err != nil {
		return fmt.Errorf("forget the kept site file: %w", err)
	}
	return nil
}

// put returns when the medium has it.
func put(f *os.File, b []byte, at int64) error {
	if _, err := f.WriteAt(b, at); err != nil {
		return err
	}
	return f.Sync()
}

// newestCopy looks for the newest whole copy and tells its number; -1 is none. The
// error is of a copy that cannot be read.
func newestCopy(r io.ReaderAt) (newest keptCopy, number int, err error) {
	number = -1
	for i, at := range keptAt {
		b, bad := readCopy(r, at)
		err = errors.Join(err, bad)
		if c, ok := parseCopy(b); ok && (number < 0 || c.follows(newest)) {
			newest, number = c, i
		}
	}
	return newest, number, err
}

// readCopy reads no more than there is.
func readCopy(r io.ReaderAt, at int64) ([]byte, error) {
	head := make([]byte, keptHead)
	if _, err := r.ReadAt(head, at); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint64(head[24:])
	if !bytes.HasPrefix(head, []byte(keptName)) || length > keptRoom-keptHead {
		return head, nil
	}
	packed := make([]byte, length)
	if _, err := r.ReadAt(packed, at+keptHead); err != nil {
		return nil, err
	}
	return append(head, packed...), nil
}

// parseCopy reads one copy; ok is false for one that is not whole. Pure; at most
// keptMost bytes of text come out of it, whatever goes in.
func parseCopy(b []byte) (c keptCopy, ok bool) {
	if len(b) < keptHead || len(b) > keptRoom || !bytes.HasPrefix(b, []byte(keptName)) ||
		binary.LittleEndian.Uint64(b[24:]) != uint64(len(b)-keptHead) || !bytes.Equal(copySum(b), b[32:keptHead]) {
		return c, false
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b[keptHead:])), keptMost+1))
	if err != nil || len(text) > keptMost {
		return c, false
	}
	c.Text, c.generation = text, binary.LittleEndian.Uint64(b[8:])
	if seconds := int64(binary.LittleEndian.Uint64(b[16:])); seconds > 0 && seconds < keptYears {
		c.At = time.Unix(seconds, 0).UTC()
	}
	return c, true
}

// keptYears is later than any box lives, in seconds since 1970: the year 2200.
const keptYears = 230 * 31556952

// bytes is the copy as it is written.
func (c keptCopy) bytes() ([]byte, error) {
	if len(c.Text) > keptMost {
		return nil, fmt.Errorf("it has %d bytes, at most %d can be kept", len(c.Text), keptMost)
	}
	b := bytes.NewBuffer(make([]byte, keptHead))
	w, _ := flate.NewWriter(b, flate.BestCompression) // fails for another level only
	w.Write(c.Text)                                   // a buffer takes everything
	w.Close()
	if b.Len() > keptRoom {
		return nil, fmt.Errorf("it has %d bytes when compressed, at most %d can be kept", b.Len()-keptHead, keptRoom-keptHead)
	}
	h := b.Bytes()
	copy(h, keptName)
	binary.LittleEndian.PutUint64(h[8:], c.generation)
	if !c.At.IsZero() {
		binary.LittleEndian.PutUint64(h[16:], uint64(c.At.Unix()))
	}
	binary.LittleEndian.PutUint64(h[24:], uint64(b.Len()-keptHead))
	copy(h[32:], copySum(h))
	return h, nil
}

// copySum is of everything but itself.
func copySum(b []byte) []byte {
	h := sha256.New()
	h.Write(b[:32])
	h.Write(b[keptHead:])
	return h.Sum(nil)
}
