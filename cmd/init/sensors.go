package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"watchbox/board"
	"watchbox/drivers/i2c"
	"watchbox/firmware/config"
)

// How long a sensor that is plugged in later waits to be found: longer and longer,
// as each look leaves two lines in the kernel's log.
const firstLook, lastLook = 10 * time.Second, 5 * time.Minute

// sensorsMain is the process `init sensors BOARD`: it tells the kernel of the chips
// that the site file names on the board's I²C terminals. The daemon has no right to,
// and the file comes from it, so PID 1 does not read it. SIGHUP tells that the file
// changed, SIGTERM ends the process; the kernel keeps what it knows.
func sensorsMain(name string) {
	log.SetPrefix("sensors: ")
	profile, err := board.Load(name)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGHUP)
	said, pause := map[i2c.Bus]string{}, firstLook
	for ctx.Err() == nil {
		if attachAll(wantedChips(wantedSite(dataFolder), profile), said) {
			pause = firstLook
		}
		select {
		case <-ctx.Done():
		case <-changed:
			pause = firstLook
		case <-time.After(pause):
			pause = min(2*pause, lastLook)
		}
	}
}

// wantedChips are those that the site file names, by bus and address; a bus without
// one is there too, so that what was there is forgotten. Entries that cannot be used
// are left out: the daemon refuses them with their place. Pure.
func wantedChips(site *config.Site, p *board.Profile) map[i2c.Bus]map[int]string {
	all, called := map[i2c.Bus]map[int]string{}, map[string]i2c.Bus{}
	for _, port := range p.Ports {
		if port.Kind != "i2c" {
			continue
		}
		bus := i2c.Bus{Adapter: port.Path}
		all[bus] = map[int]string{}
		for _, b := range site.Buses {
			if b.Terminal == port.Terminal {
				called[b.ID] = bus
			}
		}
	}
	for _, d := range site.Devices {
		bus, known := called[d.Bus]
		address, wrong := i2c.ParseAddress(d.Address)
		if chip := d.Options["chip"]; d.Driver == "i2c" && known && wrong == nil && i2c.ParseChip(chip) == nil {
			all[bus][address] = chip
		}
	}
	return all
}

// attachAll says what is wrong with a bus when that changes.
func attachAll(wanted map[i2c.Bus]map[int]string, said map[i2c.Bus]string) (news bool) {
	for bus, chips := range wanted {
		err := bus.Attach(chips)
		now := fmt.Sprintf("%s: %d sensors are there", bus, len(chips))
		if err != nil {
			now = err.Error()
		}
		if said[bus] != now && (said[bus] != "" || err != nil || len(chips) > 0) {
			log.Print(now)
			news = true
		}
		said[bus] = now
	}
	return news
}
