package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/drivers/gpio"
)

// starter makes lives of the daemon.
type starter struct {
	command []string
	lines   *gpio.Cdev
	outputs []string
	reap    bool // we are PID 1: every orphan of the box ends with us
}

// start runs the daemon with the open lines from descriptor 3 on and, after
// them, the pipe on which it says that it took over.
func (s *starter) start() (*daemon, error) {
	program, err := exec.LookPath(s.command[0])
	if err != nil {
		return nil, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	listen, speak, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer speak.Close()
	files := []*os.File{null, os.Stdout, os.Stderr}
	for _, t := range s.outputs {
		f, err := s.lines.Descriptor(t)
		if err != nil {
			listen.Close()
			return nil, err
		}
		files = append(files, f)
	}
	files = append(files, speak)
	process, err := os.StartProcess(program, s.command, &os.ProcAttr{Files: files, Env: s.environment(len(files) - 1)})
	if err != nil {
		listen.Close()
		return nil, err
	}
	d := &daemon{told: heard(listen), died: s.await(process)}
	d.stop = func() { process.Signal(syscall.SIGTERM) }
	d.kill = func() { process.Kill() }
	return d, nil
}

func (s *starter) environment(takeOver int) []string {
	return append(os.Environ(),
		gpio.EnvironmentLines+"="+gpio.FormatInherited(s.outputs),
		gpio.EnvironmentTakeOver+"="+strconv.Itoa(takeOver))
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

// await tells how the process ended. PID 1 reaps whatever else ends meanwhile.
func (s *starter) await(process *os.Process) <-chan string {
	died := make(chan string, 1)
	wanted := process.Pid
	if !s.reap {
		go func() {
			state, err := process.Wait()
			if err != nil {
				died <- err.Error()
				return
			}
			died <- state.String()
		}()
		return died
	}
	go func() {
		for {
			var status unix.WaitStatus
			pid, err := unix.Wait4(-1, &status, 0, nil)
			switch {
			case err == unix.EINTR:
			case err != nil:
				died <- err.Error()
				return
			case pid == wanted:
				died <- ending(status)
				return
			}
		}
	}()
	return died
}

func ending(status unix.WaitStatus) string {
	if status.Signaled() {
		return "signal " + status.Signal().String()
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}
