//go:build boot

package boot

import (
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"time"

	"watchbox/test/qemu"
)

// The ports at which the box answers other masters: its own server where the site file
// names no other, and the proxy of these tests.
const (
	serverPort = "502"
	proxyPort  = "1502"
)

// dial connects to a port of the box from an address of the computer.
func (l *lan) dial(from, port string, patience time.Duration) (conn net.Conn, err error) {
	l.inside(func() error {
		d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		conn, err = d.Dial("tcp", net.JoinHostPort(l.box(), port))
		return nil
	})
	return conn, err
}

// registers tries for so long to read the layout's version (register 0) and the
// qualities of numbers 0 and 1 from the box: their bytes in hex, "" when it cannot.
func (l *lan) registers(from string, patience time.Duration) string {
	l.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		conn, err := l.dial(from, serverPort, min(5*time.Second, patience))
		if err != nil {
			continue
		}
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		version, err1 := ask(conn, 0, 1)
		qualities, err2 := ask(conn, 1000, 2)
		conn.Close()
		if err1 == nil && err2 == nil {
			return version + qualities
		}
	}
	return ""
}

// ask reads n input registers of unit 1.
func ask(conn net.Conn, address, n uint16) (string, error) {
	request, _ := hex.DecodeString(fmt.Sprintf("0001000000060104%04x%04x", address, n))
	if _, err := conn.Write(request); err != nil {
		return "", err
	}
	answer := make([]byte, 9+2*int(n)) // envelope 7, function, count of bytes
	_, err := io.ReadFull(conn, answer)
	return hex.EncodeToString(answer[9:]), err
}

// refused asks unit 9 through the proxy, where no wire is: the exception of the box, in
// hex; "" when nobody answers for so long.
func (l *lan) refused(patience time.Duration) string {
	l.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		conn, err := l.dial(l.computer(), proxyPort, min(5*time.Second, patience))
		if err != nil {
			continue
		}
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		request, _ := hex.DecodeString("000100000006090400000001")
		answer := make([]byte, 9) // envelope with the unit 7, function, exception
		_, err = conn.Write(request)
		if err == nil {
			_, err = io.ReadFull(conn, answer)
		}
		if conn.Close(); err == nil {
			return hex.EncodeToString(answer[6:])
		}
	}
	return ""
}

// closed waits until nobody answers at the port any more.
func (l *lan) closed(port string) {
	l.t.Helper()
	for end := time.Now().Add(qemu.OrderLimit); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		conn, err := l.dial(l.computer(), port, 5*time.Second)
		if err != nil {
			return
		}
		conn.Close()
	}
	l.t.Errorf("port %s still answers", port)
}
