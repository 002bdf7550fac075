// Command init holds the outputs of the box. It opens every output line of the
// board at its rest level before anything else, starts the daemon with the open
// lines, and keeps them over the daemon's death: each output stays as it is for
// the time that the board declares, then rests, unless a new daemon has taken
// over. It restarts the daemon, later and later while it dies early.
//
// As PID 1 it also mounts what the kernel offers, switches the loopback on and
// reaps orphans. Off the box
// it is a plain program around the daemon.
//
//	init -board qemu -- /bin/watchboxd -site /etc/site.yaml -data /data
//
// The daemon finds its lines in WATCHBOX_LINES, and writes to the descriptor in
// WATCHBOX_TAKE_OVER when it commands the outputs: gpio.Inherited, gpio.Holder.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"watchbox/board"
	"watchbox/drivers/gpio"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("init: ")
	name := flag.String("board", "", "the board whose outputs are held")
	flag.Parse()
	first := os.Getpid() == 1
	if first {
		mountAll()
		loopbackUp()
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err := run(ctx, *name, flag.Args(), first)
	if first {
		log.Printf("stopped: %v", err)
		powerOff()
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, name string, command []string, first bool) error {
	if len(command) == 0 {
		return fmt.Errorf("name the daemon and its arguments after the flags")
	}
	profile, err := board.Load(name)
	if err != nil {
		return err
	}
	if profile.GPIO != "cdev" {
		return fmt.Errorf("board %s keeps its outputs itself: start the daemon without init", name)
	}
	lines := gpio.NewCdev(outputLines(profile), nil)
	h := newHolder(openOutputs(ctx, lines, profile))
	h.say = log.Printf
	s := &starter{command: command, lines: lines, outputs: h.terminals(), reap: first}
	h.start = s.start
	h.run(ctx)
	return lines.Close()
}

// outputLines are the board's outputs as the GPIO driver wants them.
func outputLines(p *board.Profile) []gpio.Line {
	var lines []gpio.Line
	for _, o := range p.Outputs {
		lines = append(lines, gpio.Line{Terminal: o.Terminal, Chip: o.Chip, Offset: o.Offset, Kernel: o.Kernel,
			ActiveLow: o.ActiveLow, Output: true, Rest: o.Rest, Hold: o.Hold})
	}
	return lines
}

// openOutputs takes each line at rest. One that cannot be had is told and left
// to the daemon: the others must not wait for it.
func openOutputs(ctx context.Context, lines *gpio.Cdev, p *board.Profile) []output {
	var held []output
	for _, o := range p.Outputs {
		if err := lines.Outputs(ctx, []gpio.Claim{{Terminal: o.Terminal}}); err != nil {
			log.Printf("output %s is not held: %v", o.Terminal, err)
			continue
		}
		held = append(held, output{terminal: o.Terminal, hold: o.Hold, rest: func() error {
			return lines.Set(context.Background(), o.Terminal, o.Rest)
		}})
	}
	return held
}
