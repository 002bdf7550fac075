package ledwall

import (
	"context"
	"encoding/hex"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/ledwall/ledwalltest"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/driver"
)

var _ Strip = (*SACN)(nil)

var testCID = [16]byte{0xca, 0xfe, 15: 1}

// gradient is a frame in which no two neighbours are alike.
func gradient(n int) annunciate.Frame {
	f := make(annunciate.Frame, n)
	for i := range f {
		f[i] = annunciate.RGB{R: uint8(i), G: uint8(i >> 8), B: uint8(255 - i)}
	}
	return f
}

// TestPacketBytes holds every field of the three layers against the standard's
// table.
func TestPacketBytes(t *testing.T) {
	p := packet(testCID, "src", 0x0102, 7, 0, []byte{1, 2, 3})
	want := "0010" + "0000" + "4153432d45312e3137000000" + // preamble, postamble, identifier
		"7071" + "00000004" + "cafe0000000000000000000000000001" + // root: 129-16
		"705b" + "00000002" + hex.EncodeToString([]byte("src")) + strings.Repeat("00", 61) + // framing: 129-38
		"64" + "0000" + "07" + "00" + "0102" + // priority, synchronisation, sequence, options, universe
		"700e" + "02" + "a1" + "0000" + "0001" + "0004" + // DMP: 129-115, four properties
		"00" + "010203"
	if got := hex.EncodeToString(p); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	long := packet(testCID, strings.Repeat("x", 99), 1, 0, 0, nil)
	if long[107] != 0 || long[106] != 'x' {
		t.Error("the source name has no end")
	}
}

func listen(t *testing.T) (*ledwalltest.Receiver, <-chan annunciate.Frame) {
	frames := make(chan annunciate.Frame, 1000)
	r, err := ledwalltest.Listen("127.0.0.1:0", func(f annunciate.Frame) { frames <- f })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, frames
}

// await reads frames until one equals want.
func await(t *testing.T, frames <-chan annunciate.Frame, want annunciate.Frame) {
	t.Helper()
	for limit := time.After(20 * time.Second); ; {
		select {
		case f := <-frames:
			if f.Equal(want) {
				return
			}
		case <-limit:
			t.Fatal("the frame did not arrive")
		}
	}
}

func TestSACNShowsOverSeveralUniverses(t *testing.T) {
	r, frames := listen(t)
	wall, err := NewSACN(r.Addr(), 1, testCID)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{3 * PixelsInUniverse, 2*PixelsInUniverse + 5, 2*PixelsInUniverse + 5} {
		f := gradient(n)
		f[0].R = uint8(n)
		if err := wall.Show(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if n == 3*PixelsInUniverse {
			await(t, frames, f)
		} else {
			awaitPrefix(t, frames, f)
		}
	}
	if err := wall.Close(); err != nil {
		t.Error(err)
	}
	await(t, frames, nil)
}

// awaitPrefix: a frame that became shorter leaves the universes behind it.
func awaitPrefix(t *testing.T, frames <-chan annunciate.Frame, want annunciate.Frame) {
	t.Helper()
	for limit := time.After(20 * time.Second); ; {
		select {
		case f := <-frames:
			if len(f) >= len(want) && f[:len(want)].Equal(want) {
				return
			}
		case <-limit:
			t.Fatal("the frame did not arrive")
		}
	}
}

func TestSACNSequenceGoesRound(t *testing.T) {
	r, frames := listen(t)
	wall, _ := NewSACN(r.Addr(), 63999, testCID)
	defer wall.Close()
	for i := range 300 {
		f := annunciate.Frame{{R: uint8(i), G: uint8(i >> 8)}}
		if err := wall.Show(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		await(t, frames, f)
	}
	if r.Packets() != 300 {
		t.Errorf("%d packets were accepted of 300", r.Packets())
	}
	if err := wall.Show(t.Context(), gradient(PixelsInUniverse+1)); err == nil || !strings.Contains(err.Error(), "universe 64000") {
		t.Errorf("beyond the last universe: %v", err)
	}
}

func TestSACNSaysWhenNobodyListens(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := c.LocalAddr().String()
	c.Close()
	wall, _ := NewSACN(address, 1, testCID)
	defer wall.Close()
	for range 200 {
		if err = wall.Show(t.Context(), gradient(1)); err != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("got %v, want a lost connection", err)
	}
}

func TestSACNRefuses(t *testing.T) {
	for _, u := range []int{0, -1, 64000} {
		if _, err := NewSACN("127.0.0.1", u, testCID); err == nil {
			t.Errorf("universe %d was taken", u)
		}
	}
	if _, err := NewSACN("", 1, testCID); err == nil {
		t.Error("no address was taken")
	}
	wall, _ := NewSACN("multicast:nowhere0", 1, testCID)
	if err := wall.Show(t.Context(), gradient(1)); !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("an interface that does not exist: %v", err)
	}
	if err := wall.Show(t.Context(), make(annunciate.Frame, MostPixels+1)); !errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("an endless frame: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := wall.Show(ctx, gradient(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that is gone: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{"10.0.0.5": "10.0.0.5:5568", "10.0.0.5:6000": "10.0.0.5:6000",
		"multicast": "multicast", "multicast:eth1": "multicast", "fe80::1": "[fe80::1]:5568", "[fe80::1]": "[fe80::1]:5568"} {
		if wall, err := NewSACN(address, 1, testCID); err != nil || wall.address != want {
			t.Errorf("%s: got %v, %v", address, wall, err)
		}
	}
	if g := group(0x1234); g != "239.255.18.52" {
		t.Errorf("group %s", g)
	}
}
