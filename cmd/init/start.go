package main

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"watchbox/drivers/gpio"
	"watchbox/drivers/system"
)

// starter makes lives of the daemon.
type starter struct {
	command  []string
	lines    *gpio.Cdev
	outputs  []string
	children *children
	rights   *syscall.SysProcAttr // nil: ours
	hear     func(system.Order)   // nil: there is nobody to speak to
}

// start runs the daemon with the open lines from descriptor 3 on and, after
// them, the pipe on which it says that it took over, and the one on which it
// speaks to init.
func (s *starter) start() (*daemon, error) {
	program, err := exec.LookPath(s.command[0])
	if err != nil {
		return nil, err
	}
	p := &parcel{}
	defer p.sent()
	if err := p.standard(); err != nil {
		return nil, err
	}
	for _, t := range s.outputs {
		f, err := s.lines.Descriptor(t)
		if err != nil {
			return nil, err
		}
		p.add(f)
	}
	environment := append(os.Environ(), gpio.EnvironmentLines+"="+gpio.FormatInherited(s.outputs))
	takeOver, at, err := p.pipe()
	if err != nil {
		return nil, err
	}
	environment = append(environment, gpio.EnvironmentTakeOver+"="+strconv.Itoa(at))
	var orders *os.File
	if s.hear != nil {
		if orders, at, err = p.pipe(); err != nil {
			return nil, err
		}
		environment = append(environment, system.EnvironmentInit+"="+strconv.Itoa(at))
	}
	process, died, err := s.children.start(program, s.command, &os.ProcAttr{Files: p.files, Env: environment, Sys: s.rights})
	if err != nil {
		return nil, err
	}
	p.ours = nil
	if orders != nil {
		go func() {
			defer orders.Close()
			system.HearOrders(orders, s.hear)
		}()
	}
	d := &daemon{told: heard(takeOver), died: died}
	d.stop = func() { process.Signal(syscall.SIGTERM) }
	d.kill = func() { process.Kill() }
	return d, nil
}

// parcel is the files that a new process gets.
type parcel struct {
	files  []*os.File
	theirs []*os.File // ours to close once they are handed on
	ours   []*os.File // to close when they are not
}

func (p *parcel) add(f *os.File) { p.files = append(p.files, f) }

// standard gives an empty input and our outputs.
func (p *parcel) standard() error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	p.theirs = append(p.theirs, null)
	p.files = append(p.files, null, os.Stdout, os.Stderr)
	return nil
}

// pipe adds an end to write to, with its number there, and gives the other one.
func (p *parcel) pipe() (listen *os.File, number int, err error) {
	listen, speak, err := os.Pipe()
	if err != nil {
		return nil, 0, err
	}
	p.theirs, p.ours = append(p.theirs, speak), append(p.ours, listen)
	p.add(speak)
	return listen, len(p.files) - 1, nil
}

// sent closes what is not needed here any more.
func (p *parcel) sent() {
	for _, f := range append(p.theirs, p.ours...) {
		f.Close()
	}
}

// heard tells what comes over the pipe, until it is closed. A daemon that closes
// it without a word told nothing.
func heard(listen *os.File) <-chan map[string]time.Duration {
	told := make(chan map[string]time.Duration, 8)
	go func() {
		defer listen.Close()
		lines := bufio.NewScanner(listen)
		lines.Buffer(nil, gpio.MaxMessage)
		for lines.Scan() {
			holds, ok := gpio.ParseTakeOver(lines.Text())
			if !ok {
				continue
			}
			select {
			case told <- holds:
			default: // the holder reads at its turn; a daemon that floods it is not heard
			}
		}
	}()
	return told
}
