package main

import (
	"context"
	"log"
	"time"

	"watchbox/drivers/system"
)

// keeper feeds the hardware watchdog as the vigil decides.
type keeper struct {
	vigil    *system.Vigil
	watchdog *system.Watchdog // nil where the board has none
	proofs   chan struct{}
	deaths   chan struct{}
	stuck    chan struct{}
	reset    func() // for a board without a watchdog
	proven   func() // called at the first proof, in a goroutine of its own; may be nil
	unproven func() // called before a life is given up that never proved anything; may be nil
	proved   bool
}

func newKeeper(w *system.Watchdog, reset func()) *keeper {
	return &keeper{vigil: system.NewVigil(0), watchdog: w, reset: reset,
		proofs: make(chan struct{}, 1), deaths: make(chan struct{}, 1), stuck: make(chan struct{}, 1)}
}

// run ends with ctx: what is left of the hardware's time is for the way down.
func (k *keeper) run(ctx context.Context) {
	began, tick := time.Now(), time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.proofs:
			k.do(k.vigil.Proof(time.Since(began)))
			if !k.proved && k.proven != nil {
				go k.proven()
			}
			k.proved = true
		case <-k.deaths:
			k.vigil.Died(time.Since(began))
		case <-tick.C:
			k.do(k.vigil.Turn(time.Since(began)))
		}
	}
}

func (k *keeper) do(deed system.Deed) {
	switch deed {
	case system.Feed:
		if k.watchdog != nil {
			tell(k.watchdog.Feed())
		}
	case system.Kill:
		once(k.stuck)
	case system.Reset:
		log.Print("the daemon makes no progress: the hardware watchdog is not fed any more")
		if !k.proved && k.unproven != nil {
			k.unproven()
		}
		if k.watchdog == nil {
			k.reset()
		}
	}
}

// once leaves a word that is not there already.
func once(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
