package main

import (
	"context"
	"log"
	"os"
	"sync"
	"syscall"
	"time"
)

// service is a process beside the daemon that is started again when it ends,
// later and later while it dies early. The box guards without it.
type service struct {
	name     string
	command  []string
	children *children
	mutex    sync.Mutex
	process  *os.Process
	done     chan struct{}
}

// run ends with ctx, and the process with it.
func (s *service) run(ctx context.Context) {
	s.mutex.Lock()
	s.done = make(chan struct{})
	s.mutex.Unlock()
	defer close(s.done)
	pause := time.Second
	for ctx.Err() == nil {
		began := time.Now()
		log.Printf("%s: %s", s.name, s.live(ctx))
		if time.Since(began) > longLife {
			pause = time.Second
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}

func (s *service) live(ctx context.Context) string {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err.Error()
	}
	defer null.Close()
	process, died, err := s.children.start(s.command[0], s.command, &os.ProcAttr{Files: []*os.File{null, os.Stdout, os.Stderr}, Env: os.Environ()})
	if err != nil {
		return err.Error()
	}
	s.mutex.Lock()
	s.process = process
	s.mutex.Unlock()
	select {
	case how := <-died:
		return how
	case <-ctx.Done():
		process.Signal(syscall.SIGTERM)
		return "ends"
	}
}

// tell sends a signal to the process of this moment.
func (s *service) tell(what os.Signal) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.process != nil {
		s.process.Signal(what)
	}
}

// wait gives run the time to end.
func (s *service) wait(limit time.Duration) {
	s.mutex.Lock()
	done := s.done
	s.mutex.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-time.After(limit):
	}
}
