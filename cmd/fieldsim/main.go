// Command fieldsim is a whole simulated site: the contacts and relays, the
// RS-485 bus, the meter, the network gear, the modem, the card reader and the
// status wall that a box on board sim sees, on real pseudo-terminals and
// sockets, driven by the physics of one room. People, stories and tests do
// things to it by words; see `fieldsim words`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const usage = `fieldsim [flags]                serve the site until it is told to end
fieldsim do [-at ADDR] WORDS…   do something to the running site
fieldsim state [-at ADDR]       its state, as JSON
fieldsim play [-at PATH] FILE   serve a bus as it was recorded
fieldsim words                  everything that can be done

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := command(ctx, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "fieldsim: %v\n", err)
		os.Exit(1)
	}
}

// command does what the arguments say; a site is served until ctx ends.
func command(ctx context.Context, args []string, out io.Writer) error {
	word := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		word, args = args[0], args[1:]
	}
	switch word {
	case "":
		return serve(ctx, args, out)
	case "do", "state":
		return call(word, args, out)
	case "play":
		return playBack(ctx, args, out)
	case "words":
		for _, h := range (&field{}).everything().help() {
			fmt.Fprintf(out, "%-34s %s\n%-34s %s\n", h.Words, h.Zh, "", h.En)
		}
		return nil
	}
	return fmt.Errorf("%q: allowed do, state, play, words, or flags only", word)
}

// call is a word said to a running site.
func call(word string, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("fieldsim "+word, flag.ContinueOnError)
	at := flags.String("at", "", "address of its page (default: what `-dir` or WATCHBOX_SIM says, else 127.0.0.1:8081)")
	dir := flags.String("dir", "", "folder of the running fieldsim")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c, err := callerOf(*at, *dir)
	if err != nil {
		return err
	}
	if word == "do" {
		return c.do(strings.Join(flags.Args(), " "))
	}
	text, err := c.state()
	fmt.Fprint(out, text)
	return err
}

// options reads the flags of serving.
func options(args []string) (o order, speed float64, err error) {
	flags := flag.NewFlagSet("fieldsim", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(flags.Output(), usage); flags.PrintDefaults() }
	at, given := usual(), map[string]bool{}
	flags.StringVar(&o.dir, "dir", os.Getenv("WATCHBOX_SIM"), "`folder` of the wires: gpio.sock, rs485-1, rs485-2, rs485-3, modem, reader1, reader2, ready")
	flags.StringVar(&o.secrets, "secrets", "", "`folder` into which the site's demo secrets are written if absent")
	flags.StringVar(&o.story, "story", "", "a story `file`, or the name of a built-in story, played at start")
	flags.DurationVar(&o.air, "air", time.Second, "`time` that the modem takes to send one part")
	flags.Float64Var(&speed, "speed", 1, "how many times as fast the room's time passes")
	freely := flags.Bool("free-ports", false, "let the kernel choose every port that no flag names; see the file ready")
	ports := at.ports()
	for _, p := range ports {
		flags.StringVar(p.address, p.flag, *p.address, p.help)
	}
	if err := flags.Parse(args); err != nil {
		return o, 0, err
	}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for _, p := range ports {
		if *freely && !given[p.flag] {
			*p.address = "127.0.0.1:0"
		}
	}
	o.at = at
	switch {
	case flags.NArg() > 0:
		return o, 0, fmt.Errorf("%q: flags only", flags.Arg(0))
	case o.dir == "":
		return o, 0, errors.New("-dir: want a folder for the wires")
	}
	return o, speed, nil
}

func serve(ctx context.Context, args []string, out io.Writer) error {
	o, speed, err := options(args)
	if err != nil {
		return err
	}
	f, err := start(o)
	if err != nil {
		return err
	}
	err = f.hurry(speed)
	if err == nil && o.story != "" {
		err = f.tellStory(o.story)
	}
	if err == nil {
		fmt.Fprintf(out, "模拟现场 simulated site: http://%s/  (%s)\n", f.at.Page, o.dir)
		<-ctx.Done()
	}
	return errors.Join(err, f.close())
}
