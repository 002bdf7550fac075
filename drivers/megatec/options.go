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
		if allowed := o.take(key, strings.TrimSpace(spec.Options[key])); allowed != "" {
			return o, fmt.Errorf("megatec %s: option %s: read %q, allowed %s: %w", spec.Name, key, spec.Options[key], allowed, driver.ErrUnsupported)
		}
	}
	return o, nil
}

// take reads one option; what it may be is told when it is not.
func (o *options) take(key, value string) (allowed string) {
	n, err := strconv.Atoi(value)
	in := func(low, high int) string {
		if err == nil && low <= n && n <= high {
			return ""
		}
		return fmt.Sprintf("%d to %d", low, high)
	}
	switch key {
	case "baud":
		o.line.Baud, allowed = n, in(1200, 115200)
	case "stop-bits":
		o.line.StopBits, allowed = n, in(1, 2)
	case "cells":
		o.cells, allowed = float64(n), in(1, 480)
	case "parity":
		o.line.Parity = value
		if !slices.Contains([]string{"none", "even", "odd"}, value) {
			allowed = "none, even, odd"
		}
	case "dialect":
		i := slices.IndexFunc(dialects, func(d dialect) bool { return d.name == value })
		switch {
		case i >= 0:
			o.spoken = dialects[i : i+1]
		case value != "auto":
			allowed = "auto, q1, voltronic, qs"
		}
	default:
		allowed = "no such option: dialect, baud, parity, stop-bits, cells"
	}
	return allowed
}
