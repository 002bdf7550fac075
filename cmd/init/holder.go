package main

import (
	"context"
	"errors"
	"time"
)

// How fast the daemon comes back, and when it counts as back.
const (
	firstPause = 100 * time.Millisecond // after the first early death
	lastPause  = 30 * time.Second       // after many
	longLife   = time.Minute            // a death after that much life is a first one again
	settled    = 10 * time.Second       // a daemon that lives so long and tells nothing commands the outputs all the same
	lastWords  = 10 * time.Second       // what the daemon gets between SIGTERM and SIGKILL
	dying      = 2 * time.Second        // and from then on: the kernel may hold it in a disk that hangs
)

// output is one line that is held.
type output struct {
	terminal string
	hold     time.Duration // after the daemon's death; 0 rests at once. The board's, until a daemon says another
	rest     func() error
}

// daemon is one life of the daemon.
type daemon struct {
	told <-chan map[string]time.Duration // at each word from it: it commands the outputs, and how long they hold
	died <-chan string                   // how it ended; once
	stop func()                          // asks it to end
	kill func()
}

// holder decides when the daemon starts and when an output rests. One goroutine
// runs it; nothing here is shared.
type holder struct {
	outputs []output
	start   func() (*daemon, error)
	stuck   <-chan struct{} // the daemon of this moment stands still and is to be killed; may be nil
	say     func(format string, args ...any)
	due     map[string]time.Time // when the hold time ends, of outputs that nobody commands
	rested  map[string]bool      // it has ended, and the output rests
	pause   time.Duration
}

func newHolder(outputs []output) *holder {
	return &holder{outputs: outputs, due: map[string]time.Time{}, rested: map[string]bool{}, say: func(string, ...any) {}}
}

func (h *holder) terminals() []string {
	var names []string
	for _, o := range h.outputs {
		names = append(names, o.terminal)
	}
	return names
}

// errRestart is the cause of the end of a box that will start again: its outputs
// keep what they have, as long as the board's pull lets them.
var errRestart = errors.New("restart")

// run starts the daemon again and again until ctx ends; then it ends the
// daemon, and all outputs rest unless the box restarts.
func (h *holder) run(ctx context.Context) {
	for ctx.Err() == nil {
		began := time.Now()
		d, err := h.start()
		if err != nil {
			h.say("start: %v", err)
		} else {
			h.live(ctx, d)
			clear(h.rested)
		}
		h.orphaned()
		h.wait(ctx, h.nextPause(time.Since(began)))
	}
	if errors.Is(context.Cause(ctx), errRestart) {
		return
	}
	for _, o := range h.outputs {
		h.toRest(o)
	}
}

// live is with one daemon until its death.
func (h *holder) live(ctx context.Context, d *daemon) {
	command := time.NewTimer(settled)
	defer command.Stop()
	var spoken bool
	ended := ctx.Done()
	var last, over <-chan time.Time
	for {
		due := h.timer()
		select {
		case how := <-d.died:
			h.say("the daemon died: %s", how)
			due.Stop()
			return
		case holds := <-d.told:
			if !spoken {
				h.say("the daemon commands the outputs")
			}
			spoken = true
			h.declared(holds)
			h.commanded()
		case <-command.C:
			h.commanded()
		case <-due.C:
			h.restDue()
		case <-h.stuck:
			h.say("the daemon stands still: it is killed")
			d.kill()
		case <-ended:
			ended = nil
			d.stop()
			last = time.After(lastWords)
		case <-last:
			d.kill()
			over = time.After(dying)
		case <-over:
			h.say("the kernel does not let the daemon die: it is left behind")
			due.Stop()
			return
		}
		due.Stop()
	}
}

// commanded notes that the daemon has the outputs: no hold time runs.
func (h *holder) commanded() {
	clear(h.due)
	clear(h.rested)
}

// declared takes the hold times that the site file asks for: a siren's is its
// cut-off. An output that it does not name keeps the board's.
func (h *holder) declared(holds map[string]time.Duration) {
	for i, o := range h.outputs {
		if hold, named := holds[o.terminal]; named {
			h.outputs[i].hold = hold
		}
	}
}

// orphaned starts the hold time of every output for which it does not run yet: a
// daemon that dies again before it took over gains no time, and what it set
// after that time rests at its death.
func (h *holder) orphaned() {
	now := time.Now()
	for _, o := range h.outputs {
		if _, runs := h.due[o.terminal]; !runs && o.hold >= 0 {
			h.due[o.terminal] = now.Add(o.hold)
		}
	}
	h.restDue()
}

// wait lets outputs rest when they are due, for this long.
func (h *holder) wait(ctx context.Context, pause time.Duration) {
	over := time.NewTimer(pause)
	defer over.Stop()
	for {
		due := h.timer()
		select {
		case <-ctx.Done():
			due.Stop()
			return
		case <-over.C:
			due.Stop()
			return
		case <-due.C:
			h.restDue()
		}
	}
}

// timer fires when the next output is due; far away when none is.
func (h *holder) timer() *time.Timer {
	next := 24 * time.Hour
	for terminal, at := range h.due {
		if !h.rested[terminal] {
			next = min(next, time.Until(at))
		}
	}
	return time.NewTimer(next)
}

func (h *holder) restDue() {
	now := time.Now()
	for _, o := range h.outputs {
		if at, runs := h.due[o.terminal]; runs && !h.rested[o.terminal] && !at.After(now) {
			h.toRest(o)
			h.rested[o.terminal] = true
		}
	}
}

func (h *holder) toRest(o output) {
	if err := o.rest(); err != nil {
		h.say("output %s does not rest: %v", o.terminal, err)
	}
}

// nextPause doubles while the daemon dies early.
func (h *holder) nextPause(life time.Duration) time.Duration {
	if life >= longLife || h.pause == 0 {
		h.pause = firstPause
	} else {
		h.pause = min(2*h.pause, lastPause)
	}
	return h.pause
}
