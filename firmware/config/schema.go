package config

import (
	"encoding/json"
	"reflect"
	"strconv"
)

// Schema is the JSON Schema (2020-12) of the site file, made from the Go types:
// an editor that knows it completes keys and marks mistakes while one types.
func Schema() []byte {
	s := schemaOf(reflect.TypeFor[Site](), rule{})
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Watchbox site file"
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // only strings, numbers, lists and maps are in it
	}
	return append(b, '\n')
}

type schema map[string]any

func schemaOf(t reflect.Type, r rule) schema {
	s := schema{}
	switch {
	case t.Kind() == reflect.Pointer:
		s = schemaOf(t.Elem(), r)
	case isScalarType(t):
		s = scalarSchema(t, r)
	case t.Kind() == reflect.Slice:
		s["type"] = orNull("array", r)
		s["items"] = schemaOf(t.Elem(), r.ofEntry())
		if r.required {
			s["minItems"] = 1
		}
	case t.Kind() == reflect.Map:
		s["type"] = []string{"object", "null"}
		s["additionalProperties"] = scalarSchema(t.Elem(), rule{})
	default:
		s = structSchema(t)
	}
	if r.doc != "" {
		s["description"] = r.doc
	}
	return s
}

func orNull(kind string, r rule) any {
	if r.required {
		return kind
	}
	return []string{kind, "null"}
}

func structSchema(t reflect.Type) schema {
	properties, required := schema{}, []string{}
	for _, f := range fields(t) {
		properties[f.name] = schemaOf(t.Field(f.index).Type, f.rule)
		if f.rule.required {
			required = append(required, f.name)
		}
	}
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func scalarSchema(t reflect.Type, r rule) schema {
	s := schema{}
	switch {
	case t == durationType:
		s["type"], s["pattern"] = "string", `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`
		s["examples"] = []string{"30s"}
	case t == timeType:
		s["type"] = "string"
	case t.Kind() == reflect.Bool:
		s["type"] = "boolean"
	case t.Kind() == reflect.Float64:
		s["type"] = "number"
	case t.Kind() == reflect.String:
		// A plain 12 or true is taken as the text that was written.
		s["type"] = []string{"string", "number", "boolean"}
	default:
		s["type"] = "integer"
	}
	if len(r.allowed) > 0 {
		s["enum"] = r.allowed
	}
	if r.standard != "" {
		s["default"] = standardValue(t, r.standard)
	}
	if k := t.Kind(); t != durationType && (k == reflect.Int || k == reflect.Int64 || k == reflect.Float64) {
		limit(s, "minimum", r.low)
		limit(s, "maximum", r.high)
	}
	return s
}

func limit(s schema, key, bound string) {
	if f, err := strconv.ParseFloat(bound, 64); err == nil {
		s[key] = f
	}
}

// standardValue is the default as JSON has it.
func standardValue(t reflect.Type, text string) any {
	if t == durationType || t.Kind() == reflect.String {
		return text
	}
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	return v
}
