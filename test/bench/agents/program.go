package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// master is a program that polls the agents.
type master struct {
	name, path string
	arguments  func(dir string, port int) ([]string, error)
}

// program is one that runs.
type program struct {
	process *exec.Cmd
	words   string // its log
	ended   chan error
}

func (m master) start(dir string, port int) (*program, error) {
	arguments, err := m.arguments(dir, port)
	if err != nil {
		return nil, err
	}
	p := &program{process: exec.Command(m.path, arguments...), words: filepath.Join(dir, "log"), ended: make(chan error, 1)}
	log, err := os.Create(p.words)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.process.Stdout, p.process.Stderr = log, log
	p.process.Env = append(os.Environ(), "WATCHBOX_SIM="+dir)
	if err := p.process.Start(); err != nil {
		return nil, err
	}
	go func() { p.ended <- p.process.Wait() }()
	return p, nil
}

func (p *program) stop() { p.process.Process.Kill(); <-p.ended }

func (p *program) alive() bool {
	select {
	case err := <-p.ended:
		p.ended <- err
		return false
	default:
		return true
	}
}

func (p *program) log() string {
	text, _ := os.ReadFile(p.words)
	return string(text[max(0, len(text)-2000):])
}

func (p *program) file(name string) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.process.Process.Pid, name))
	return string(text)
}

// busy is its processor time, in the kernel's ticks of 10 ms (proc(5), stat, fields 14 and 15).
func (p *program) busy() time.Duration {
	_, rest, _ := strings.Cut(p.file("stat"), ") ")
	var ticks int
	for i, f := range strings.Fields(rest) {
		if i == 11 || i == 12 {
			n, _ := strconv.Atoi(f)
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// resident is its memory in MiB.
func (p *program) resident() float64 {
	_, rest, _ := strings.Cut(p.file("status"), "VmRSS:")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.Atoi(kib)
	return float64(n) / 1024
}
