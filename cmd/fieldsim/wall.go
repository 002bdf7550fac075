package main

import (
	"fmt"

	"watchbox/drivers/ledwall/ledwalltest"
)

// What site.yaml shows: states per room, and pixels of each.
const (
	wallRows   = 5
	wallPixels = 2
)

// wall is the status wall of network pixels.
type wall struct{ *ledwalltest.Receiver }

func newWall(address string) (*wall, error) {
	r, err := ledwalltest.Listen(address, nil)
	if err != nil {
		return nil, fmt.Errorf("wall: %w", err)
	}
	return &wall{r}, nil
}

// colours are the pixels as CSS colours, in the order of the chain; none while
// no box lights the wall.
func (w *wall) colours() []string {
	css := []string{}
	if w.Lost() {
		return css
	}
	frame, _ := w.Latest()
	for _, p := range frame {
		css = append(css, fmt.Sprintf("#%02x%02x%02x", p.R, p.G, p.B))
	}
	return css
}
