//go:build peer

package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/point"
	"watchbox/web/webtest"
)

// run starts a program in web/ui and fails with its output.
func run(t *testing.T, environment []string, name string, arguments ...string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 8*time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, name, arguments...)
	c.Dir, c.WaitDelay = "ui", 10*time.Second
	c.Env = append(os.Environ(), environment...)
	output, err := c.CombinedOutput()
	t.Logf("%s %s:\n%s", name, strings.Join(arguments, " "), output)
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(arguments, " "), err)
	}
}

func needs(t *testing.T, program, install string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Fatalf("%s is missing: %s", program, install)
	}
}

// TestPageInChromium builds the page and drives it with a real browser. Pictures
// go to WATCHBOX_PICTURES, or to a folder that is thrown away.
func TestPageInChromium(t *testing.T) {
	needs(t, "node", "install Node 20.19 or newer")
	needs(t, "npm", "install Node 20.19 or newer")
	needs(t, "chromium", "apt-get install chromium fonts-noto-cjk")
	if _, err := os.Stat("ui/node_modules/playwright-core"); err != nil {
		run(t, nil, "npm", "ci", "--ignore-scripts")
	}
	run(t, nil, "npm", "run", "build")
	run(t, nil, "npm", "run", "check")

	box := webtest.New()
	s := New(box, Options{Version: "0.1.0", Now: webtest.Now, Log: t.Logf})
	s.site = newPageFiles(os.DirFS(".")) // what was just built, not what this test was compiled with
	page := httptest.NewServer(s.Handler())
	defer page.Close()
	defer s.Close()
	control := httptest.NewServer(controls(s, box))
	defer control.Close()
	pictures := os.Getenv("WATCHBOX_PICTURES")
	if pictures == "" {
		pictures = t.TempDir()
	}
	pictures, err := filepath.Abs(pictures)
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	defer close(stop)
	go breathe(box, stop)
	run(t, []string{"WATCHBOX_URL=" + page.URL, "WATCHBOX_CONTROL=" + control.URL, "WATCHBOX_OUT=" + pictures,
		"WATCHBOX_PASSWORD=" + webtest.Password, "WATCHBOX_CODE=" + webtest.SetupCode}, "node", "test/browser.js")
}

// breathe reads some points again and again, so that the page has life.
func breathe(box *webtest.Box, stop chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-time.After(700 * time.Millisecond):
		}
		box.Set("ups1/input.voltage", point.OfReal(228+float64(i%9)/10))
		box.Set("sw1/if.1.in.rate", point.OfReal(310+float64(i%13)))
	}
}

// controls lets the browser's script move the fake box.
func controls(s *Server, box *webtest.Box) http.Handler {
	actions := map[string]func(get func(string) string) string{
		"set": func(get func(string) string) string {
			f, _ := strconv.ParseFloat(get("value"), 64)
			box.Set(point.Name(get("point")), point.OfReal(f))
			return ""
		},
		"truth": func(get func(string) string) string {
			box.Set(point.Name(get("point")), point.OfBool(get("value") == "true"))
			return ""
		},
		"raise": func(get func(string) string) string { box.Raise(get("key"), get("value")); return "" },
		"clear": func(get func(string) string) string { box.Clear(get("key")); return "" },
		"fail": func(get func(string) string) string {
			box.Fail(get("device"), point.Timeout, "modbus "+get("device")+": read input 0x2af8+24: timeout after 500ms")
			return ""
		},
		"unready": func(get func(string) string) string {
			box.SetReady(get("partition"), point.Words{Zh: "运维中心门：打开", En: "Centre door: open"})
			return ""
		},
		"ready":       func(get func(string) string) string { box.SetReady(get("partition")); return "" },
		"empty":       func(func(string) string) string { box.People().Empty(); return "" },
		"ask-consent": func(func(string) string) string { box.AskConsent(); return "" },
		"cut":         func(func(string) string) string { s.hub.close(); return "" },
		"mend": func(func(string) string) string {
			s.hub.mutex.Lock()
			defer s.hub.mutex.Unlock()
			s.hub.closed = false
			return ""
		},
		"commands": func(func(string) string) (all string) {
			for _, c := range box.Ordered() {
				all += fmt.Sprintln(c.Verb, c.Target, c.Actor, c.Comment)
			}
			return all
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		act, ok := actions[strings.Trim(r.URL.Path, "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, act(r.URL.Query().Get))
	})
}
