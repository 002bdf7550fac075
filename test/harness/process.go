package harness

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// logMost bounds what is kept of a program's output, in bytes.
const logMost = 256 << 10

// Log is what a program said, the newest part of it. Any goroutine.
type Log struct {
	mutex sync.Mutex
	text  []byte
	moved chan struct{} // closed at the next write
}

// Write meets io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.text = append(l.text, b...)
	if over := len(l.text) - logMost; over > 0 {
		l.text = append([]byte(nil), l.text[over:]...)
	}
	if l.moved != nil {
		close(l.moved)
		l.moved = nil
	}
	return len(b), nil
}

// String is all that is kept.
func (l *Log) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return string(l.text)
}

// Tail is the last n lines.
func (l *Log) Tail(n int) string {
	lines := strings.Split(strings.TrimRight(l.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// clear forgets what was said, before the program starts again.
func (l *Log) clear() {
	l.mutex.Lock()
	l.text = nil
	l.mutex.Unlock()
}

// Wait waits until the log contains the word, or tells that it did not come.
func (l *Log) Wait(word string, patience time.Duration) error {
	late := time.After(patience)
	for {
		l.mutex.Lock()
		if bytes.Contains(l.text, []byte(word)) {
			l.mutex.Unlock()
			return nil
		}
		if l.moved == nil {
			l.moved = make(chan struct{})
		}
		moved := l.moved
		l.mutex.Unlock()
		select {
		case <-moved:
		case <-late:
			return fmt.Errorf("it did not say %q within %v", word, patience)
		}
	}
}

// Process is one child. Its whole group dies with it.
type Process struct {
	Name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error
}

// Launch starts a program; what it says goes to log, which may be nil.
func Launch(t testing.TB, log *Log, dir string, environment []string, name string, arguments ...string) *Process {
	t.Helper()
	p, err := launch(log, dir, environment, name, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func launch(log *Log, dir string, environment []string, name string, arguments ...string) (*Process, error) {
	if log == nil {
		log = &Log{}
	}
	return launchInto(log, dir, environment, name, arguments...)
}

func launchInto(output io.Writer, dir string, environment []string, name string, arguments ...string) (*Process, error) {
	p := &Process{Name: name, cmd: exec.Command(name, arguments...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), environment...)
	p.cmd.Stdout, p.cmd.Stderr = output, output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.cmd.WaitDelay = 2 * time.Second // for what a grandchild still holds open
	if err := startOnLastingThread(p.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() { p.err = p.cmd.Wait(); close(p.done) }()
	return p, nil
}

// Kill ends it at once, as a power cut would, and waits until it is gone.
func (p *Process) Kill() {
	if p == nil {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may have ended by itself
	<-p.done
}

// Stop asks it to end and waits; one that does not is killed.
func (p *Process) Stop(patience time.Duration) error {
	if p == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return p.err
	case <-time.After(patience):
		p.Kill()
		return fmt.Errorf("%s did not end within %v", p.Name, patience)
	}
}

// Signal sends it a signal.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Alive is true until it has ended.
func (p *Process) Alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}
