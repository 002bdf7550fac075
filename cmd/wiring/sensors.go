package wiring

import (
	"fmt"
	"strings"

	"watchbox/board"
	"watchbox/drivers/onewire"
	"watchbox/firmware/config"
)

// busFolder is where the kernel shows a bus of sensors.
func busFolder(site *config.Site, p *board.Profile, bus, kind string) (string, error) {
	for _, b := range site.Buses {
		if b.ID != bus {
			continue
		}
		if port, ok := p.Port(b.Terminal); ok && port.Kind == kind {
			return board.Expand(port.Path)
		}
		return "", fmt.Errorf("bus %q: terminal %q of the board %s is no %s", bus, b.Terminal, p.Name, kind)
	}
	return "", fmt.Errorf("bus %q: the site has none of that name", bus)
}

// chainOf is a 1-Wire chain with the sensors that the site file names on it.
func chainOf(site *config.Site, p *board.Profile, bus string) (onewire.Chain, error) {
	folder, err := busFolder(site, p, bus, "1-wire")
	return onewire.Chain{Master: folder, Named: romsOf(site, bus)}, err
}

func romsOf(site *config.Site, bus string) (roms []string) {
	for _, d := range site.Devices {
		if d.Driver == "onewire" && d.Bus == bus && d.Address != "" {
			roms = append(roms, strings.ToLower(d.Address))
		}
	}
	return roms
}
