//go:build scenario

package scenario

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"watchbox/test/harness"
)

const modbusSection = "\nmodbus-server:\n"

// modbusOn adds the server with one point to the site file, on a port that is free.
func modbusOn(s *story, a []string) error {
	s.modbus = harness.FreePort(s.t)
	text, _, _ := strings.Cut(s.Site(), modbusSection)
	s.WriteSite(text + modbusSection + fmt.Sprintf("  interface: lo\n  from: [127.0.0.1/32]\n  port: %d\n  points: [{number: %s, point: %s}]\n", s.modbus, a[0], a[1]))
	return nil
}

// modbusOff takes the section out again.
func modbusOff(s *story, _ []string) error {
	text, _, there := strings.Cut(s.Site(), modbusSection)
	if !there {
		return errors.New("the site file has no server")
	}
	s.WriteSite(text)
	return nil
}

var polled = regexp.MustCompile(`(?m)^\[\d+\]:\s+(\d+)`)

// register asks as another master does: mbpoll.
func register(s *story, a []string) error {
	out, err := exec.Command("mbpoll", "-m", "tcp", "-a", "1", "-0", "-1", "-t", "3", "-p", fmt.Sprint(s.modbus), "-r", a[0], "127.0.0.1").CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		s.t.Fatal("mbpoll is missing: apt-get install mbpoll")
	}
	value := polled.FindStringSubmatch(string(out))
	if value == nil || value[1] != a[1] {
		return fmt.Errorf("mbpoll reads %q", out)
	}
	return nil
}

// unread is true while nobody answers masters.
func unread(s *story, _ []string) error {
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", s.modbus), time.Second)
	if err != nil {
		return nil
	}
	conn.Close()
	return errors.New("something listens")
}
