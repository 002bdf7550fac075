package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"watchbox/drivers/gpio/gpiotest"
	"watchbox/test/bench/process"
	"watchbox/web"
)

// box is the daemon under measurement.
type box struct {
	process *exec.Cmd
	page    string
	code    string
	token   string
	bodies  []io.Closer
}

var (
	pageLine   = regexp.MustCompile(`page: (http://\S+?)/?$`)
	address    = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	debounce   = regexp.MustCompile(`debounce: \d+ms`)
	secretName = regexp.MustCompile(`secret:([a-z0-9-]+)`)
	codeLine   = regexp.MustCompile(`set-up code: (\S+)`)
)

func start(daemon, site, dir string, stall time.Duration) (*box, error) {
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(filepath.Join(data, "secrets"), 0o700); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(site)
	if err != nil {
		return nil, err
	}
	for _, name := range secretName.FindAllStringSubmatch(string(text), -1) {
		if err := os.WriteFile(filepath.Join(data, "secrets", name[1]), []byte("bench-secret-1\n"), 0o600); err != nil {
			return nil, err
		}
	}
	quiet := filepath.Join(dir, "site.yaml")
	if err := os.WriteFile(quiet, deadened(text), 0o600); err != nil {
		return nil, err
	}
	b := &box{process: command(daemon, dir, stall, "-site", quiet, "-data", data, "-listen", "127.0.0.1:0")}
	b.process.Env = append(os.Environ(), "WATCHBOX_SIM="+dir)
	b.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := b.process.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := b.process.Start(); err != nil {
		return nil, err
	}
	return b, b.await(out)
}

// deadened points every address of the site at a port where nobody is, and makes
// the contacts panic buttons alike: each press of one is a raise of its own.
func deadened(site []byte) []byte {
	site = address.ReplaceAll(site, []byte("127.0.0.1:1"))
	site = bytes.ReplaceAll(site, []byte("type: fire"), []byte("type: panic"))
	return debounce.ReplaceAll(site, []byte("debounce: 20ms"))
}

// await reads the log until page and code are known, then throws the rest away.
func (b *box) await(out io.Reader) error {
	lines := bufio.NewScanner(out)
	last := "nothing"
	for lines.Scan() {
		last = lines.Text()
		if os.Getenv("BENCH_LOG") != "" {
			fmt.Fprintln(os.Stderr, last)
		}
		if m := pageLine.FindStringSubmatch(lines.Text()); m != nil {
			b.page = m[1]
		}
		if m := codeLine.FindStringSubmatch(lines.Text()); m != nil {
			b.code = m[1]
			go io.Copy(io.Discard, out)
			return nil
		}
	}
	return fmt.Errorf("the daemon ended before its page was there; it said: %s", last)
}

func (b *box) stop() {
	for _, c := range b.bodies {
		c.Close()
	}
	syscall.Kill(-b.process.Process.Pid, syscall.SIGKILL)
	b.process.Wait()
}

func (b *box) ask(method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequest(method, b.page+"/api/v1/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+b.token)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	answer, _ := io.ReadAll(a.Body)
	if a.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %d %s", method, path, a.StatusCode, answer)
	}
	if out != nil {
		return json.Unmarshal(answer, out)
	}
	return nil
}

func (b *box) setUp() error {
	var s web.Session
	err := b.ask("POST", "setup", web.SetupOrder{Code: b.code, Name: "bench", Password: "bench-password-9"}, &s)
	b.token = s.Session
	return err
}

// quiet acknowledges and silences what the dead wires have raised.
func (b *box) quiet() error {
	if err := b.ask("POST", "alarms/*/acknowledge", web.AlarmOrder{}, nil); err != nil {
		return err
	}
	return b.ask("POST", "alarms/*/silence", web.AlarmOrder{}, nil)
}

// browse opens event streams and reads them, as pages do.
func (b *box) browse(n int) error {
	for range n {
		r, err := http.NewRequest("GET", b.page+"/api/v1/stream", nil)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+b.token)
		a, err := (&http.Client{Transport: &http.Transport{}}).Do(r)
		if err != nil {
			return err
		}
		if a.StatusCode != http.StatusOK {
			return fmt.Errorf("stream: %s", a.Status)
		}
		b.bodies = append(b.bodies, a.Body)
		go io.Copy(io.Discard, a.Body)
	}
	return nil
}

// letGo takes the alarm and silences it, and waits for the relay to rest.
func (b *box) letGo(room *gpiotest.Server, alarm string) error {
	for _, order := range []string{"acknowledge", "silence"} {
		if err := b.ask("POST", "alarms/"+url.PathEscape(alarm)+"/"+order, web.AlarmOrder{}, nil); err != nil {
			return err
		}
	}
	for range 250 {
		if !room.Level("DO1") {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("the siren does not stop when silenced")
}

// reset lets the alarm of an earlier press go, which takes its firm second.
func (b *box) reset(alarm string) (err error) {
	for range 150 {
		if err = b.ask("POST", "alarms/"+url.PathEscape(alarm)+"/reset", web.AlarmOrder{}, nil); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

// standing lists the alarms, for an error.
func (b *box) standing() (list string) {
	var a web.Alarms
	if err := b.ask("GET", "alarms", nil, &a); err != nil {
		return err.Error()
	}
	for _, v := range a.Alarms {
		list += fmt.Sprintf("%s(active %v, acknowledged %v, latched %v, raised %s) ", v.Key, v.Active, v.Acknowledged, v.Latched, v.Raised.Format("15:04:05.000"))
	}
	var e web.Events
	if b.ask("GET", "events?limit=14", nil, &e) == nil {
		for _, r := range e.Events {
			list += fmt.Sprintf("\n  %s %s %s %s", r.At.Wall.Format("15:04:05.000"), r.Type, r.Subject, r.Actor)
		}
	}
	return list
}

// resident is the daemon's memory in MiB; under strace, of the traced child.
func (b *box) resident() float64 {
	pid := b.process.Process.Pid
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if f := strings.Fields(string(children)); len(f) > 0 && strings.HasSuffix(b.process.Path, "strace") {
		pid, _ = strconv.Atoi(f[0])
	}
	return process.Resident(pid)
}
