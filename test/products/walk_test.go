// Package products holds every map that is shipped against its recording: the device
// is played by the fakes of the drivers, and read by the drivers themselves.
package products

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/maps/mapstest"
	"watchbox/drivers/modbus"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/drivers/ydt1363"
	"watchbox/drivers/ydt1363/ydt1363test"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

const recordings = "../../drivers/maps/testdata"

func load(t *testing.T, name string) (*maps.Map, *mapstest.Recording) {
	t.Helper()
	m, err := maps.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(recordings, name+".rec"))
	if err != nil {
		t.Fatalf("every map has a recording: %v", err)
	}
	r, err := mapstest.Parse(data)
	if err != nil {
		t.Fatalf("%s.rec: %v", name, err)
	}
	return m, r
}

// TestEveryMap reads each product with its map. What comes is what the recording
// says, for every point; no request asks for more than the product allows, nor
// reads over more unused addresses than the map allows: they refuse the request.
func TestEveryMap(t *testing.T) {
	for _, name := range maps.Names() {
		t.Run(name, func(t *testing.T) {
			m, r := load(t, name)
			got, err := read(t, m, m, r)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, m, r, got)
			if came, of := m.Fits(qualities(got)); came != of {
				t.Errorf("its own recording fits %d of %d of the fingerprint %v", came, of, m.Fingerprint)
			}
		})
	}
}

// TestEveryRecordingHasAMap finds one that was left behind.
func TestEveryRecordingHasAMap(t *testing.T) {
	err := filepath.WalkDir(recordings, func(path string, d os.DirEntry, err error) error {
		if name, is := strings.CutSuffix(path, ".rec"); is && err == nil {
			if rel, _ := filepath.Rel(recordings, name); !slices.Contains(maps.Names(), filepath.ToSlash(rel)) {
				t.Errorf("recording %s has no map", rel)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNamesakesAreToldApart: two boards are sold as DAM0404D, and each map refuses
// the other's board.
func TestNamesakesAreToldApart(t *testing.T) {
	for _, c := range [][2]string{{"dam0404", "dam0404d"}, {"dam0404d", "dam0404"}, {"xymd02", "klha/jwst-20"}} {
		m, _ := load(t, c[0])
		other, r := load(t, c[1])
		got, err := read(t, m, other, r)
		if came, of := m.Fits(qualities(got)); err == nil || came == of {
			t.Errorf("map %s fits %s: %d of %d, %v", c[0], c[1], came, of, err)
		}
	}
}

// compare wants each point once, as recorded.
func compare(t *testing.T, m *maps.Map, r *mapstest.Recording, got map[string]point.Sample) {
	t.Helper()
	wanted := map[string]bool{}
	for _, w := range r.Want {
		if wanted[w.Item] = true; m.Point(w.Item) == nil {
			t.Errorf("the map has no %s", w.Item)
			continue
		}
		if s := got[w.Item]; s.Value.String() != w.Value || s.Quality != w.Quality {
			t.Errorf("%s: %q %v, recorded %q %v", w.Item, s.Value, s.Quality, w.Value, w.Quality)
		}
	}
	for _, p := range m.Points {
		if !wanted[p.Item] {
			t.Errorf("%s is not in the recording", p.Item)
		}
	}
}

func qualities(got map[string]point.Sample) map[string]point.Quality {
	all := map[string]point.Quality{}
	for item, s := range got {
		all[item] = s.Quality
	}
	return all
}

// read asks the product other, whose recording is r, everything that m wants to
// know. What failed is joined.
func read(t *testing.T, m, other *maps.Map, r *mapstest.Recording) (got map[string]point.Sample, err error) {
	got = map[string]point.Sample{}
	synctest.Test(t, func(t *testing.T) {
		line := driver.Line{Baud: 9600, Parity: "none"}
		port, end := modbustest.Wire()
		p := pair.New("rs485-1", func() (driver.Port, error) { return port, nil }, line)
		served := make(chan struct{})
		go func() { defer close(served); serve(end, line, other, r) }()
		defer func() { p.Close(); end.Close(); <-served }()
		d, made := device(m, p, line)
		if made != nil {
			err = made
			return
		}
		for i, b := range d.Blocks() {
			err = errors.Join(err, fits(m, b), poll(d, i, got))
		}
	})
	return got, err
}

func poll(d driver.Poller, i int, got map[string]point.Sample) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*d.Blocks()[i].Timeout)
	defer cancel()
	return d.Poll(ctx, i, func(s point.Sample) { got[s.Point.Item()] = s })
}

func device(m *maps.Map, p *pair.Pair, line driver.Line) (driver.Poller, error) {
	spec := driver.Spec{Name: "device1", Unit: 1, Map: m.Name}
	if m.Protocol == maps.YDT1363 {
		return ydt1363.New(spec, m, p)
	}
	return modbus.New(spec, m, modbus.NewRTU("rs485-1", p))
}

// fits holds the size of a request to the map: "holding 0x2af8+24".
func fits(m *maps.Map, b driver.Block) error {
	var table string
	var from, count int
	if m.Protocol != maps.Modbus {
		return nil
	}
	if _, err := fmt.Sscanf(b.Name, "%s 0x%x+%d", &table, &from, &count); err != nil {
		return fmt.Errorf("block %q: %w", b.Name, err)
	}
	most := m.Registers
	if table == maps.Coil.String() || table == maps.Discrete.String() {
		most = m.Bits
	}
	if count > most {
		return fmt.Errorf("block %q asks for more than %d", b.Name, most)
	}
	if m.Single && len(b.Points) > 1 && !sameCell(m, b) {
		return fmt.Errorf("block %q reads several quantities at once", b.Name)
	}
	return nil
}

// sameCell is true when all points of the block are in the same registers.
func sameCell(m *maps.Map, b driver.Block) bool {
	first := m.Point(b.Points[0].Item())
	return !slices.ContainsFunc(b.Points, func(n point.Name) bool {
		p := m.Point(n.Item())
		return p.Address != first.Address || p.Width() != first.Width()
	})
}

// serve plays the product: it has what the recording says, and refuses the rest.
func serve(end interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
}, line driver.Line, m *maps.Map, r *mapstest.Recording) {
	if m.Protocol == maps.YDT1363 {
		p := &ydt1363test.Plant{Char: pair.PaceOf(line).Char}
		u := p.Unit(1, m.Class, m.Versions[0])
		for q, info := range r.Info {
			u.AnswerTo(q.Command, q.Of(1).Ask, func() []byte { return slices.Clone(info) })
		}
		_ = p.Serve(end) // until the wire is cut
		return
	}
	p := modbustest.New()
	u := p.Unit(1)
	u.Turnaround(10 * time.Millisecond)
	for t, cells := range r.Cells {
		for at, v := range cells {
			u.Set(t, at, v)
		}
	}
	for _, h := range holes(m) {
		u.Zero(h.table, h.from, h.count)
	}
	_ = p.ServeRTU(end, line) // until the wire is cut
}

// hole is a run of unused addresses that the map lets one read over.
type hole struct {
	table maps.Table
	from  uint16
	count int
}

func holes(m *maps.Map) (all []hole) {
	for t := maps.Coil; t <= maps.Input; t++ {
		for rank := maps.Alarm; rank <= maps.Statistic; rank++ {
			end := -1
			for _, p := range ordered(m, t, rank) {
				if gap := int(p.Address) - end; end >= 0 && gap > 0 && gap <= m.Gap {
					all = append(all, hole{t, uint16(end), gap})
				}
				end = max(end, int(p.Address)+p.Width())
			}
		}
	}
	return all
}

func ordered(m *maps.Map, t maps.Table, rank maps.Rank) (all []maps.Point) {
	for _, p := range m.Points {
		if p.Table == t && p.Rank == rank {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b maps.Point) int { return int(a.Address) - int(b.Address) })
	return all
}
