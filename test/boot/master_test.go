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

// modbusPort is the box's Modbus server where the site file names no other.
const modbusPort = ":502"

// dial connects to the Modbus server from an address of the computer.
func (l *lan) dial(from string, patience time.Duration) (conn net.Conn, err error) {
	l.inside(func() error {
		d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		conn, err = d.Dial("tcp", l.box()+modbusPort)
		return nil
	})
	return conn, err
}

// registers tries for so long to read the layout's version (register 0) and the
// qualities of numbers 0 and 1 from the box: their bytes in hex, "" when it cannot.
func (l *lan) registers(from string, patience time.Duration) string {
	l.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		conn, err := l.dial(from, min(5*time.Second, patience))
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

// closed waits until the Modbus server does not answer any more.
func (l *lan) closed() {
	l.t.Helper()
	for end := time.Now().Add(qemu.OrderLimit); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		conn, err := l.dial(l.computer(), 5*time.Second)
		if err != nil {
			return
		}
		conn.Close()
	}
	l.t.Error("the Modbus server still answers")
}
