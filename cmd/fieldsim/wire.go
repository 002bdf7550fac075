package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"watchbox/drivers/serial/serialtest"
)

// wire is one serial terminal of the box: a pseudo-terminal behind a name in
// the folder. Cutting it is pulling the adapter out: the name vanishes and
// whoever has it open sees a hang-up. All methods may be called from any goroutine.
type wire struct {
	path  string
	serve func(master *os.File) // runs until the master is closed

	mutex  sync.Mutex
	master *os.File
	ended  chan struct{} // closed when serve has returned
}

// newWire makes a wire and joins it.
func newWire(path string, serve func(*os.File)) (*wire, error) {
	w := &wire{path: path, serve: serve}
	return w, w.join()
}

// join plugs the wire in; one that is in stays as it is.
func (w *wire) join() error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.master != nil {
		return nil
	}
	master, slave, err := serialtest.NewPty()
	if err != nil {
		return err
	}
	if err := errors.Join(gone(w.path), os.Symlink(slave, w.path)); err != nil {
		master.Close()
		return fmt.Errorf("wire %s: %w", w.path, err)
	}
	ended := make(chan struct{})
	w.master, w.ended = master, ended
	go func() { defer close(ended); w.serve(master) }()
	return nil
}

// cut pulls the wire out and waits until nobody serves it.
func (w *wire) cut() error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.master == nil {
		return nil
	}
	err := errors.Join(gone(w.path), w.master.Close())
	<-w.ended
	w.master = nil
	return err
}

// joined is true while the wire is plugged in.
func (w *wire) joined() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.master != nil
}

// Write sends bytes to the box; when nobody reads them there it gives up.
func (w *wire) Write(b []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.master == nil {
		return 0, errors.New("the wire is cut")
	}
	if err := w.master.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		return 0, err
	}
	return w.master.Write(b)
}

// drain reads what the box says to a thing that does not listen.
func drain(master *os.File) {
	buffer := make([]byte, 256)
	for {
		if _, err := master.Read(buffer); err != nil {
			return
		}
	}
}

// gone removes a name that this program made in an earlier life.
func gone(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
