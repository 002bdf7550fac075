package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"watchbox/drivers/system"
	"watchbox/firmware/app"
	"watchbox/firmware/update"
)

// updates makes the keeper of a box with slots; nil where there are none. Slots
// that cannot be used cost the update, not the guard. gate is what the image
// says of a trial's length, 0 when nothing. state is the boot state's partition, ""
// where there is none.
func updates(data, trust string) (k *update.Keeper, gate time.Duration, state string) {
	files, err := system.FindSlots("/")
	if errors.Is(err, system.ErrNoSlots) {
		return nil, 0, ""
	}
	keeper, err := keeperOf(files, err, data, trust)
	if err != nil {
		log.Printf("no updates: %v", err)
	}
	return keeper, files.Gate, files.State
}

// ledgerIn is in the boot state: where there is none, nobody counts, and the box does
// not restart itself.
func ledgerIn(state string) app.Ledger {
	if state == "" {
		return nil
	}
	return system.Ledger{Path: state}
}

func keeperOf(files system.SlotFiles, err error, data, trust string) (*update.Keeper, error) {
	if err != nil {
		return nil, err
	}
	slots, err := system.OpenSlots(files)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(trust)
	if err != nil {
		return nil, err
	}
	keys, err := update.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", trust, err)
	}
	return update.NewKeeper(slots, update.Trust{Keys: keys, Board: files.Board}, filepath.Join(data, "update"), version, time.Now), nil
}

// The status of a daemon that ended in order: it wants to be started anew, or the
// whole box to be, where no init is there to be asked.
const (
	exitAgain   = 3
	exitRestart = 4
)

var (
	errAgain   = errors.New("the daemon is to be started again")
	errRestart = errors.New("the box is to be started again")
)

func exitStatus(err error) int {
	if errors.Is(err, errAgain) {
		return exitAgain
	}
	return exitRestart
}

// restarter asks init to start the box again; without one it ends the daemon in
// order and says so by its status.
type restarter struct {
	init *system.Init
	stop func()
	end  atomic.Pointer[error]
}

func (r *restarter) ask(why string) {
	if r.init.Present() {
		if err := r.init.Restart(why); err == nil {
			return // init ends the daemon
		} else {
			log.Printf("restart: %v", err)
		}
	}
	r.leave(fmt.Errorf("%w: %s", errRestart, why))
}

// daemon ends the daemon in order; init starts it anew.
func (r *restarter) daemon(why string) { r.leave(fmt.Errorf("%w: %s", errAgain, why)) }

func (r *restarter) leave(end error) {
	r.end.Store(&end)
	r.stop()
}

func (r *restarter) wanted() error {
	if end := r.end.Load(); end != nil {
		return *end
	}
	return nil
}

// itself asks our own address: the certificate is the box's own, and nobody but
// us listens there.
var itself = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

// alive asks the page as a browser would, over the network.
func alive(ctx context.Context, address any) error {
	where, _ := address.(string)
	if where == "" {
		return errors.New("the page has no address")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, where+"/healthz", nil)
	if err != nil {
		return err
	}
	a, err := itself.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("the page answered %d", a.StatusCode)
	}
	return nil
}
