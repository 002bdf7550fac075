// Command watchboxd is the daemon: flags and signals, then firmware/app. It
// wires the drivers, the box's decisions and the page together.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
	_ "time/tzdata" // the image has no zone files: the plain page shows local times

	"watchbox/cmd/wiring"
	"watchbox/drivers/all"
	"watchbox/drivers/gpio"
	"watchbox/drivers/modbusserver"
	"watchbox/drivers/system"
	"watchbox/drivers/system/stick"
	"watchbox/firmware/app"
	"watchbox/firmware/bus"
	"watchbox/firmware/config"
)

// version is set by the build: -ldflags "-X main.version=…".
var version = "development"

// options are the flags.
type options struct{ site, standard, data, listen, tls, secrets, trust string }

func main() {
	var o options
	flag.StringVar(&o.site, "site", "site.yaml", "the site file")
	flag.StringVar(&o.standard, "standard", "", "the site file to guard by when no other can be used")
	flag.StringVar(&o.data, "data", "data", "directory of the journal and the history")
	flag.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address of the page and the API")
	flag.StringVar(&o.tls, "tls", "", "directory of cert.pem and key.pem: the page is served over TLS only")
	flag.StringVar(&o.trust, "trust", "/etc/watchbox/bundle.pub", "public keys of whom this box takes updates from")
	flag.StringVar(&o.secrets, "secrets", "", "directory of the secrets (default: DATA/secrets)")
	flag.Parse()
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	if o.secrets == "" {
		o.secrets = filepath.Join(o.data, "secrets")
	}
	err := run(o)
	if errors.Is(err, errRestart) || errors.Is(err, errAgain) {
		log.Print(err)
		os.Exit(exitStatus(err))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "watchboxd: %v\n", err)
		os.Exit(1)
	}
}

func run(o options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	init, err := system.FindInit()
	if err != nil {
		log.Print(err)
	}
	notes := system.ReadNotes(system.RunFolder)
	secrets, err := secretsFrom(o.secrets, notes.Lost != nil)
	if err != nil {
		return err
	}
	clock := newClock()
	builder, err := wiring.New(o.data)
	if err != nil {
		return err
	}
	builder.Stamp = stamper(clock)
	holder, err := gpio.FindHolder()
	if err != nil {
		log.Print(err)
	}
	builder.Holds = func(holds map[string]time.Duration) { report(holder.Declare(holds)) }
	var address atomic.Value // of the page, once it listens
	slots, gate, state := updates(o.data, o.trust)
	again := &restarter{init: init, stop: stop}
	box, problems, err := app.New(app.Options{SitePath: o.site, Standard: o.standard, DataDir: o.data, Builder: builder, Maps: builder.Maps(), Secrets: secrets,
		Clock: clock, Log: log.Printf, Pet: init.Pet, Exit: exit, Machine: machine(notes, init, state),
		Version: version, Updates: slots, Sticks: stick.Sticks{Sys: "/sys", Dev: "/dev"}, Gate: gate, Restart: again.ask, SecretsDir: o.secrets, Again: again.daemon,
		Ledger: ledgerIn(state), Held: system.Held, Registers: modbusserver.New(version, log.Printf), Proxy: modbusserver.NewProxy(log.Printf, builder),
		Dissector: func() bus.Dissector { return &all.Dissector{} }, Survey: builder.Survey,
		SetupCode: func(code string) { log.Printf("set-up code: %s (once, to make the first administrator)", code) },
		Page:      func(ctx context.Context) error { return alive(ctx, address.Load()) }})
	for _, p := range problems {
		log.Printf("%s", p)
	}
	if err != nil {
		return err
	}
	go reloads(ctx, box)
	page := &http.Server{}
	err = box.Run(ctx, func() { armed(holder) }, func() { serve(box, page, o, func(url string) { address.Store(url) }) })
	leave, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return errors.Join(err, page.Shutdown(leave), again.wanted())
}

// armed tells people and init that the box guards: from now on the daemon
// commands the outputs, and no hold time runs.
func armed(holder *gpio.Holder) {
	log.Printf("armed: panic and tamper are guarded, %v after the start", sinceExec().Round(time.Millisecond))
	report(holder.TakeOver())
}

func report(err error) {
	if err != nil {
		log.Print(err)
	}
}

// secretsFrom reads the secrets; a directory that is not there has none. A box that lost
// its data lost them too: what needs none guards.
func secretsFrom(dir string, lost bool) (config.Secrets, error) {
	secrets := config.Secrets(func(string) (string, bool) { return "", false })
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		if secrets, err = config.SecretsFrom(dir); err != nil {
			return nil, err
		}
	}
	if lost {
		secrets = config.Forgiving(secrets)
	}
	return secrets, nil
}

// reloads takes the site file again at each SIGHUP.
func reloads(ctx context.Context, box *app.App) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			if err := box.Reload(ctx, "box"); err != nil {
				log.Printf("reload: %v", err)
			}
		}
	}
}

// exit ends a daemon that makes no progress; init starts it again.
func exit(why string) {
	log.Printf("leaving for a restart: %s", why)
	os.Exit(3)
}
