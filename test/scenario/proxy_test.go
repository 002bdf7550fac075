//go:build scenario

package scenario

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"watchbox/test/harness"
)

const proxySection = "\nmodbus-proxy:\n"

// proxyOn lets another master ask on the bus, on a port that is free, and write one
// register.
func proxyOn(s *story, a []string) error {
	s.proxy = harness.FreePort(s.t)
	text, _, _ := strings.Cut(s.Site(), proxySection)
	s.WriteSite(text + proxySection + fmt.Sprintf("  - {bus: %s, interface: lo, from: [127.0.0.1/32], port: %d, writes: [{unit: %s, register: %s}]}\n", a[0], s.proxy, a[1], a[2]))
	return nil
}

// proxyOff takes the section out again.
func proxyOff(s *story, _ []string) error {
	text, _, there := strings.Cut(s.Site(), proxySection)
	if !there {
		return errors.New("the site file has no proxy")
	}
	s.WriteSite(text)
	return nil
}

// through is mbpoll's word on one holding register of a unit.
func through(s *story, unit, register string, value ...string) string {
	words := []string{"-m", "tcp", "-a", unit, "-0", "-o", "5", "-t", "4", "-p", fmt.Sprint(s.proxy), "-r", register}
	if len(value) == 0 {
		words = append(words, "-1")
	}
	out, err := exec.Command("mbpoll", append(append(words, "127.0.0.1"), value...)...).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		s.t.Fatal("mbpoll is missing: apt-get install mbpoll")
	}
	return string(out)
}

// asked reads; what is wanted is a number, or words of mbpoll's.
func asked(s *story, a []string) error {
	out := through(s, a[0], a[1])
	value := polled.FindStringSubmatch(out)
	if value != nil && value[1] == a[2] || value == nil && strings.Contains(out, a[2]) {
		return nil
	}
	return fmt.Errorf("mbpoll reads %q", out)
}

// wrote writes, and the device obeys.
func wrote(s *story, a []string) error {
	if out := through(s, a[0], a[1], a[2]); !strings.Contains(out, "Written 1 references") {
		return fmt.Errorf("mbpoll says %q", out)
	}
	return nil
}

// unwritten tries to write, and the box does not pass it on.
func unwritten(s *story, a []string) error {
	if out := through(s, a[0], a[1], a[2]); !strings.Contains(out, "Gateway path unavailable") {
		return fmt.Errorf("mbpoll says %q", out)
	}
	return nil
}
