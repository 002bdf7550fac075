package conformance

import (
	"fmt"
	"os"
	"path/filepath"

	"watchbox/firmware/app"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// bare is a device that only says which points it has.
type bare struct{ points []point.Point }

func (b bare) Describe() []point.Point { return b.points }

func (b bare) Close() error { return nil }

// fit describes the contacts and outputs of the site, and further points.
func fit(site *config.Site, more []point.Point) app.Fittings {
	points := more
	for _, in := range site.Inputs {
		points = append(points, point.Point{Name: in.Point, Label: in.Label, Room: in.Room, Kind: point.Bool, Urgent: true})
	}
	for _, out := range site.Outputs {
		points = append(points, point.Point{Name: out.Point, Label: out.Label, Room: out.Room, Kind: point.Bool})
	}
	for _, d := range site.Doors {
		for _, reader := range []point.Name{d.Reader, d.ExitReader} {
			if reader != "" {
				points = append(points, point.Point{Name: reader, Room: d.Room, Kind: point.Text, Urgent: true})
			}
		}
	}
	var device driver.Device = bare{points}
	return app.Fittings{Devices: []app.Fitted{{Spec: config.Device{ID: "terminals"}, First: true, Device: device}}}
}

// load reads a site of the folder sites, strictly.
func load(name string, more []point.Point) (*config.Site, app.Fittings, error) {
	data, err := os.ReadFile(filepath.Join("sites", name+".yaml"))
	if err != nil {
		return nil, app.Fittings{}, err
	}
	site, problems := config.Parse(name+".yaml", data)
	if site == nil {
		return nil, app.Fittings{}, fmt.Errorf("%v", problems)
	}
	f := fit(site, more)
	world := config.World{Points: []point.Name{}}
	for _, p := range f.Devices[0].Device.Describe() {
		world.Points = append(world.Points, p.Name)
	}
	if problems = config.Validate(site, world); config.Refused(problems) {
		return nil, f, fmt.Errorf("%v", problems)
	}
	return site, f, nil
}
