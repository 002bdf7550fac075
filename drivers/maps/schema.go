package maps

import "encoding/json"

// Schema is the JSON Schema (2020-12) of a map file, made from the keys that the
// reader itself goes by: an editor that knows it completes keys and marks mistakes
// while one types. What only several keys together make wrong, maplint tells.
func Schema() []byte {
	var points points
	s := keysOf(new(Map), &points).shape()
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Watchbox map of a product"
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // only strings, numbers, lists and maps are in it
	}
	return append(b, '\n')
}

func (known keys) shape() shape {
	properties, required := shape{}, []string{}
	for _, name := range known.sorted() {
		properties[name] = known[name].shape
		if known[name].required {
			required = append(required, name)
		}
	}
	s := shape{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}
