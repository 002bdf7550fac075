// Package schematest reads our JSON Schemas by itself, sharing nothing with the readers
// from which they are made: so a test can hold a published schema to what we accept.
package schematest

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
)

// Faults are what a schema has against a value, as a YAML or JSON reader gives both;
// path names the value. It knows the part of JSON Schema 2020-12 that ours use.
func Faults(schema map[string]any, v any, path string) (faults []string) {
	refuse := func(why string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s: %v: "+why, append([]any{path, v}, args...)...))
	}
	if v == nil {
		if types, _ := schema["type"].([]any); !slices.Contains(types, any("null")) {
			refuse("null")
		}
		return faults
	}
	if allowed, ok := schema["enum"].([]any); ok && !slices.Contains(allowed, any(fmt.Sprint(v))) {
		refuse("not one of %v", allowed)
	}
	if p, ok := schema["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(fmt.Sprint(v)) {
		refuse("not as %s", p)
	}
	if n := reflect.ValueOf(v); n.CanInt() && outside(schema, float64(n.Int())) {
		refuse("out of range")
	}
	switch v := v.(type) {
	case []any:
		return append(faults, list(schema, v, path)...)
	case map[string]any:
		return append(faults, object(schema, v, path)...)
	case map[any]any: // YAML: a key is a number
		text := map[string]any{}
		for k, e := range v {
			text[fmt.Sprint(k)] = e
		}
		return append(faults, object(schema, text, path)...)
	}
	return faults
}

func outside(schema map[string]any, n float64) bool {
	low, bounded := schema["minimum"].(float64)
	high, limited := schema["maximum"].(float64)
	return bounded && n < low || limited && n > high
}

func list(schema map[string]any, v []any, path string) (faults []string) {
	items, ok := schema["items"].(map[string]any)
	if !ok {
		return []string{path + ": a list"}
	}
	if least, _ := schema["minItems"].(float64); len(v) < int(least) {
		faults = append(faults, path+": too short a list")
	}
	for i, e := range v {
		faults = append(faults, Faults(items, e, fmt.Sprintf("%s[%d]", path, i))...)
	}
	return faults
}

func object(schema, v map[string]any, path string) (faults []string) {
	required, _ := schema["required"].([]any)
	for _, key := range required {
		if _, ok := v[key.(string)]; !ok {
			faults = append(faults, path+": lacks "+key.(string))
		}
	}
	for key, e := range v {
		if inner := property(schema, key); inner != nil {
			faults = append(faults, Faults(inner, e, path+"."+key)...)
		} else {
			faults = append(faults, path+": unknown "+key)
		}
	}
	return faults
}

// property is the schema of a key's value; nil where the key is not known.
func property(schema map[string]any, key string) map[string]any {
	properties, _ := schema["properties"].(map[string]any)
	if s, ok := properties[key].(map[string]any); ok {
		return s
	}
	patterns, _ := schema["patternProperties"].(map[string]any)
	for p, s := range patterns {
		if regexp.MustCompile(p).MatchString(key) {
			return s.(map[string]any)
		}
	}
	s, _ := schema["additionalProperties"].(map[string]any)
	return s
}
