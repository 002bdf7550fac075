package harness

import (
	"os/exec"
	"runtime"
	"sync"
)

// Linux ties the death signal of a child to the thread that made it, not to the
// process. All children are therefore made by one thread that lives as long as
// the test binary: when that is killed, nothing is left behind.
var forge struct {
	sync.Once
	orders chan func()
}

func startOnLastingThread(c *exec.Cmd) error {
	forge.Do(func() {
		forge.orders = make(chan func())
		go func() {
			runtime.LockOSThread()
			for f := range forge.orders {
				f()
			}
		}()
	})
	answer := make(chan error, 1)
	forge.orders <- func() { answer <- c.Start() }
	return <-answer
}
