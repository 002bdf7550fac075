package main

import (
	"sync"
	"sync/atomic"

	"watchbox/drivers/gpio/gpiotest"
)

// sirenCoil is the contact that moves with the siren's coil.
const sirenCoil = "DI9"

// coil closes a contact while the siren has current, unless its wire is cut. It
// follows in a goroutine of its own: whoever hears of an output holds the lines.
type coil struct {
	server *gpiotest.Server
	driven atomic.Bool
	cut    atomic.Bool
	wake   chan struct{}
	stop   chan struct{}
	done   sync.WaitGroup
}

func newCoil(server *gpiotest.Server) *coil {
	c := &coil{server: server, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	c.done.Go(c.follow)
	return c
}

func (c *coil) follow() {
	for {
		select {
		case <-c.stop:
			return
		case <-c.wake:
			c.server.Set(sirenCoil, c.driven.Load() && !c.cut.Load())
		}
	}
}

// drive notes the siren's level. Never blocks.
func (c *coil) drive(on bool) {
	c.driven.Store(on)
	c.ring()
}

// wire cuts or joins the siren's wire.
func (c *coil) wire(cut bool) {
	c.cut.Store(cut)
	c.ring()
}

func (c *coil) ring() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// close ends the goroutine.
func (c *coil) close() {
	close(c.stop)
	c.done.Wait()
}
