package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"watchbox/test/bench/process"
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

func (p *program) busy() time.Duration { return process.Busy(p.process.Process.Pid) }

// resident is its memory in MiB.
func (p *program) resident() float64 { return process.Resident(p.process.Process.Pid) }
