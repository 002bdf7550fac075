package modbus

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/pair"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func TestDecode(t *testing.T) {
	real, none := point.OfReal, point.Value{}
	bad, unsure := point.BadBecause, point.UncertainBecause
	states := map[int64]point.Words{2: {Zh: "市电", En: "mains"}}
	low, high := 0.0, 100.0
	f32 := func(f float32) []byte {
		b := math.Float32bits(f)
		return []byte{byte(b >> 24), byte(b >> 16), byte(b >> 8), byte(b)}
	}
	for _, c := range []struct {
		name string
		p    maps.Point
		data []byte
		want point.Value
		q    point.Quality
	}{
		{"u16", maps.Point{Scale: 0.1, Unit: "V"}, []byte{0x09, 0x0b}, real(231.5), point.Quality{}},
		{"u16 whole", maps.Point{Scale: 1}, []byte{0xff, 0xfe}, point.OfInt(65534), point.Quality{}},
		{"minus 20.5", maps.Point{Type: maps.S16, Scale: 0.1, Unit: "°C"}, []byte{0xff, 0x33}, real(-20.5), point.Quality{}},
		{"offset", maps.Point{Scale: 0.5, Offset: -40, Unit: "°C"}, []byte{0, 100}, real(10), point.Quality{}},
		{"u32", maps.Point{Type: maps.U32, Scale: 1, Unit: "s"}, []byte{0, 1, 0, 2}, real(65538), point.Quality{}},
		{"u32 low word first", maps.Point{Type: maps.U32, Scale: 1, LowFirst: true}, []byte{0, 2, 0, 1}, point.OfInt(65538), point.Quality{}},
		{"s32", maps.Point{Type: maps.S32, Scale: 1}, []byte{0xff, 0xff, 0xff, 0xfe}, point.OfInt(-2), point.Quality{}},
		{"counter", maps.Point{Type: maps.U32, Scale: 1, Counter: true}, []byte{0xff, 0xff, 0xff, 0xff}, point.OfCount(math.MaxUint32), point.Quality{}},
		{"float", maps.Point{Type: maps.Float32, Scale: 1, Unit: "V"}, f32(231.4), real(231.4), point.Quality{}},
		{"not a number", maps.Point{Type: maps.Float32, Scale: 1}, f32(float32(math.NaN())), none, bad(point.OutOfRange)},
		{"infinite", maps.Point{Type: maps.Float32, Scale: 1}, f32(float32(math.Inf(1))), none, bad(point.OutOfRange)},
		{"not there", maps.Point{Scale: 0.1, Unit: "V", Invalid: []uint32{0x7fff}}, []byte{0x7f, 0xff}, none, bad(point.NotPresent)},
		{"filler of 32 bits", maps.Point{Type: maps.U32, Scale: 1, Invalid: []uint32{0xffffffff}}, []byte{255, 255, 255, 255}, none, bad(point.NotPresent)},
		{"too high", maps.Point{Scale: 1, Unit: "%", Max: &high}, []byte{0, 101}, none, bad(point.OutOfRange)},
		{"too low", maps.Point{Type: maps.S16, Scale: 1, Unit: "%", Min: &low}, []byte{255, 255}, none, bad(point.OutOfRange)},
		{"state", maps.Point{Scale: 1, States: states}, []byte{0, 2}, point.OfInt(2), point.Quality{}},
		{"state without a name", maps.Point{Scale: 1, States: states}, []byte{0, 9}, point.OfInt(9), unsure(point.OutOfRange)},
		{"text", maps.Point{Scale: 1, Texts: map[int64]string{2: "OL"}}, []byte{0, 2}, point.OfText("OL"), point.Quality{}},
		{"text without a name", maps.Point{Scale: 1, Texts: map[int64]string{2: "OL"}}, []byte{0, 7}, point.OfText("7"), unsure(point.OutOfRange)},
		{"bit 15", maps.Point{Type: maps.Bit, Bit: 15}, []byte{0x80, 0}, point.OfBool(true), point.Quality{}},
		{"bit 0", maps.Point{Type: maps.Bit}, []byte{0x80, 0}, point.OfBool(false), point.Quality{}},
		{"any", maps.Point{Type: maps.Any, Masks: []uint16{1, 4}}, []byte{0, 2, 0, 4}, point.OfBool(true), point.Quality{}},
		{"none of them", maps.Point{Type: maps.Any, Masks: []uint16{1, 4}}, []byte{0, 2, 0, 3}, point.OfBool(false), point.Quality{}},
		{"part of a register", maps.Point{Scale: 1, Mask: 0x0380}, []byte{0xfe, 0xff}, point.OfInt(5), point.Quality{}},
		{"characters", maps.Point{Type: maps.ASCII, Length: 2, Scale: 1}, []byte("UPS "), point.OfText("UPS"), point.Quality{}},
		{"no characters", maps.Point{Type: maps.ASCII, Length: 2, Scale: 1}, []byte{0, 0, 0x20, 0}, none, bad(point.NotPresent)},
		{"cut off", maps.Point{Type: maps.U32, Scale: 1}, []byte{0, 2}, none, bad(point.CommFailure)},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.p.Table, c.p.Address = maps.Holding, 100
			if v, q := decode(&c.p, 100, c.data); v != c.want || q != c.q {
				t.Errorf("got %v %v, want %v %v", v, q, c.want, c.q)
			}
			// The same in the middle of a block.
			if v, q := decode(&c.p, 98, append([]byte{9, 9, 9, 9}, c.data...)); v != c.want || q != c.q {
				t.Errorf("behind two registers: got %v %v, want %v %v", v, q, c.want, c.q)
			}
		})
	}
	p := maps.Point{Table: maps.Discrete, Address: 9, Type: maps.Bit}
	if v, _ := decode(&p, 0, []byte{0, 2}); !v.Truth() {
		t.Error("discrete input 9 was not seen")
	}
	if _, q := decode(&p, 0, []byte{0}); q.Usable() {
		t.Error("a bit beyond the answer is usable")
	}
}

func TestEncodeIsTheWayBack(t *testing.T) {
	for _, c := range []struct {
		p    maps.Point
		v    point.Value
		want string
	}{
		{maps.Point{Scale: 0.1}, point.OfReal(21.5), "[215]"},
		{maps.Point{Type: maps.S16, Scale: 0.1}, point.OfReal(-20.5), "[65331]"},
		{maps.Point{Scale: 1}, point.OfBool(true), "[1]"},
		{maps.Point{Type: maps.U32, Scale: 1}, point.OfInt(65538), "[1 2]"},
		{maps.Point{Type: maps.U32, Scale: 1, LowFirst: true}, point.OfInt(65538), "[2 1]"},
		{maps.Point{Type: maps.S32, Scale: 1}, point.OfInt(-2), "[65535 65534]"},
		{maps.Point{Type: maps.Float32, Scale: 1}, point.OfReal(1), "[16256 0]"},
		{maps.Point{Scale: 1}, point.OfInt(70000), "does not fit"},
		{maps.Point{Type: maps.S16, Scale: 1}, point.OfInt(-32769), "does not fit"},
		{maps.Point{Scale: 1}, point.OfText("on"), "not a number"},
		{maps.Point{Scale: 1, Max: new(1.0)}, point.OfInt(2), "out of range"},
	} {
		words, err := encode(&c.p, c.v)
		got := fmt.Sprint(words)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) || err != nil && !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("%v as %s: %s, want %s", c.v, c.p.Type, got, c.want)
		}
	}
}

// holdings makes points of the addresses.
func holdings(rank maps.Rank, addresses ...uint16) (all []maps.Point) {
	for _, a := range addresses {
		all = append(all, maps.Point{Table: maps.Holding, Address: a, Scale: 1, Rank: rank})
	}
	return all
}

func TestPlan(t *testing.T) {
	wide := maps.Point{Table: maps.Holding, Address: 9, Type: maps.U32, Scale: 1, Rank: maps.Measure}
	coils := []maps.Point{{Table: maps.Coil, Address: 0, Type: maps.Bit}, {Table: maps.Coil, Address: 30, Type: maps.Bit}}
	for _, c := range []struct {
		name   string
		m      maps.Map
		points []maps.Point
		want   string
	}{
		{"adjacent", maps.Map{Registers: 125}, holdings(maps.Measure, 0, 1, 2), "holding 0x0000+3"},
		{"in any order", maps.Map{Registers: 125}, holdings(maps.Measure, 2, 0, 1), "holding 0x0000+3"},
		{"a hole splits", maps.Map{Registers: 125}, holdings(maps.Measure, 0, 2), "holding 0x0000+1 holding 0x0002+1"},
		{"a hole that may be read", maps.Map{Registers: 125, Gap: 1}, holdings(maps.Measure, 0, 2), "holding 0x0000+3"},
		{"a hole too wide", maps.Map{Registers: 125, Gap: 1}, holdings(maps.Measure, 0, 3), "holding 0x0000+1 holding 0x0003+1"},
		{"the maximum", maps.Map{Registers: 2}, holdings(maps.Measure, 0, 1, 2), "holding 0x0000+2 holding 0x0002+1"},
		{"a point is not split", maps.Map{Registers: 10}, append(holdings(maps.Measure, 0, 1, 2, 3, 4, 5, 6, 7, 8), wide), "holding 0x0000+9 holding 0x0009+2"},
		{"alarms first", maps.Map{Registers: 125}, append(holdings(maps.Measure, 0, 1), holdings(maps.Alarm, 2, 3)...), "holding 0x0002+2 holding 0x0000+2"},
		{"one register, several points", maps.Map{Registers: 125}, holdings(maps.Alarm, 5, 5, 5), "holding 0x0005+1"},
		{"bits have their own maximum", maps.Map{Registers: 2, Bits: 100, Gap: 40}, coils, "coil 0x0000+31"},
		{"one request per point", maps.Map{Registers: 125, Single: true}, append(holdings(maps.Measure, 0, 1, 1), wide), "holding 0x0000+1 holding 0x0001+1 holding 0x0009+2"},
		{"the last register", maps.Map{Registers: 125}, holdings(maps.Measure, 65534, 65535), "holding 0xfffe+2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.m.Points = c.points
			var names []string
			n := 0
			for _, b := range plan(&c.m) {
				names = append(names, b.name())
				n += len(b.points)
			}
			if got := strings.Join(names, " "); got != c.want || n != len(c.points) {
				t.Errorf("planned %s for %d of %d points, want %s", got, n, len(c.points), c.want)
			}
		})
	}
}

// TestPlansOfTheMaps holds the plans of the shipped maps to what the products allow.
func TestPlansOfTheMaps(t *testing.T) {
	most := map[string]int{"huawei/ups2000": 7, "vertiv/intellislot-cooling": 4, "xymd02": 1, "dam0404": 2, "eastron/sdm630": 4}
	for _, name := range maps.Names() {
		m, err := maps.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		blocks, seen := plan(m), 0
		for _, b := range blocks {
			seen += len(b.points)
			if !b.table.Bits() && b.count > m.Registers || b.table.Bits() && b.count > m.Bits {
				t.Errorf("%s: %s asks for too much", name, b.name())
			}
			for _, i := range b.points {
				p := &m.Points[i]
				if p.Table != b.table || p.Address < b.address || int(p.Address)+p.Width() > int(b.address)+b.count {
					t.Errorf("%s: %s is not in %s", name, p.Item, b.name())
				}
			}
		}
		if seen != len(m.Points) {
			t.Errorf("%s: %d of %d points are read", name, seen, len(m.Points))
		}
		if limit, ok := most[name]; ok && len(blocks) > limit {
			t.Errorf("%s: %d requests, want at most %d", name, len(blocks), limit)
		}
	}
}

func load(t *testing.T, name string) *maps.Map {
	t.Helper()
	m, err := maps.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDeviceReadsWritesAndProbes(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		u := r.plant.Unit(7)
		u.Set(maps.Discrete, 0, 0, 1, 0, 1)
		u.Set(maps.Coil, 0, 0, 0, 0, 0)
		d, err := New(driver.Spec{Name: "io1", Room: "oc", Unit: 7}, load(t, "dam0404"), r.bus)
		if err != nil {
			t.Fatal(err)
		}
		got := pollAll(t, d)
		if got["io1/contact1"].Truth() || !got["io1/contact2"].Truth() || !got["io1/contact4"].Truth() || got["io1/relay3"].Truth() {
			t.Errorf("read %v", got)
		}
		ctx := context.Background()
		if err := d.Write(ctx, "relay3", point.OfBool(true)); err != nil {
			t.Fatal(err)
		}
		if u.Value(maps.Coil, 2) != 1 || !pollAll(t, d)["io1/relay3"].Truth() {
			t.Error("the relay was not switched")
		}
		for _, item := range []string{"contact1", "relay9", ""} {
			if err := d.Write(ctx, item, point.OfBool(true)); !errors.Is(err, driver.ErrUnsupported) {
				t.Errorf("write %q: %v", item, err)
			}
		}
		if err := d.Probe(ctx); err != nil {
			t.Errorf("probe: %v", err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestASetPointIsWrittenElsewhere: this product shows a set-point in one register
// and takes it in another, and only within its range.
func TestASetPointIsWrittenElsewhere(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		u := r.plant.Unit(5)
		u.Zero(maps.Holding, 0, 300)
		u.Set(maps.Holding, 9, 24)
		u.Set(maps.Holding, 349, 0)
		d, err := New(driver.Spec{Name: "ac1", Unit: 5}, load(t, "vertiv/intellislot-cooling"), r.bus)
		if err != nil {
			t.Fatal(err)
		}
		for _, out := range []float64{17, 30, 25.0e9} {
			if err := d.Write(context.Background(), "setpoint.temperature", point.OfReal(out)); !errors.Is(err, driver.ErrUnsupported) {
				t.Errorf("write %v: %v", out, err)
			}
		}
		if err := d.Write(context.Background(), "setpoint.temperature", point.OfReal(22)); err != nil {
			t.Fatal(err)
		}
		if u.Value(maps.Holding, 349) != 22 || u.Value(maps.Holding, 9) != 24 {
			t.Errorf("40350 holds %d, 40010 %d", u.Value(maps.Holding, 349), u.Value(maps.Holding, 9))
		}
		for _, p := range d.Describe() {
			if p.Name == "ac1/setpoint.temperature" && (!p.Write || *p.Low != 18 || *p.High != 29 || p.Period != 5000) {
				t.Errorf("%+v", p)
			}
		}
	})
}

// pollAll polls every block once.
func pollAll(t *testing.T, d *Device) map[point.Name]point.Value {
	t.Helper()
	got := map[point.Name]point.Value{}
	for i, b := range d.Blocks() {
		ctx, cancel := context.WithTimeout(context.Background(), b.Timeout)
		err := d.Poll(ctx, i, func(s point.Sample) {
			if s.Quality == (point.Quality{}) {
				got[s.Point] = s.Value
			}
		})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func TestDeviceErrorsNameTheirPlace(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		d, err := New(driver.Spec{Name: "th1", Unit: 9}, load(t, "xymd02"), r.bus)
		if err != nil {
			t.Fatal(err)
		}
		b := d.Blocks()[0]
		ctx, cancel := context.WithTimeout(context.Background(), b.Timeout)
		defer cancel()
		err = d.Poll(ctx, 0, nil)
		if want := "modbus th1: read input 0x0001+2: timeout after 200ms"; !errors.Is(err, driver.ErrTimeout) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if err := ctx.Err(); err != nil {
			t.Errorf("the block's own time was not enough for its quarantine: %v", err)
		}
		// A device that refuses lives.
		r.plant.Unit(9)
		if err := d.Probe(context.Background()); err != nil {
			t.Errorf("probe of a device that refuses: %v", err)
		}
		if err := d.Poll(context.Background(), 0, nil); !errors.Is(err, driver.ErrNotPresent) {
			t.Errorf("poll of a device without the registers: %v", err)
		}
		if err := d.Poll(context.Background(), 5, nil); !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("poll of no block: %v", err)
		}
	})
}

func TestDescribe(t *testing.T) {
	d, err := New(driver.Spec{Name: "ups1", Room: "machine-room", Unit: 1}, load(t, "huawei/ups2000"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var asked []point.Name
	for _, b := range d.Blocks() {
		if b.Period <= 0 || b.Timeout <= 0 {
			t.Errorf("block %+v", b)
		}
		asked = append(asked, b.Points...)
	}
	for _, p := range d.Describe() {
		if err := p.Name.Check(); err != nil || p.Room != "machine-room" || p.Source == "" || !slices.Contains(asked, p.Name) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if b := d.Blocks()[0]; b.Priority != 0 || b.Period != 2*time.Second {
		t.Errorf("alarms do not come first: %+v", b)
	}
}

func TestSpecAgainstMap(t *testing.T) {
	serial := NewRTU("b", pair.New("b", nil, at9600))
	m := load(t, "huawei/ups2000")
	for _, c := range []struct {
		name string
		spec driver.Spec
		want string
	}{
		{"as the map says", driver.Spec{Unit: 1}, "2s 5s 5m0s 1s 20ms"},
		{"quicker", driver.Spec{Unit: 1, Period: time.Second, Timeout: 300 * time.Millisecond}, "1s 1s 5m0s 300ms 20ms"},
		{"slower", driver.Spec{Unit: 1, Period: time.Hour, Options: map[string]string{"pause": "100ms"}}, "2s 1h0m0s 1h0m0s 1s 100ms"},
		{"no unit", driver.Spec{}, "unit: read 0, allowed 1 to 247"},
		{"reserved unit", driver.Spec{Unit: 248}, "unit: read 248"},
		{"unknown option", driver.Spec{Unit: 1, Options: map[string]string{"speed": "9"}}, "options.speed: read an unknown option"},
		{"bad pause", driver.Spec{Unit: 1, Options: map[string]string{"pause": "1h"}}, "options.pause: read 1h, allowed 0s to 5s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := New(c.spec, m, serial)
			if err != nil {
				if !strings.Contains(err.Error(), c.want) || !errors.Is(err, driver.ErrUnsupported) {
					t.Errorf("got %v, want %s", err, c.want)
				}
				return
			}
			p := m.PeriodsFor(c.spec.Period)
			if got := fmt.Sprint(p[0], p[1], p[2], d.manners.Timeout, d.manners.Pause); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("huawei/ups2000", []byte{0x7f, 0xff, 0, 1, 0x80, 0}, uint16(11000))
	f.Add("eastron/sdm630", []byte{0x7f, 0xc0, 0, 0}, uint16(0))
	f.Add("dam0404", []byte{5}, uint16(0))
	known := map[string]*maps.Map{}
	for _, name := range maps.Names() {
		m, err := maps.Load(name)
		if err != nil {
			f.Fatal(err)
		}
		known[name] = m
	}
	f.Fuzz(func(t *testing.T, name string, data []byte, from uint16) {
		m := known[name]
		if m == nil {
			return
		}
		for i := range m.Points {
			v, q := decode(&m.Points[i], from, data)
			if fl, ok := v.Float(); ok && (math.IsNaN(fl) || math.IsInf(fl, 0)) {
				t.Fatalf("%s: %v", m.Points[i].Item, v)
			}
			if v.IsNone() == q.Usable() {
				t.Fatalf("%s: value %v with quality %v", m.Points[i].Item, v, q)
			}
			if !v.IsNone() && v.Kind() != m.Points[i].Kind() {
				t.Fatalf("%s: a %s, described as %s", m.Points[i].Item, v.Kind(), m.Points[i].Kind())
			}
		}
	})
}
