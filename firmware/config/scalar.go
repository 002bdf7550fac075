package config

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/point"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	nameType     = reflect.TypeFor[point.Name]()
)

func isScalarType(t reflect.Type) bool {
	if t == timeType {
		return true
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64, reflect.String:
		return true
	}
	return false
}

// textLimit bounds one text, in bytes.
const textLimit = 4096

// scalar fills one value that has no parts.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string, r rule) {
	if n.Kind != yaml.ScalarNode {
		d.put(n, path, WrongType, shown(n), r.kind(v.Type()))
		return
	}
	text := n.Value
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	if plain && n.ShortTag() == "!!null" {
		if r.required || v.Kind() != reflect.String {
			d.put(n, path, Missing, say("nothing"), r.kind(v.Type()))
		}
		return
	}
	if len(text) > textLimit || !utf8.ValidString(text) || strings.ContainsFunc(text, forbiddenRune) {
		d.put(n, path, Invalid, quoted(text), say("a text of at most 4096 bytes without control characters"))
		return
	}
	if !d.set(text, v) {
		d.put(n, path, WrongType, quoted(text), r.kind(v.Type()))
		return
	}
	if allowed, ok := r.permits(v, text); !ok {
		d.put(n, path, OutOfRange, quoted(text), allowed)
	}
}

func forbiddenRune(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }

// set reads text as the type of v.
func (d *decoder) set(text string, v reflect.Value) bool {
	switch {
	case v.Type() == durationType:
		t, err := time.ParseDuration(text)
		v.SetInt(int64(t))
		return err == nil && text != "0"
	case v.Type() == timeType:
		t, ok := d.instant(text)
		v.Set(reflect.ValueOf(t))
		return ok
	case v.Kind() == reflect.String:
		v.SetString(text)
		return true
	case v.Kind() == reflect.Bool:
		v.SetBool(text == "true")
		return text == "true" || text == "false"
	case v.Kind() == reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		v.SetFloat(f)
		return err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) && decimal(text)
	}
	i, err := strconv.ParseInt(text, 10, 64)
	v.SetInt(i)
	return err == nil && decimal(text) && !leadingZero(text)
}

// decimal refuses what ParseFloat takes and people do not write: 0x1p4, 1_000, inf.
func decimal(s string) bool { return strings.Trim(s, "0123456789.+-eE") == "" }

// leadingZero refuses 010: some read it as eight.
func leadingZero(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return len(s) > 1 && s[0] == '0'
}

// instant reads a date, or a date with time, in the site's zone unless it names its own.
func (d *decoder) instant(s string) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, true
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, d.zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// location is the site's time zone, known before anything else is decoded.
func location(root *yaml.Node) *time.Location {
	name := "Asia/Shanghai"
	for i := 0; root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "time-zone" {
			name = root.Content[i+1].Value
		}
	}
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC // Parse goes on; Validate refuses the name
}
