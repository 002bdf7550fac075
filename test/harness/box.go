package harness

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// StartBox starts the daemon and waits until it answers.
func (h *House) StartBox() {
	h.t.Helper()
	h.LaunchBox()
	if err := h.Answers(patience); err != nil {
		h.t.Fatalf("%v\n%s", err, h.boxLog.Tail(40))
	}
}

// LaunchBox starts the daemon and waits for nothing.
func (h *House) LaunchBox() {
	h.t.Helper()
	h.races()
	h.boxLog.clear()
	h.box = Launch(h.t, h.boxLog, h.Dir, []string{"WATCHBOX_SIM=" + h.sim()}, filepath.Join(h.programs, "watchboxd"),
		"-site", h.SiteFile, "-data", h.Data, "-listen", h.boxAt)
}

// Answers waits until the page is served.
func (h *House) Answers(patience time.Duration) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		r, err := http.Get("http://" + h.boxAt + "/healthz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		if !h.box.Alive() {
			return errors.New("watchboxd ended")
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("watchboxd does not answer within %v: %v", patience, err)
		}
	}
}

// Kill ends the daemon with SIGKILL.
func (h *House) Kill() { h.box.Kill() }

// Stop ends the daemon in order.
func (h *House) Stop() error { return h.box.Stop(20 * time.Second) }

// Alive is true while the daemon runs.
func (h *House) Alive() bool { return h.box.Alive() }

// PID is the daemon's process.
func (h *House) PID() int { return h.box.cmd.Process.Pid }

// ForgetDeaths removes the count of early deaths: a test that kills the daemon
// on purpose, often, does not want safe mode.
func (h *House) ForgetDeaths() {
	if err := os.Remove(filepath.Join(h.Data, "starts")); err != nil && !errors.Is(err, os.ErrNotExist) {
		h.t.Error(err)
	}
}

// BoxLog is what the daemon said since its last start.
func (h *House) BoxLog() string { return h.boxLog.String() }

// races fails the test when the daemon, built with the race detector, saw one,
// or when a goroutine of it died.
func (h *House) races() {
	for _, sign := range []string{"WARNING: DATA RACE", "panic: ", "fatal error: "} {
		if _, after, found := strings.Cut(h.boxLog.String(), sign); found {
			h.t.Errorf("watchboxd: %s%.4000s", sign, after)
		}
	}
}
