package megatec

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"watchbox/firmware/driver"
)

// Line is the shape of the line that spec asks for.
func Line(spec driver.Spec) (driver.Line, error) {
	o, err := optionsOf(spec)
	return o.line, err
}

type options struct {
	line   driver.Line
	spoken []dialect
	cells  float64
}

func optionsOf(spec driver.Spec) (options, error) {
	o := options{line: driver.Line{Baud: 2400, Parity: "none"}, spoken: dialects, cells: 1}
	for _, key := range slices.Sorted(maps.Keys(spec.Options)) {
		if err := o.take(key, strings.TrimSpace(spec.Options[key])); err != nil {
			return o, fmt.Errorf("megatec %s: %w", spec.Name, err)
		}
	}
	return o, nil
}

// take reads one option.
func (o *options) take(key, value string) (wrong error) {
	n, err := strconv.Atoi(value)
	in := func(low, high int) error {
		if err == nil && low <= n && n <= high {
			return nil
		}
		return driver.BadOption(key, value, driver.Between(low, high))
	}
	switch key {
	case "baud":
		o.line.Baud, wrong = n, in(1200, 115200)
	case "stop-bits":
		o.line.StopBits, wrong = n, in(1, 2)
	case "cells":
		o.cells, wrong = float64(n), in(1, 480)
	case "parity":
		o.line.Parity = value
		if parities := []string{"none", "even", "odd"}; !slices.Contains(parities, value) {
			wrong = driver.BadOption(key, value, driver.OneOf(parities...))
		}
	case "dialect":
		i := slices.IndexFunc(dialects, func(d dialect) bool { return d.name == value })
		switch {
		case i >= 0:
			o.spoken = dialects[i : i+1]
		case value != "auto":
			wrong = driver.BadOption(key, value, driver.OneOf("auto", "q1", "voltronic", "qs"))
		}
	default:
		wrong = driver.UnknownOption(key, "dialect", "baud", "parity", "stop-bits", "cells")
	}
	return wrong
}
