package main

import (
	"bytes"
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

// orders says for each verb how many words follow and who obeys.
var orders = map[string]struct {
	words int
	obey  func(w []string) (string, error)
}{
	"pull":     {3, func(w []string) (string, error) { return "ok", pull(w[0], w[1], w[2] == "1") }},
	"burst":    {3, burst},
	"value":    {2, value},
	"used":     {2, used},
	"observe":  {2, observe},
	"observed": {0, observed},
	"pid":      {1, func(w []string) (string, error) { return strconv.Itoa(pidOf(w[0])), nil }},
	"kill":     {1, kill},
	"file":     {1, file},
	"fetch":    {1, fetch},
	"run":      {1, run},
}

func obey(words []string) (string, error) {
	if len(words) == 0 {
		return "", fmt.Errorf("empty order")
	}
	order, known := orders[words[0]]
	if !known || len(words) != order.words+1 {
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

var watch struct{ end, result chan string }

// observe looks at a line as often as the machine can, until observed.
func observe(w []string) (string, error) {
	folder, _, err := place(w[0], w[1])
	if err != nil {
		return "", err
	}
	f, err := os.Open(folder + "/value")
	if err != nil {
		return "", err
	}
	end, result := make(chan string), make(chan string)
	watch.end, watch.result = end, result
	go func() {
		defer f.Close()
		var last byte
		looks, changes := 0, 0
		for {
			select {
			case <-end:
				result <- fmt.Sprintf("%d %d", looks, changes)
				return
			default:
			}
			var b [1]byte
			if _, err := f.ReadAt(b[:], 0); err == nil {
				if looks++; looks > 1 && b[0] != last {
					changes++
				}
				last = b[0]
			}
			time.Sleep(50 * time.Microsecond)
		}
	}()
	return "ok", nil
}

func observed([]string) (string, error) {
	if watch.end == nil {
		return "", fmt.Errorf("nothing is observed")
	}
	close(watch.end)
	watch.end = nil
	return <-watch.result, nil
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

func kill(w []string) (string, error) {
	pid, err := strconv.Atoi(w[0])
	if err != nil || pid < 2 {
		return "", fmt.Errorf("kill %q: no process to be killed", w[0])
	}
	return "ok", syscall.Kill(pid, syscall.SIGKILL)
}

func file(w []string) (string, error) {
	text, err := os.ReadFile(w[0])
	line, _, _ := strings.Cut(string(text), "\n")
	return line, err
}

func fetch(w []string) (string, error) {
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Get(w[0])
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	return fmt.Sprintf("%d %s", answer.StatusCode, body), err
}

func run(w []string) (string, error) {
	out, err := exec.Command(w[0], "-test.v", "-test.timeout=50s").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return string(out), nil
}
