package main

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// children are the processes that init started. Where init is PID 1 every orphan
// of the box ends with it too, so one goroutine waits for whatever ends and tells
// those who wait for their own.
type children struct {
	mutex   sync.Mutex
	waiting map[int]chan string
	reaping bool
	more    chan struct{} // a process was started
}

func newChildren() *children {
	return &children{waiting: map[int]chan string{}, more: make(chan struct{}, 1)}
}

// start runs a program; how it ended comes over the channel, once.
func (c *children) start(program string, command []string, attr *os.ProcAttr) (*os.Process, <-chan string, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	process, err := os.StartProcess(program, command, attr)
	if err != nil {
		return nil, nil, err
	}
	died := make(chan string, 1)
	if !c.reaping {
		go func() { died <- ownEnd(process) }()
		return process, died, nil
	}
	c.waiting[process.Pid] = died
	select {
	case c.more <- struct{}{}:
	default:
	}
	return process, died, nil
}

func ownEnd(process *os.Process) string {
	state, err := process.Wait()
	if err != nil {
		return err.Error()
	}
	return state.String()
}

// newReaper is for PID 1: one goroutine waits for every process, for ever. From
// now on nobody else may wait for one.
func newReaper() *children {
	c := newChildren()
	c.reaping = true
	go c.reap()
	return c
}

func (c *children) reap() {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.ECHILD):
			<-c.more
		case err == nil:
			c.ended(pid, ending(status))
		}
	}
}

func (c *children) ended(pid int, how string) {
	c.mutex.Lock() // start has noted it by now
	defer c.mutex.Unlock()
	if died, ours := c.waiting[pid]; ours {
		delete(c.waiting, pid)
		died <- how
	}
}

func ending(status unix.WaitStatus) string {
	if status.Signaled() {
		return "signal " + status.Signal().String()
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}
