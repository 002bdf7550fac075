package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// limit is for a mark that never comes.
const limit = 2 * time.Minute

// guest is a machine with power.
type guest struct {
	command *exec.Cmd
	began   moment
	page    string
	mutex   sync.Mutex
	says    []line
}

type line struct {
	moment
	text string
}

// moment is when something was seen, and what processor time QEMU had used by then.
type moment struct {
	at   time.Time
	work time.Duration
}

// now is a moment with no work where the machine has ended.
func (g *guest) now() moment {
	var t unix.Timespec
	clock := int32(^g.command.Process.Pid<<3 | 2) // a process's clock, clock_getcpuclockid(3)
	if unix.ClockGettime(clock, &t) != nil {
		return moment{at: time.Now()}
	}
	return moment{time.Now(), time.Duration(t.Nano())}
}

// power makes the machine first and lets it run when it is there, so that QEMU's own
// start does not count. The host's disk does not either (cache=unsafe).
func power(k *image, folder, disk string) (*guest, error) {
	monitor, err := net.Listen("unix", filepath.Join(folder, "monitor"))
	if err != nil {
		return nil, err
	}
	defer monitor.Close()
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	g := &guest{page: fmt.Sprintf("%s://127.0.0.1:%d/", k.scheme, port)}
	g.command = exec.Command("qemu-system-aarch64", append([]string{"-S", "-M", "virt,gic-version=2,acpi=off", "-cpu", "cortex-a53", "-smp", "2", "-m", "512",
		"-display", "none", "-chardev", "stdio,id=console,mux=on", "-serial", "chardev:console",
		"-device", "virtio-serial-pci,id=console,max_ports=1", "-device", "virtconsole,bus=console.0,chardev=console",
		"-chardev", "socket,id=monitor,path=" + monitor.Addr().String(), "-mon", "chardev=monitor",
		"-drive", "if=none,id=disk,format=raw,cache=unsafe,file=" + disk, "-device", "virtio-blk-pci,drive=disk",
		"-netdev", fmt.Sprintf("user,id=lan,restrict=on,hostfwd=tcp:127.0.0.1:%d-:%d", port, k.port), "-device", "virtio-net-pci,netdev=lan,romfile=",
		"-device", "i6300esb", "-action", "watchdog=reset"}, k.start...)...)
	g.command.Stderr = os.Stderr
	console, err := g.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := g.command.Start(); err != nil {
		return nil, err
	}
	go g.hear(console)
	if err := g.run(monitor.(*net.UnixListener)); err != nil {
		g.cut()
		return nil, fmt.Errorf("start the machine: %w", err)
	}
	return g, nil
}

// run waits for QEMU at the monitor and lets the machine go.
func (g *guest) run(monitor *net.UnixListener) error {
	monitor.SetDeadline(time.Now().Add(limit))
	conn, err := monitor.Accept()
	if err != nil {
		return err
	}
	g.began = g.now()
	_, err = io.WriteString(conn, "cont\n")
	go io.Copy(io.Discard, conn) // ends with the machine
	return err
}

func (g *guest) hear(console io.Reader) {
	for in := bufio.NewScanner(console); in.Scan(); {
		g.mutex.Lock()
		g.says = append(g.says, line{g.now(), in.Text()})
		g.mutex.Unlock()
	}
}

// await waits for a line with these words and tells when it came.
func (g *guest) await(words string) (moment, error) {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if m, found := g.heard(words); found {
			return m, nil
		}
	}
	return moment{}, fmt.Errorf("the console does not say %q; it says:\n%s", words, g.text())
}

func (g *guest) heard(words string) (moment, bool) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, l := range g.says {
		if strings.Contains(l.text, words) {
			return l.moment, true
		}
	}
	return moment{}, false
}

func (g *guest) text() string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	var all strings.Builder
	for _, l := range g.says {
		fmt.Fprintln(&all, l.text)
	}
	return all.String()
}

var client = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
	DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // the box makes its own certificate

// awaitPage asks again every 250 ms without waiting for the answer: QEMU takes a
// connection long before the guest does, and lets it hang.
func (g *guest) awaitPage() (moment, error) {
	found := make(chan moment, 1)
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(limit); ; {
		select {
		case m := <-found:
			return m, nil
		case <-end:
			return moment{}, fmt.Errorf("%s does not answer; the console says:\n%s", g.page, g.text())
		case <-tick.C:
			go g.ask(found)
		}
	}
}

func (g *guest) ask(found chan<- moment) {
	answer, err := client.Get(g.page)
	if err != nil {
		return
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return
	}
	select {
	case found <- g.now():
	default:
	}
}

// resident is QEMU's memory, the guest's with it, in bytes.
func (g *guest) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", g.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	var all, pages int64
	if _, err := fmt.Sscan(string(text), &all, &pages); err != nil {
		return 0, err
	}
	return pages * int64(os.Getpagesize()), nil
}

// cut takes the power away.
func (g *guest) cut() {
	g.command.Process.Kill()
	g.command.Wait()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
