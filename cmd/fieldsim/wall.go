package main

import (
	"fmt"
	"strings"

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

// wall is the status wall of network pixels.
type wall struct{ *ledwalltest.Receiver }

func newWall(address string) (*wall, error) {
	r, err := ledwalltest.Listen(address, nil)
	if err != nil {
		return nil, fmt.Errorf("wall: %w", err)
	}
	return &wall{r}, nil
}

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
