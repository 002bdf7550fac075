package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/dialout"
	"watchbox/firmware/point"
)

// rule is what the tags of one field allow.
type rule struct {
	required bool
	standard string // the default
	low      string
	high     string
	allowed  []string
	doc      string
}

// field is one key of a mapping.
type field struct {
	name  string
	index int
	rule  rule
}

// needed are keys that a site file must have in the types of other packages.
var needed = map[reflect.Type][]string{
	reflect.TypeFor[alarm.Rule]():             {"id", "label", "priority"},
	reflect.TypeFor[annunciate.Annunciator](): {"id", "kind", "output"},
	reflect.TypeFor[annunciate.Wall]():        {"device", "rooms", "rows"},
	reflect.TypeFor[annunciate.Night]():       {"calendar"},
	reflect.TypeFor[annunciate.Text]():        {"width"},
	reflect.TypeFor[dialout.Contact]():        {"id"},
	reflect.TypeFor[dialout.Plan]():           {"steps"},
	reflect.TypeFor[dialout.Step]():           {"contacts", "channels"},
}

// known keeps the fields of the types that were asked for: a handful.
var known sync.Map

// fields lists the keys of a struct in their order.
func fields(t reflect.Type) []field {
	if all, ok := known.Load(t); ok {
		return all.([]field)
	}
	all := readFields(t)
	known.Store(t, all)
	return all
}

func readFields(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		r := rule{standard: f.Tag.Get("default"), low: f.Tag.Get("min"), high: f.Tag.Get("max"), doc: f.Tag.Get("doc")}
		r.required = f.Tag.Get("required") == "true" || slices.Contains(needed[t], name)
		if a := f.Tag.Get("allowed"); a != "" {
			r.allowed = strings.Split(a, "|")
		}
		all = append(all, field{name, i, r})
	}
	return all
}

func names(t reflect.Type) []string {
	var all []string
	for _, f := range fields(t) {
		all = append(all, f.name)
	}
	return all
}

func fieldOf(t reflect.Type, name string) (field, bool) {
	for _, f := range fields(t) {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// ofEntry is the rule of each entry of a list: a required list has no empty text.
func (r rule) ofEntry() rule { return rule{required: true, allowed: r.allowed} }

// kind says what a value of the type looks like.
func (r rule) kind(t reflect.Type) point.Words {
	switch {
	case len(r.allowed) > 0:
		return say("one of %s", joined(r.allowed))
	case t == durationType:
		return say("a duration with its unit, such as 30s%s", r.limits(", "))
	case t == timeType:
		return say("a date such as 2026-12-31, or a time such as 2026-12-31T08:00:00+08:00")
	case t == nameType:
		return say("a point name: device/item")
	}
	switch t.Kind() {
	case reflect.Bool:
		return say("true or false")
	case reflect.Int, reflect.Int64:
		return say("a whole number%s", r.limits(", "))
	case reflect.Float64:
		return say("a number%s", r.limits(", "))
	}
	return say("a text")
}

// limits are the bounds after a comma, or alone.
func (r rule) limits(comma string) point.Words {
	switch {
	case r.low != "" && r.high != "":
		return say(comma+"%s to %s", r.low, r.high)
	case r.low != "":
		return say(comma+"at least %s", r.low)
	case r.high != "":
		return say(comma+"at most %s", r.high)
	}
	return point.Words{}
}

// permits checks a value against the tags; text is how it was written.
func (r rule) permits(v reflect.Value, text string) (allowed point.Words, ok bool) {
	switch {
	case r.required && text == "":
		return r.kind(v.Type()), false
	case len(r.allowed) > 0:
		return oneOf(text, r.allowed), slices.Contains(r.allowed, text)
	case v.Type() == nameType && text != "":
		if err := point.Name(text).Check(); err != nil {
			return say("device/item in lower-case letters, digits, '.', '-' or '_'"), false
		}
	}
	x, numeric := number(v)
	if !numeric || (r.low == "" || x >= r.bound(r.low, v.Type())) && (r.high == "" || x <= r.bound(r.high, v.Type())) {
		return point.Words{}, true
	}
	return r.limits(""), false
}

func number(v reflect.Value) (float64, bool) {
	switch {
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanFloat():
		return v.Float(), true
	}
	return 0, false
}

// bound reads a min or max tag. A tag that cannot be read is our own mistake,
// found by a test that reads them all.
func (r rule) bound(s string, t reflect.Type) float64 {
	if t == durationType {
		d, err := time.ParseDuration(s)
		if err != nil {
			panic(fmt.Sprintf("tag %q: %v", s, err))
		}
		return float64(d)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(fmt.Sprintf("tag %q: %v", s, err))
	}
	return f
}
