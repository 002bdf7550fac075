// Command agents puts the whole daemon beside Telegraf's SNMP input, one after the
// other on the same 250 agents: Net-SNMP's, on as many addresses of the loop. What
// was given is counted by the agent, the kernel is asked for processor time and
// memory. It prints a Markdown table.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"watchbox/drivers/gpio/gpiotest"
)

const (
	asked    = 250
	interval = 5 * time.Second
	settle   = 20 * time.Second // start, and every agent known
)

func main() {
	daemon := flag.String("daemon", "bin/watchboxd", "our daemon")
	telegraf := flag.String("telegraf", "", "the program that tools/telegraf.sh built")
	each := flag.Duration("time", time.Minute, "of measuring, for each program")
	flag.Parse()
	programs := []master{{"Watchbox, the whole daemon", *daemon, ours}, {"Telegraf, this input only", *telegraf, theirs}}
	if err := run(programs, *each); err != nil {
		fmt.Fprintln(os.Stderr, "bench agents:", err)
		os.Exit(1)
	}
}

func run(programs []master, each time.Duration) error {
	wanted := float64(asked*(1+len(columns)*len(interfaces()))) / interval.Seconds()
	fmt.Println("| | values/s wanted | given by the agents | CPU | µs a wanted value | resident |\n|---|---|---|---|---|---|")
	for _, m := range programs {
		f, err := measure(m, each)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Printf("| %s | %.0f | %.0f | %.1f %% of a core | %.1f | %.0f MiB |\n", m.name, wanted, f.rate, 100*f.processor, f.processor*1e6/wanted, f.resident)
	}
	return nil
}

// figures are those of one program.
type figures struct {
	rate      float64 // values per second
	processor float64 // cores
	resident  float64 // MiB
}

// measure lets the program poll the agents and looks on.
func measure(m master, each time.Duration) (f figures, err error) {
	dir, err := os.MkdirTemp("", "watchbox-agents")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "gpio.sock")) // our daemon asks for contacts too
	if err != nil {
		return f, err
	}
	defer gpiotest.Serve(l).Close()
	estate, err := newEstate(dir)
	if err != nil {
		return f, err
	}
	defer estate.end()
	p, err := m.start(dir, estate.port)
	if err != nil {
		return f, err
	}
	defer p.stop()
	time.Sleep(settle)
	before, err := estate.given()
	if err != nil {
		return f, err
	}
	busy, began := p.busy(), time.Now()
	time.Sleep(each)
	after, err := estate.given()
	took := time.Since(began).Seconds()
	f = figures{float64(after-before) / took, (p.busy() - busy).Seconds() / took, p.resident()}
	if !p.alive() {
		return f, fmt.Errorf("it ended by itself:\n%s", p.log())
	}
	return f, err
}
