// Command watchboxd is the daemon: flags and signals, then firmware/app. It
// wires the drivers, the box's decisions and the page together.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
	_ "time/tzdata" // the image has no zone files: the plain page shows local times

	"watchbox/cmd/wiring"
	"watchbox/drivers/gpio"
	"watchbox/drivers/system"
	"watchbox/firmware/app"
	"watchbox/firmware/config"
	"watchbox/web"
)

// version is set by the build: -ldflags "-X main.version=…".
var version = "development"

func main() {
	site := flag.String("site", "site.yaml", "the site file")
	data := flag.String("data", "data", "directory of the journal and the history")
	listen := flag.String("listen", "127.0.0.1:8080", "address of the page and the API")
	secrets := flag.String("secrets", "", "directory of the secrets (default: DATA/secrets)")
	trust := flag.String("trust", "/etc/watchbox/bundle.pub", "public keys of whom this box takes updates from")
	flag.Parse()
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	if *secrets == "" {
		*secrets = filepath.Join(*data, "secrets")
	}
	err := run(*site, *data, *listen, *secrets, *trust)
	if errors.Is(err, errRestart) || errors.Is(err, errAgain) {
		log.Print(err)
		os.Exit(exitStatus(err))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "watchboxd: %v\n", err)
		os.Exit(1)
	}
}

func run(site, data, listen, secretsDir, trust string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	secrets, err := secretsFrom(secretsDir)
	if err != nil {
		return err
	}
	clock := newClock()
	builder, err := wiring.New(data)
	if err != nil {
		return err
	}
	builder.Stamp = stamper(clock)
	var address atomic.Value // of the page, once it listens
	around, err := system.FindInit()
	if err != nil {
		log.Print(err)
	}
	again := &restarter{init: around, stop: stop}
	box, problems, err := app.New(app.Options{SitePath: site, DataDir: data, Builder: builder, Secrets: secrets,
		Clock: clock, Log: log.Printf, Exit: exit, Version: version, Updates: updates(data, trust), Restart: again.ask,
		SecretsDir: secretsDir, Again: again.daemon,
		Page: func(ctx context.Context) error { return alive(ctx, address.Load()) }})
	for _, p := range problems {
		log.Printf("%s", p)
	}
	if err != nil {
		return err
	}
	go reloads(ctx, box)
	page := &http.Server{}
	err = box.Run(ctx, armed, func() { address.Store(serve(box, page, listen)) })
	leave, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return errors.Join(err, page.Shutdown(leave), again.wanted())
}

// armed tells people and init that the box guards: from now on the daemon
// commands the outputs, and no hold time runs.
func armed() {
	log.Printf("armed: panic and tamper are guarded, %v after the start", sinceExec().Round(time.Millisecond))
	if err := gpio.TakeOver(); err != nil {
		log.Print(err)
	}
}

// secretsFrom reads the secrets; a directory that is not there has none.
func secretsFrom(dir string) (config.Secrets, error) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return func(string) (string, bool) { return "", false }, nil
	}
	return config.SecretsFrom(dir)
}

// serve opens the page and tells where, or "". A port that is taken does not stop the guard.
func serve(box *app.App, page *http.Server, listen string) string {
	server := web.New(box, web.Options{Language: "zh", Version: version, Log: log.Printf, Now: newClock()})
	*page = *server.HTTP()
	l, err := net.Listen("tcp", listen)
	if err != nil {
		log.Printf("page: %v: the box guards on without it", err)
		return ""
	}
	log.Printf("page: http://%s/", l.Addr())
	if code := box.SetupCode(); code != "" {
		log.Printf("set-up code: %s (once, to make the first administrator)", code)
	}
	go func() {
		if err := page.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Printf("page: %v", err)
		}
	}()
	return "http://" + l.Addr().String()
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
