//go:build peer

package network

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestAskChrony asks chronyd on this machine: its clock is ours, so the offset is
// next to nothing, and a server that says of itself that it is not synchronised
// is none.
func TestAskChrony(t *testing.T) {
	for _, c := range []struct {
		name, config string
		answers      bool
	}{{"a server that is sure", "local stratum 5\n", true}, {"a server that is not synchronised", "", false}} {
		t.Run(c.name, func(t *testing.T) {
			port := chrony(t, c.config)
			offset, err := time.Duration(0), error(nil)
			for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
				if offset, err = AskNTP(net.JoinHostPort("127.0.0.1", port)); (err == nil) == c.answers && heardOf(err) {
					break
				}
			}
			if (err == nil) != c.answers || !heardOf(err) || offset.Abs() > 100*time.Millisecond {
				t.Errorf("offset %v, %v; want an answer: %v", offset, err, c.answers)
			}
		})
	}
}

// heardOf is false for a server that is not there yet.
func heardOf(err error) bool {
	_, network := err.(net.Error)
	return !network
}

func chrony(t *testing.T, config string) (port string) {
	t.Helper()
	program := "/usr/sbin/chronyd"
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("%v: apt-get install chrony", err)
	}
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(l.LocalAddr().String())
	l.Close()
	folder, err := os.MkdirTemp("", "chrony")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	file := filepath.Join(folder, "chrony.conf")
	text := config + "allow 127.0.0.1\nport " + port + "\nbindaddress 127.0.0.1\ncmdport 0\npidfile " + folder + "/pid\ndriftfile " + folder + "/drift\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "-x", "-d", "-u", "root", "-f", file) // -x: it never touches this machine's clock
	var says bytes.Buffer
	command.Stdout, command.Stderr = &says, &says
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		if t.Failed() {
			t.Logf("chronyd:\n%s", says.String())
		}
	})
	return port
}
