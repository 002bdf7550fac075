package megatec

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"watchbox/drivers/megatec/megatectest"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// harmless are the questions of the family that change nothing in a unit.
var harmless = map[string]bool{"Q1": true, "QS": true, "QGS": true, "QMOD": true, "QWS": true, "QBV": true, "QPI": true, "F": true, "I": true}

// rig is a device with a UPS behind it, both in one bubble.
type rig struct {
	*Device
	t    *testing.T
	ups  *megatectest.UPS
	end  io.Closer // the far end of the present port
	down error     // what open answers while the adapter is away
	open int       // how often it was asked
	sent []string  // every write to the port
	last map[string]point.Sample
}

// noting notes what is written, byte for byte.
type noting struct {
	driver.Port
	r *rig
}

func (n noting) Write(b []byte) (int, error) {
	n.r.sent = append(n.r.sent, string(b))
	return n.Port.Write(b)
}

// withUPS runs f in a bubble with a UPS of that dialect and a device with those
// options ("key=value").
func withUPS(t *testing.T, dialect string, f func(r *rig), options ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, ups: megatectest.New(dialect), last: map[string]point.Sample{}}
		var serving sync.WaitGroup
		spec := driver.Spec{Name: "ups5", Room: "oc", Options: map[string]string{}}
		for _, o := range options {
			key, value, _ := strings.Cut(o, "=")
			spec.Options[key] = value
		}
		var err error
		r.Device, err = New(spec, func() (driver.Port, error) {
			r.open++
			if r.down != nil {
				return nil, r.down
			}
			port, end := modbustest.Wire()
			r.end = end
			serving.Go(func() { r.ups.Serve(end) })
			return noting{port, r}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		defer serving.Wait()
		defer r.Close()
		f(r)
	})
}

// poll polls once, as scan would.
func (r *rig) poll() error {
	ctx, cancel := context.WithTimeout(context.Background(), r.Blocks()[0].Timeout)
	defer cancel()
	clear(r.last)
	return r.Poll(ctx, 0, func(s point.Sample) { r.last[s.Point.Item()] = s })
}

func (r *rig) probe() error {
	ctx, cancel := context.WithTimeout(context.Background(), r.Blocks()[0].Timeout)
	defer cancel()
	return r.Probe(ctx)
}

// must polls until n polls went well.
func (r *rig) must(n int) {
	r.t.Helper()
	for range n {
		if err := r.poll(); err != nil {
			r.t.Fatal(err)
		}
	}
}

// want holds an item against its value and quality as a person reads them.
func (r *rig) want(item, value, quality string) {
	r.t.Helper()
	s, told := r.last[item]
	if got := s.Value.String(); !told || got != value || s.Quality.String() != quality {
		r.t.Errorf("%s: %q %s, want %q %s", item, got, s.Quality, value, quality)
	}
}

func (r *rig) wantError(err error, class error, texts ...string) {
	r.t.Helper()
	if !errors.Is(err, class) {
		r.t.Fatalf("%v, want %v", err, class)
	}
	for _, text := range append(texts, "megatec ups5: ") {
		if !strings.Contains(err.Error(), text) {
			r.t.Errorf("%q does not say %q", err, text)
		}
	}
}

// asked is what the UPS heard since the last call.
func (r *rig) asked(since *int) string {
	all := r.ups.Heard()
	defer func() { *since = len(all) }()
	return strings.Join(all[*since:], " ")
}
