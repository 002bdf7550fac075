// Command init holds the outputs of the box. It opens every output line of the
// board at its rest level before anything else, starts the daemon with the open
// lines, and keeps them over the daemon's death: each output stays as it is for
// the time that the board declares, then rests, unless a new daemon has taken
// over. It restarts the daemon, later and later while it dies early.
//
// Off the box it is a plain program around the daemon:
//
//	init -board qemu /bin/watchboxd -site /etc/site.yaml -data /data
//
// As PID 1 of the image it has no flags: the kernel's command line names board and
// slot, and init is the rest of the operating system too: mounts, data partition,
// network, time, hardware watchdog, an orderly end (box.go). Three parts run as
// processes of their own, from this same program: `init network` (addresses,
// firewall, time), for its code reads what strangers send, `init sensors` (the I²C
// chips that the kernel has to be told of), and `init confined`, which gives up its
// rights and becomes the daemon.
//
// The daemon finds its lines in WATCHBOX_LINES, writes to the descriptor in
// WATCHBOX_TAKE_OVER when it commands the outputs (gpio.Inherited, gpio.Holder),
// and speaks to init on the one in WATCHBOX_INIT (system.Init).
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
	"watchbox/drivers/system"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("init: ")
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "confined":
			confined(os.Args[2:])
		case "network":
			networkMain()
			return
		case "sensors":
			sensorsMain(os.Args[len(os.Args)-1])
			return
		}
	}
	name := flag.String("board", "", "the board whose outputs are held")
	flag.Parse()
	if os.Getpid() == 1 && *name == "" {
		(&box{memory: memoryRoot}).live()
	}
	first := os.Getpid() == 1
	if first {
		for _, m := range append([]system.Mount{system.Devices}, system.Kernel...) {
			tell(m.Do())
		}
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

// run is the holder without the rest of an operating system.
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
	children := newChildren()
	if first {
		children = newReaper()
	}
	s := &starter{command: command, lines: lines, outputs: h.terminals(), children: children}
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

// tell logs what went wrong and goes on: the box guards with what it has.
func tell(err error) {
	if err != nil {
		log.Print(err)
	}
}
