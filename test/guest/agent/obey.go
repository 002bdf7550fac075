package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const severalWords = -1 // after the verb

// orders says for each verb how many words follow and who obeys.
var orders = map[string]struct {
	words int
	obey  func(w []string) (string, error)
}{
	"pull":     {3, func(w []string) (string, error) { return "ok", pull(w[0], w[1], w[2] == "1") }},
	"burst":    {3, burst},
	"press":    {4, press},
	"bounce":   {3, bounce},
	"value":    {2, value},
	"used":     {2, used},
	"observe":  {severalWords, observe},
	"observed": {0, observed},
	"pid":      {1, func(w []string) (string, error) { return strconv.Itoa(pidOf(w[0])), nil }},
	"kill":     {3, kill},
	"ask":      {4, ask},
	"run":      {1, run},
	"read":     {1, read},
	"signal":   {2, send},
	"fill":     {1, fill},
	"readonly": {1, readOnly},
	"freeze":   {1, freeze},
	"ports":    {0, ports},
	"listen":   {1, listen},
	"route":    {0, route},
	"find":     {1, find},
	"turns":    {1, turns},
	"clog":     {1, clog},
	"poke":     {3, poke},
	"write":    {2, write},
	"replace":  {3, replace},
}

func obey(words []string) (string, error) {
	if len(words) == 0 {
		return "", fmt.Errorf("empty order")
	}
	order, known := orders[words[0]]
	if !known || order.words != severalWords && len(words) != order.words+1 {
		return "", fmt.Errorf("no such order: %q", words)
	}
	return order.obey(words[1:])
}

func pull(label, line string, up bool) error {
	folder, _, err := place(label, line)
	if err != nil {
		return err
	}
	return pullAt(folder, up)
}

func pullAt(folder string, up bool) error {
	word := "pull-down"
	if up {
		word = "pull-up"
	}
	return os.WriteFile(folder+"/pull", []byte(word), 0)
}

func burst(w []string) (string, error) {
	folder, _, err := place(w[0], w[1])
	if err != nil {
		return "", err
	}
	count, err := strconv.Atoi(w[2])
	if err != nil {
		return "", err
	}
	up := word(folder+"/pull") == "pull-up"
	for range count {
		up = !up
		if err := pullAt(folder, up); err != nil {
			return "", err
		}
	}
	return "ok", nil
}

func value(w []string) (string, error) {
	folder, _, err := place(w[0], w[1])
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(folder + "/value")
	return strings.TrimSpace(string(text)), err
}

// used asks the kernel whether a line is requested, by whom is all one.
func used(w []string) (string, error) {
	_, node, err := place(w[0], w[1])
	if err != nil {
		return "", err
	}
	chip, err := os.Open(node)
	if err != nil {
		return "", err
	}
	defer chip.Close()
	offset, err := strconv.ParseUint(w[1], 10, 32)
	if err != nil {
		return "", err
	}
	info := unix.GPIOV2LineInfo{Offset: uint32(offset)}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, chip.Fd(), unix.GPIO_V2_GET_LINEINFO_IOCTL, uintptr(unsafe.Pointer(&info))); errno != 0 {
		return "", errno
	}
	return strconv.FormatUint(info.Flags&1, 10), nil
}

func pidOf(name string) int {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range all {
		line, _ := os.ReadFile(path)
		program, _, _ := bytes.Cut(line, []byte{0})
		if filepath.Base(string(program)) == name {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			return pid
		}
	}
	return 0
}

// kill ends a process as soon as a line rises: the middle of a siren's cadence,
// whichever it is, is then far away.
func kill(w []string) (string, error) {
	pid, err := strconv.Atoi(w[0])
	if err != nil || pid < 2 {
		return "", fmt.Errorf("kill %q: no process to be killed", w[0])
	}
	for end, last := time.Now().Add(5*time.Second), "1"; ; time.Sleep(time.Millisecond) {
		now, err := value(w[1:])
		if err != nil || time.Now().After(end) {
			return "", fmt.Errorf("kill: line %q does not rise: %v", w[1:], err)
		}
		if last == "0" && now == "1" {
			break
		}
		last = now
	}
	watching.note("killed", w[0])
	return "ok", syscall.Kill(pid, syscall.SIGKILL)
}

func ask(w []string) (string, error) {
	var body io.Reader
	if w[3] != "-" {
		body = strings.NewReader(w[3])
	}
	r, err := http.NewRequest(w[1], w[2], body)
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	if w[0] != "-" {
		r.Header.Set("Authorization", "Bearer "+w[0])
	}
	// The box's certificate is its own; who it is proven to be is not asked here.
	way := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
	answer, err := (&http.Client{Timeout: 30 * time.Second, Transport: way}).Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return fmt.Sprintf("%d %s", answer.StatusCode, text), err
}

func read(w []string) (string, error) {
	text, err := os.ReadFile(w[0])
	return string(text), err
}

func run(w []string) (string, error) {
	out, err := exec.Command(w[0], "-test.v", "-test.timeout=50s").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return string(out), nil
}
