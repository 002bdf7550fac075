// Command standin is the smallest daemon that guards: DI1 is a panic button, DO1
// the siren that follows it, DO3 a relay that each press switches on, DI2 a
// contact whose edges are counted. It shows what the GPIO driver and init
// promise without the rest of the product; its counts stand in the file named on
// its command line.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"watchbox/board"
	"watchbox/drivers/gpio"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("standin: ")
	if len(os.Args) != 2 {
		log.Fatal("want one argument, the status file")
	}
	if err := guard(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func guard(status string) error {
	inherited, err := gpio.Inherited(os.Getenv(gpio.EnvironmentLines))
	if err != nil {
		return err
	}
	profile, err := board.Load("qemu")
	if err != nil {
		return err
	}
	lines := gpio.NewCdev(linesOf(profile), inherited)
	if err := lines.Register(); err != nil {
		return err
	}
	device, err := gpio.New(driver.Spec{Name: "terminals", Inputs: []driver.Input{
		{Terminal: "DI1", Item: "panic"}, {Terminal: "DI2", Item: "contact"},
		{Terminal: "DO1", Item: "siren", Output: true}, {Terminal: "DO3", Item: "relay", Output: true},
	}}, lines)
	if err != nil {
		return err
	}
	d := &daemon{device: device, status: status}
	return device.Watch(context.Background(), d.hear)
}

func linesOf(p *board.Profile) []gpio.Line {
	var lines []gpio.Line
	for _, in := range p.Inputs {
		bias, _ := gpio.BiasOf(in.Bias)
		lines = append(lines, gpio.Line{Terminal: in.Terminal, Chip: in.Chip, Offset: in.Offset, Kernel: in.Kernel,
			ActiveLow: in.ActiveLow, Bias: bias})
	}
	for _, out := range p.Outputs {
		lines = append(lines, gpio.Line{Terminal: out.Terminal, Chip: out.Chip, Offset: out.Offset, Kernel: out.Kernel,
			ActiveLow: out.ActiveLow, Output: true, Rest: out.Rest, Hold: out.Hold})
	}
	return lines
}

type daemon struct {
	device   *gpio.Device
	status   string
	edges    int
	sequence uint64
	here     bool
}

// hear is the whole engine.
func (d *daemon) hear(s point.Sample) {
	switch {
	case s.Point == "terminals/panic":
		d.write("siren", s.Value)
		if s.Sequence > 0 && s.Value.Truth() {
			d.write("relay", s.Value)
		}
	case s.Sequence > 0:
		d.edges++
		d.sequence = s.Sequence
	}
	if !d.here {
		d.here = true
		if err := gpio.TakeOver(); err != nil {
			log.Print(err)
		}
	}
	d.report()
}

func (d *daemon) write(item string, v point.Value) {
	if err := d.device.Write(context.Background(), item, v); err != nil {
		log.Print(err)
	}
}

// report replaces the status file in one step.
func (d *daemon) report() {
	text := fmt.Sprintf("edges=%d last=%d lost=%d\n", d.edges, d.sequence, d.device.Lost())
	if err := os.WriteFile(d.status+".new", []byte(text), 0o644); err != nil {
		log.Print(err)
		return
	}
	if err := os.Rename(d.status+".new", d.status); err != nil {
		log.Print(err)
	}
}
