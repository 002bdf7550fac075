package serial_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"watchbox/drivers/serial"
	"watchbox/firmware/driver"
)

// server is a serial server whose connections the test holds itself.
func server(t *testing.T) (address string, conns <-chan net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := make(chan net.Conn, 4)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c <- conn
		}
	}()
	return l.Addr().String(), c
}

func TestAPortBehindASerialServer(t *testing.T) {
	address, conns := server(t)
	p, err := serial.Dial(address, time.Second)
	must(t, p, err)
	far := <-conns
	if _, err := p.Write([]byte("ask")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 3)
	if _, err := io.ReadFull(far, got); err != nil || string(got) != "ask" {
		t.Fatalf("%q, %v", got, err)
	}
	far.Write([]byte("old"))
	time.Sleep(50 * time.Millisecond)
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	p.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := p.Read(got); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("what was flushed is read: %d, %v", n, err)
	}
	far.Write([]byte("new"))
	p.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadFull(p, got); err != nil || string(got) != "new" {
		t.Fatalf("%q, %v", got, err)
	}
	if _, can := p.(driver.Shaper); can {
		t.Error("a serial server's speed is set at the server")
	}
	far.Close()
	if _, err := p.Read(got); !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("hung up: %v", err)
	}
	if err := p.Flush(); !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("flush after it: %v", err)
	}
}

// Many servers serve one connection at a time: closing must free it at once.
func TestClosingIsSeenAtTheServerAtOnce(t *testing.T) {
	address, conns := server(t)
	p, err := serial.Dial(address, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	far := <-conns
	p.Close()
	far.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := far.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server still waits: %v", err)
	}
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed port: %v", err)
	}
}

func TestNoSerialServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := serial.Dial(l.Addr().String(), time.Second); !errors.Is(err, driver.ErrDisconnect) {
		t.Error(err)
	}
}
