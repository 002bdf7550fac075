package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"watchbox/drivers/ledwall/ledwalltest"
	"watchbox/firmware/annunciate"
)

// What site.yaml shows: states per room, and pixels of each.
const (
	wallRows   = 5
	wallPixels = 2
	wallRooms  = 2
	textWidth  = 96 // pixels of the matrix
	textHeight = 16
)

// wall is the status wall of network pixels. Its controller has a page of its own,
// as real ones do: a connection to it is all that tells a wall without power.
type wall struct {
	*ledwalltest.Receiver
	mutex sync.Mutex
	page  net.Listener // nil while it has no power
}

func newWall(address string) (w *wall, err error) {
	for range 5 { // a free port for pixels need not be one for the page
		if w, err = listenWall(address); err == nil {
			return w, nil
		}
	}
	return nil, fmt.Errorf("wall: %w", err)
}

func listenWall(address string) (*wall, error) {
	r, err := ledwalltest.Listen(address, nil)
	if err != nil {
		return nil, err
	}
	w := &wall{Receiver: r}
	if err := w.power(true); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return w, nil
}

// power switches the wall's controller on or off.
func (w *wall) power(on bool) (err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.Misbehave(!on)
	switch {
	case on && w.page == nil:
		if w.page, err = net.Listen("tcp", w.Addr()); err != nil {
			w.page = nil
			return err
		}
		go greet(w.page)
	case !on && w.page != nil:
		err, w.page = w.page.Close(), nil
	}
	return err
}

// greet takes each connection and ends it: nobody reads the page here.
func greet(page net.Listener) {
	for {
		conn, err := page.Accept()
		if err != nil {
			return
		}
		conn.Close()
	}
}

func (w *wall) close() error { return errors.Join(w.power(false), w.Close()) }

// matrix is the wall's text part as it looks.
type matrix struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Pixels string `json:"pixels"` // rrggbb of each, row by row; empty while it is dark
}

// colours are the lamps' pixels as CSS colours, in the order of the chain; none
// while no box lights the wall.
func (w *wall) colours() []string {
	css := []string{}
	for _, p := range w.pixels(0, wallRooms*wallRows*wallPixels) {
		css = append(css, fmt.Sprintf("#%02x%02x%02x", p.R, p.G, p.B))
	}
	return css
}

// text is the matrix, whose universes follow those of the lamps.
func (w *wall) text() matrix {
	m := matrix{Width: textWidth, Height: textHeight}
	var hex strings.Builder
	for _, p := range w.pixels(wallRooms*wallRows*wallPixels, textWidth*textHeight) {
		fmt.Fprintf(&hex, "%02x%02x%02x", p.R, p.G, p.B)
	}
	m.Pixels = hex.String()
	return m
}

// pixels are at most n of those that the wall shows, from the first on.
func (w *wall) pixels(first, n int) annunciate.Frame {
	frame, _ := w.Latest()
	if w.Lost() || len(frame) <= first {
		return nil
	}
	return frame[first:min(first+n, len(frame))]
}
