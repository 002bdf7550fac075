//go:build proof

package proof

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"watchbox/drivers/gpio/gpiotest"
	"watchbox/test/harness"
)

// load is a room in which everything happens at once, and people who press
// every button on the page.
type load struct {
	room  *gpiotest.Server
	api   *harness.API
	stop  chan struct{}
	done  sync.WaitGroup
	moves int // contacts moved, by the one mover
}

const contacts = 8

func begin(room *gpiotest.Server, api *harness.API, r *rand.Rand) *load {
	l := &load{room: room, api: api, stop: make(chan struct{})}
	mover, caller := rand.New(rand.NewPCG(r.Uint64(), 1)), rand.New(rand.NewPCG(r.Uint64(), 2))
	l.done.Go(func() {
		for l.pause(time.Duration(mover.IntN(20)) * time.Millisecond) {
			terminal := fmt.Sprintf("DI%d", 1+mover.IntN(contacts))
			l.room.Set(terminal, !l.room.Level(terminal))
			l.moves++
		}
	})
	l.done.Go(func() {
		keys := []string{"*", "zone/panic", "zone/fire", "zone/water", "mains/oc/mains", "zone/motion"}
		for l.pause(time.Duration(caller.IntN(60)) * time.Millisecond) {
			l.order(caller, keys[caller.IntN(len(keys))])
		}
	})
	return l
}

func (l *load) pause(d time.Duration) bool {
	select {
	case <-l.stop:
		return false
	case <-time.After(d):
		return true
	}
}

// order does one thing that a person may do; most are refused, and while the
// daemon is dead all of them.
func (l *load) order(r *rand.Rand, key string) {
	switch r.IntN(6) {
	case 0, 1:
		_ = l.api.Order("acknowledge", key)
	case 2:
		_ = l.api.Order("silence", key)
	case 3:
		_ = l.api.Order("reset", key)
	case 4:
		_ = l.api.Call("POST", "partitions/main/force-arm", nil, nil)
	case 5:
		_ = l.api.Call("POST", "partitions/main/disarm", nil, nil)
	}
}

func (l *load) end() int {
	close(l.stop)
	l.done.Wait()
	return l.moves
}
