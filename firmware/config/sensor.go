package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// Sensors are the drivers of which one device is one sensor, bound to its address.
var Sensors = []string{"onewire", "i2c"}

// The ways in which an address cannot be changed.
var (
	ErrNoSensor  = errors.New("no sensor of that id with an address of its own")
	ErrNoAddress = errors.New("not the address of such a sensor")
	ErrWritten   = errors.New("the site file has it written in a way that only a person can change")
)

// WithAddress is the site file with another address of the sensor id, and not a byte
// else changed: who wrote it finds the comments and the order as they were. Pure.
func WithAddress(text []byte, id, address string) ([]byte, error) {
	before, _ := Parse("site", text)
	if before == nil {
		return nil, ErrWritten
	}
	i := slices.IndexFunc(before.Devices, func(d Device) bool { return d.ID == id })
	if i < 0 || before.Devices[i].Address == "" || !slices.Contains(Sensors, before.Devices[i].Driver) {
		return nil, fmt.Errorf("sensor %.64q: %w", id, ErrNoSensor)
	}
	shape := oneWire
	if before.Devices[i].Driver == "i2c" {
		shape = twoWire
	}
	if !shape.MatchString(address) {
		return nil, fmt.Errorf("address %.40q: %w", address, ErrNoAddress)
	}
	after, err := exchange(text, before.Devices[i].Address, address, i)
	if err != nil {
		return nil, err
	}
	before.Devices[i].Address = address
	if now, _ := Parse("site", after); now == nil || !reflect.DeepEqual(before.Devices, now.Devices) {
		return nil, ErrWritten
	}
	return after, nil
}

// exchange writes another address of the i-th device in the place of the former one.
func exchange(text []byte, former, address string, i int) ([]byte, error) {
	root, fault := Document("site", text)
	if fault != nil {
		return nil, ErrWritten
	}
	devices := child(root, "devices")
	if devices == nil || devices.Kind != yaml.SequenceNode || i >= len(devices.Content) {
		return nil, ErrWritten
	}
	n := child(devices.Content[i], "address")
	if n == nil || n.Kind != yaml.ScalarNode {
		return nil, ErrWritten
	}
	lines := strings.SplitAfter(string(text), "\n")
	if n.Line < 1 || n.Line > len(lines) {
		return nil, ErrWritten
	}
	line := []rune(lines[n.Line-1])
	if n.Column < 1 || n.Column > len(line) {
		return nil, ErrWritten
	}
	head, tail := string(line[:n.Column-1]), string(line[n.Column-1:])
	for _, quote := range []string{`"`, "'", ""} {
		if rest, found := strings.CutPrefix(tail, quote+former+quote); found {
			lines[n.Line-1] = head + `"` + address + `"` + rest
			return []byte(strings.Join(lines, "")), nil
		}
	}
	return nil, ErrWritten
}

// child is the value of a key of a mapping; nil when there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
