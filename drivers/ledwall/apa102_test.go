package ledwall

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spitest"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/driver"
)

var _ Strip = (*APA102)(nil)

func TestAPA102Frame(t *testing.T) {
	record := &spitest.Record{}
	wall, err := ConnectAPA102(record)
	if err != nil {
		t.Fatal(err)
	}
	if err := wall.Show(t.Context(), annunciate.Frame{{R: 1, G: 2, B: 3}, {R: 255}}); err != nil {
		t.Fatal(err)
	}
	if err := wall.Show(t.Context(), annunciate.Frame{{G: 9}}); err != nil {
		t.Fatal(err)
	}
	want := [][]byte{
		{0, 0, 0, 0, 0xff, 3, 2, 1, 0xff, 0, 0, 255, 0, 0, 0, 0, 0},
		{0, 0, 0, 0, 0xff, 0, 9, 0, 0, 0, 0, 0, 0},
	}
	for i, w := range want {
		if !bytes.Equal(record.Ops[i].W, w) {
			t.Errorf("frame %d: got % x, want % x", i, record.Ops[i].W, w)
		}
	}
}

// TestAPA102EndHasEnoughClocks: half a clock per LED after the last one's data.
func TestAPA102EndHasEnoughClocks(t *testing.T) {
	for _, n := range []int{0, 1, 16, 17, 64, 1000, MostPixels} {
		b := chain(nil, make(annunciate.Frame, n))
		if after := 8 * (len(b) - 4 - 4*n); after < 32+(n+1)/2 {
			t.Errorf("%d LEDs: %d clocks after the data", n, after)
		}
	}
}

// narrow is a bus that takes 4096 bytes at once, as Linux's spidev does.
type narrow struct {
	spi.Conn
	all  bytes.Buffer
	fail error
}

func (n *narrow) Tx(w, _ []byte) error {
	if len(w) > 4096 {
		return errors.New("too long")
	}
	n.all.Write(w)
	return n.fail
}

func (n *narrow) MaxTxSize() int { return 4096 }

func TestAPA102LongFrameGoesInPieces(t *testing.T) {
	c, err := (&spitest.Record{}).Connect(0, 0, 8)
	if err != nil {
		t.Fatal(err)
	}
	bus := &narrow{Conn: c}
	wall := NewAPA102(bus)
	frame := make(annunciate.Frame, 3000)
	frame[2999] = annunciate.RGB{B: 7}
	if err := wall.Show(t.Context(), frame); err != nil {
		t.Fatal(err)
	}
	if got := bus.all.Bytes(); !bytes.Equal(got, chain(nil, frame)) {
		t.Error("the pieces are not the frame")
	}
	bus.fail = errors.New("no such device")
	if err := wall.Show(t.Context(), frame); !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("a bus that is gone: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := wall.Show(ctx, frame); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that is gone: %v", err)
	}
	if err := wall.Show(t.Context(), make(annunciate.Frame, MostPixels+1)); !errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("an endless frame: %v", err)
	}
}
