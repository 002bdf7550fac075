package wiring

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"

	"watchbox/board"
	"watchbox/drivers/ledwall"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// wall is the display of the site: its lamps on the device d, its text on a
// device of its own, or behind the lamps.
func wall(d config.Device, site *config.Site, p *board.Profile) (*ledwall.Wall, error) {
	lamps, err := strip(d, p, 0)
	if err != nil || site.Wall.Text == nil {
		return ledwall.NewWall(lamps, nil, nil), err
	}
	text := d
	if id := site.Wall.Text.Device; id != "" && id != d.ID {
		if text, err = named(site, id); err != nil {
			return nil, err
		}
	}
	m, err := matrix(text, site)
	if err != nil {
		return nil, err
	}
	if text.ID == d.ID && d.Options["kind"] == "apa102" { // one chain
		return ledwall.NewWall(lamps, nil, m), nil
	}
	s, err := strip(text, p, behind(text, site))
	if err != nil {
		return nil, err
	}
	return ledwall.NewWall(lamps, s, m), nil
}

func named(site *config.Site, id string) (config.Device, error) {
	i := slices.IndexFunc(site.Devices, func(d config.Device) bool { return d.ID == id })
	if i < 0 {
		return config.Device{}, fmt.Errorf("wall: text: no device %s", id)
	}
	return site.Devices[i], nil
}

// behind is how many pixels of the device are lamps, when the wall's text follows
// them on it; else 0.
func behind(d config.Device, site *config.Site) int {
	w := site.Wall
	if w == nil || w.Text == nil || w.Device != d.ID || w.Text.Device != "" && w.Text.Device != d.ID {
		return 0
	}
	return lampPixels(site)
}

// lampPixels is how many pixels the lamps of the wall take.
func lampPixels(site *config.Site) int {
	w := site.Wall
	n := len(w.Rooms) * len(w.Rows) * max(w.Pixels, 1)
	if w.Heartbeat {
		n++
	}
	return n
}

// matrix draws the text of the site's wall for the device; nil when the wall has
// no text. How the pixels hang together is the device's own option.
func matrix(d config.Device, site *config.Site) (*ledwall.Matrix, error) {
	width, height := 1, 1
	if site.Wall != nil && site.Wall.Text != nil {
		width, height = site.Wall.Text.Width, max(site.Wall.Text.Height, 16)
	}
	m, err := ledwall.NewMatrix(width, height, d.Options["order"])
	if err != nil {
		return nil, fmt.Errorf("device %s: %w", d.ID, err)
	}
	return m, nil
}

// strip is one run of pixels: a chain on an SPI terminal, or a network one that
// begins behind so many pixels of the device's first universe.
func strip(d config.Device, p *board.Profile, behind int) (ledwall.Strip, error) {
	if d.Options["kind"] == "apa102" {
		conn, err := chain(p, d.Address)
		if err != nil {
			return nil, fmt.Errorf("device %s: %w", d.ID, err)
		}
		return ledwall.NewAPA102(conn), nil
	}
	s, err := network(d, behind)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// network is a strip that is fed over the LAN; nothing is sent yet. Pixels behind
// others begin at the next universe, or at the option text-universe.
func network(d config.Device, behind int) (*ledwall.SACN, error) {
	universe, err := universeOf(d, "universe", 1)
	if err != nil {
		return nil, err
	}
	if behind > 0 {
		if universe, err = textUniverse(d, universe+(behind+ledwall.PixelsInUniverse-1)/ledwall.PixelsInUniverse); err != nil {
			return nil, err
		}
	}
	var cid [16]byte
	sum := sha256.Sum256([]byte("watchbox wall " + d.ID + " " + d.Address))
	copy(cid[:], sum[:])
	s, err := ledwall.NewSACN(d.Address, universe, cid)
	if err != nil {
		return nil, fmt.Errorf("device %s: %w", d.ID, err)
	}
	return s, nil
}

// textUniverse is where the text of a wall begins whose lamps end before first.
func textUniverse(d config.Device, first int) (int, error) {
	n, err := universeOf(d, "text-universe", first)
	if err == nil && n < first {
		return 0, driver.BadOption("text-universe", strconv.Itoa(n), point.Words{Zh: fmt.Sprintf("不小于 %d：前面是灯", first), En: fmt.Sprintf("%d or more: the lamps come before it", first)})
	}
	return n, err
}

func universeOf(d config.Device, option string, standard int) (int, error) {
	text := d.Options[option]
	if text == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, driver.BadOption(option, text, point.Words{Zh: "整数", En: "a whole number"})
	}
	return n, nil
}
