package app

import (
	"errors"
	"fmt"
	"testing"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
)

func TestTheWireIsTheCause(t *testing.T) {
	cut := fmt.Errorf("open port: %w", driver.ErrDisconnect)
	mute := errors.New("timeout")
	lost := fmt.Errorf("poll: %w", &driver.LostMap{Map: "own/x"})
	type step struct {
		device string
		err    error
		bad    bool // the wire afterwards
	}
	for name, steps := range map[string][]step{
		"one silent device is not the wire": {{"a", mute, false}, {"b", nil, false}},
		"all silent is the wire":            {{"a", mute, false}, {"b", mute, false}, {"c", mute, true}, {"b", nil, false}},
		"a wire that is gone, at once":      {{"a", cut, true}, {"b", cut, true}, {"c", nil, false}},
		"lost maps are not the wire":        {{"a", lost, false}, {"b", lost, false}, {"c", lost, false}, {"c", mute, false}, {"b", mute, true}, {"a", nil, false}},
		"another bus":                       {{"lonely", mute, false}, {"lonely", cut, true}, {"lonely", nil, false}},
	} {
		t.Run(name, func(t *testing.T) {
			bad := false
			site := &config.Site{Devices: []config.Device{{ID: "a", Bus: "x"}, {ID: "b", Bus: "x"}, {ID: "c", Bus: "x"}, {ID: "lonely", Bus: "y"}, {ID: "tcp"}}}
			b := newBuses(site, func(_ string, err error) { bad = err != nil })
			for i, s := range steps {
				if b.device(s.device, s.err); bad != s.bad {
					t.Fatalf("step %d, %s %v: bad %v", i+1, s.device, s.err, bad)
				}
				b.device("tcp", mute) // has no bus
			}
		})
	}
}
