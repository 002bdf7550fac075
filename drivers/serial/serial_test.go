package serial_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/drivers/serial"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/driver"
)

var line = driver.Line{Baud: 9600}

// both runs a test on both kinds of port.
func both(t *testing.T, f func(t *testing.T, open func(string, driver.Line) (driver.Port, error))) {
	t.Run("open", func(t *testing.T) { f(t, serial.Open) })
	t.Run("polled", func(t *testing.T) { f(t, serial.OpenPolled) })
}

func pty(t *testing.T) (*os.File, string) {
	t.Helper()
	master, path, err := serialtest.NewPty()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	return master, path
}

func must(t *testing.T, p driver.Port, err error) driver.Port {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestBytesGoThroughUnchanged(t *testing.T) {
	both(t, func(t *testing.T, open func(string, driver.Line) (driver.Port, error)) {
		master, path := pty(t)
		p, err := open(path, line)
		must(t, p, err)
		var all []byte
		for i := range 256 {
			all = append(all, byte(i))
		}
		if _, err := p.Write(all); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 256)
		if _, err := io.ReadFull(master, got); err != nil || !bytes.Equal(got, all) {
			t.Fatalf("sent 0–255, arrived % x, %v", got, err)
		}
		if _, err := master.Write(all); err != nil {
			t.Fatal(err)
		}
		p.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadFull(p, got); err != nil || !bytes.Equal(got, all) {
			t.Fatalf("received % x, %v", got, err)
		}
	})
}

// The other end of a pseudo-terminal sees how the line is shaped, but for its parity,
// which a pseudo-terminal never has.
func TestTheLineIsShapedAnew(t *testing.T) {
	master, path := pty(t)
	p, err := serial.Open(path, line)
	must(t, p, err)
	shaper := p.(driver.Shaper)
	if err := shaper.Shape(driver.Line{Baud: 2400, Parity: "even", StopBits: 2}); err != nil {
		t.Fatal(err)
	}
	got, err := unix.IoctlGetTermios(int(master.Fd()), unix.TCGETS2)
	if err != nil || got.Ospeed != 2400 || got.Cflag&unix.CSTOPB == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if err := shaper.Shape(driver.Line{Baud: 1}); !errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("1 baud: %v", err)
	}
	polled, err := serial.OpenPolled(path, line)
	if err == nil {
		polled.Close()
		t.Error("the port is not exclusive")
	}
}

func TestDeadlinePasses(t *testing.T) {
	both(t, func(t *testing.T, open func(string, driver.Line) (driver.Port, error)) {
		_, path := pty(t)
		p, err := open(path, line)
		must(t, p, err)
		p.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if n, err := p.Read(make([]byte, 8)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("read %d bytes, %v; want the deadline", n, err)
		}
	})
}

func TestOldBytesAreNotRead(t *testing.T) {
	both(t, func(t *testing.T, open func(string, driver.Line) (driver.Port, error)) {
		master, path := pty(t)
		master.Write([]byte("from before the open"))
		p, err := open(path, line)
		must(t, p, err)
		master.Write([]byte("from before the flush"))
		time.Sleep(5 * time.Millisecond) // the kernel hands bytes over in a work queue
		if err := p.Flush(); err != nil {
			t.Fatal(err)
		}
		master.Write([]byte("new"))
		p.SetReadDeadline(time.Now().Add(10 * time.Second))
		got := make([]byte, 64)
		if n, err := p.Read(got); err != nil || string(got[:n]) != "new" {
			t.Fatalf("read %q, %v; want only what came after the flush", got[:n], err)
		}
	})
}

func TestUnplugIsDisconnect(t *testing.T) {
	both(t, func(t *testing.T, open func(string, driver.Line) (driver.Port, error)) {
		master, path := pty(t)
		p, err := open(path, line)
		must(t, p, err)
		ended := make(chan error, 1)
		go func() {
			p.SetReadDeadline(time.Now().Add(20 * time.Second))
			_, err := p.Read(make([]byte, 8))
			ended <- err
		}()
		time.Sleep(10 * time.Millisecond)
		master.Close()
		if err := <-ended; !errors.Is(err, driver.ErrDisconnect) {
			t.Fatalf("unplugged during a read: %v", err)
		}
		if _, err := p.Read(make([]byte, 8)); !errors.Is(err, driver.ErrDisconnect) {
			t.Fatalf("read after the unplug: %v", err)
		}
		p.Close()
		if _, err := open(path, line); !errors.Is(err, driver.ErrDisconnect) {
			t.Fatalf("open of a node that is gone: %v", err)
		}
	})
}

func TestCloseEndsRead(t *testing.T) {
	both(t, func(t *testing.T, open func(string, driver.Line) (driver.Port, error)) {
		_, path := pty(t)
		p, err := open(path, line)
		must(t, p, err)
		ended := make(chan error, 1)
		go func() { _, err := p.Read(make([]byte, 8)); ended <- err }()
		time.Sleep(10 * time.Millisecond)
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			if !errors.Is(err, os.ErrClosed) {
				t.Fatalf("read ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("close did not end the read")
		}
		if _, err := p.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
			t.Fatalf("write after close: %v", err)
		}
	})
}

func TestExclusive(t *testing.T) {
	both(t, func(t *testing.T, open func(string, driver.Line) (driver.Port, error)) {
		_, path := pty(t)
		p, err := open(path, line)
		must(t, p, err)
		if _, err := serial.Open(path, line); !errors.Is(err, driver.ErrDisconnect) {
			t.Fatalf("second open: %v", err)
		}
		if _, err := serial.OpenPolled(path, line); !errors.Is(err, driver.ErrDisconnect) {
			t.Fatalf("second polled open: %v", err)
		}
		p.Close()
		again, err := open(path, line)
		must(t, again, err)
	})
}

func TestWriteDeadline(t *testing.T) {
	_, path := pty(t)
	p, err := serial.Open(path, line)
	must(t, p, err)
	p.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	flood := make([]byte, 1<<20) // nobody reads: the kernel's queue fills
	if _, err := p.Write(flood); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("write into a full queue: %v", err)
	}
}

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		name string
		line driver.Line
		want error
	}{
		{"usual", driver.Line{Baud: 9600, Parity: "none"}, nil},
		{"even", driver.Line{Baud: 19200, Parity: "even", DataBits: 8, StopBits: 1}, nil},
		{"odd, seven bits", driver.Line{Baud: 2400, Parity: "odd", DataBits: 7, StopBits: 2}, nil},
		{"a speed that termios has no name for", driver.Line{Baud: 31250}, nil},
		{"no speed", driver.Line{}, driver.ErrUnsupported},
		{"mark parity", driver.Line{Baud: 9600, Parity: "mark"}, driver.ErrUnsupported},
		{"nine bits", driver.Line{Baud: 9600, DataBits: 9}, driver.ErrUnsupported},
		{"three stop bits", driver.Line{Baud: 9600, StopBits: 3}, driver.ErrUnsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, path := pty(t)
			p, err := serial.Open(path, c.line)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err != nil {
				return
			}
			defer p.Close()
			if got := speed(t, path); got != uint32(c.line.Baud) {
				t.Errorf("the kernel runs at %d baud, want %d", got, c.line.Baud)
			}
		})
	}
}

func speed(t *testing.T, path string) uint32 {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS2)
	if err != nil {
		t.Fatal(err)
	}
	return got.Ospeed
}

func TestNotALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := serial.Open(path, line); !errors.Is(err, driver.ErrUnsupported) {
		t.Fatalf("open a plain file: %v", err)
	}
	if _, err := serial.Open(path+"none", line); !errors.Is(err, driver.ErrDisconnect) {
		t.Fatalf("open nothing: %v", err)
	}
}
