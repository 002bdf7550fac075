// Command sharedbus reads eight slaves on one serial bus at 9600 baud, ten registers
// each once a second, by our scanner and by Telegraf's modbus input, both with a
// time-out of 500 ms: first all are alive, then one is dead, then three. It prints a
// Markdown table: what the living were read of what was wanted, processor time, memory.
// Ours is scanner, driver and port in a process of their own, Telegraf is its agent with
// that one input and no output.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/driver"
	"watchbox/test/bench/process"
)

const (
	slaves     = 8
	registers  = 10
	turnaround = 10 * time.Millisecond
	warmUp     = 10 * time.Second
)

var line = driver.Line{Baud: 9600}

func main() {
	telegraf := flag.String("telegraf", "", "the program that tools/telegraf.sh built")
	each := flag.Duration("time", time.Minute, "for each reader and number of dead slaves")
	port := flag.String("poll", "", "read this port until killed: the reader that is measured")
	flag.Parse()
	err := error(nil)
	if *port != "" {
		err = poll(*port)
	} else {
		err = run(*telegraf, *each)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench sharedbus:", err)
		os.Exit(1)
	}
}

func run(telegraf string, each time.Duration) error {
	dir, err := os.MkdirTemp("", "sharedbus")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Println("| | reads of the living, of what is wanted | CPU | resident |\n|---|---|---|---|")
	for _, dead := range []int{0, 1, 3} {
		for _, reader := range []struct {
			name string
			make func(port string) (*exec.Cmd, error)
		}{
			{"Watchbox", ours},
			{"Telegraf", func(port string) (*exec.Cmd, error) { return theirs(telegraf, dir, port) }},
		} {
			r, err := measure(reader.make, dead, each)
			if err != nil {
				return fmt.Errorf("%s: %w", reader.name, err)
			}
			state := map[int]string{0: "all alive", 1: "one dead", 3: "three dead"}[dead]
			fmt.Printf("| %s, %s | %.1f %% | %.2f %% of a core | %.0f MiB |\n", reader.name, state, 100*r.rate, 100*r.cpu, r.resident)
		}
	}
	return nil
}

// result is what one reader did.
type result struct {
	rate     float64 // reads of living slaves per second and slave
	cpu      float64 // cores
	resident float64 // MiB
}

// measure lets a reader read a bus on which so many slaves are dead.
func measure(reader func(port string) (*exec.Cmd, error), dead int, each time.Duration) (r result, err error) {
	plant := modbustest.New()
	for n := uint8(1); n <= slaves; n++ {
		u := plant.Unit(n)
		u.Turnaround(turnaround)
		u.Zero(maps.Holding, 0, registers)
		if int(n) > slaves-dead {
			u.Fault(modbustest.Fault{Kind: modbustest.Silent})
		}
	}
	master, port, err := serialtest.NewPty()
	if err != nil {
		return r, err
	}
	ended := make(chan struct{})
	go func() { defer close(ended); plant.ServeRTU(master, line) }()
	defer func() { master.Close(); <-ended }()
	cmd, err := reader(port)
	if err != nil {
		return r, err
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return r, err
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	time.Sleep(warmUp)
	began, reads, used := time.Now(), served(plant, dead), process.Busy(cmd.Process.Pid)
	time.Sleep(each)
	seconds := time.Since(began).Seconds()
	r.rate = float64(served(plant, dead)-reads) / seconds / float64(slaves-dead)
	r.cpu = (process.Busy(cmd.Process.Pid) - used).Seconds() / seconds
	r.resident = process.Resident(cmd.Process.Pid)
	if r.rate == 0 {
		return r, fmt.Errorf("it read nothing: %s", said.String())
	}
	return r, nil
}

// served counts what the living slaves were asked.
func served(p *modbustest.Plant, dead int) (sum int) {
	for n := 1; n <= slaves-dead; n++ {
		sum += p.Unit(uint8(n)).Served()
	}
	return sum
}
