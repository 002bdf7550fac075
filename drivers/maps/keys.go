package maps

import (
	"strings"
	"time"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/point"
)

// key is one key of a mapping in a map file: how it is read, and what an editor
// may know of it. The reader and the schema are the same table, so that neither
// can promise what the other refuses.
type key struct {
	read     func(r *reader, n *yaml.Node, path string)
	shape    shape
	required bool
}

// keys are those of one mapping, by name.
type keys map[string]key

// shape is a piece of JSON Schema.
type shape map[string]any

// must makes the key one that has to be there.
func (k key) must() key { k.required = true; return k }

// says gives an editor a line of help.
func (k key) says(help string) key { k.shape["description"] = help; return k }

// then looks at a value after it was read.
func (k key) then(check func(r *reader, n *yaml.Node, path string)) key {
	read := k.read
	k.read = func(r *reader, n *yaml.Node, path string) { read(r, n, path); check(r, n, path) }
	return k
}

type integer interface {
	~int | ~uint | ~uint8 | ~uint16 | ~uint32
}

// whole is a number without a fraction, decimal or with 0x, both ends included.
func whole[T integer](to *T, low, high int64) key {
	return counted(low, high, func(i int64) { *to = T(i) })
}

func counted(low, high int64, take func(int64)) key {
	return key{shape: shape{"type": "integer", "minimum": low, "maximum": high},
		read: func(r *reader, n *yaml.Node, path string) { take(r.number(n, path, low, high)) }}
}

// wholes is a list of such numbers.
func wholes[T integer](to *[]T, low, high int64) key {
	return upTo(numbersLimit, func() key { return counted(low, high, func(i int64) { *to = append(*to, T(i)) }) })
}

// numbersLimit is the longest list of numbers: one mask for each register of an answer.
const numbersLimit = 125

// real is a number that may have a fraction; maybe is one that can be left out.
func real(to *float64) key {
	return key{shape: shape{"type": "number"}, read: func(r *reader, n *yaml.Node, path string) { *to = r.real(n, path) }}
}

func maybe(to **float64) key {
	return key{shape: shape{"type": "number"}, read: func(r *reader, n *yaml.Node, path string) { *to = new(r.real(n, path)) }}
}

func yes(to *bool) key {
	return key{shape: shape{"type": "boolean"},
		read: func(r *reader, n *yaml.Node, path string) { *to = r.choice(n, path, "false", "true") == 1 }}
}

// text is one line; a plain 12 or true is taken as the text that was written.
func text[T ~string](to *T) key {
	return key{shape: shape{"type": []string{"string", "number", "boolean"}, "maxLength": textLimit},
		read: func(r *reader, n *yaml.Node, path string) { *to = T(r.text(n, path)) }}
}

// bilingual is a text in both languages: a person always sees it, so both are needed.
func bilingual(to *point.Words) key {
	return mapping(keys{"zh": text(&to.Zh).must(), "en": text(&to.En).must()})
}

// item is the name of a point within its device.
func item(to *string) key {
	k := text(to).then(func(r *reader, n *yaml.Node, path string) {
		if *to != "" && point.Join("x", *to).Check() != nil {
			r.refuse(n, path, shown(n), "lower-case letters, digits, '.', '-', '_' and '/'")
		}
	})
	k.shape = shape{"type": "string", "pattern": "^[-a-z0-9._/]+$"}
	return k
}

// oneOf is a word of the list; take gets its place.
func oneOf(take func(i int), allowed ...string) key {
	return key{shape: shape{"enum": allowed},
		read: func(r *reader, n *yaml.Node, path string) { take(r.choice(n, path, allowed...)) }}
}

// word is oneOf where the word itself is kept.
func word[T ~string](to *T, allowed ...T) key {
	var words []string
	for _, w := range allowed {
		words = append(words, string(w))
	}
	return oneOf(func(i int) { *to = allowed[i] }, words...)
}

// span is a time: "500ms".
func span(to *time.Duration, low, high time.Duration) key {
	return key{shape: shape{"type": "string", "pattern": `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`},
		read: func(r *reader, n *yaml.Node, path string) { *to = r.duration(n, path, low, high) }}
}

// several is a list that is not empty; entry is asked anew for each.
func several(entry func() key) key { return upTo(listLimit, entry) }

func upTo(most int, entry func() key) key {
	return key{shape: shape{"type": "array", "minItems": 1, "maxItems": most, "items": entry().shape},
		read: func(r *reader, n *yaml.Node, path string) {
			r.each(n, path, most, func(n *yaml.Node, path string) { entry().read(r, n, path) })
		}}
}

// mapping is keys with values.
func mapping(known keys) key {
	return key{shape: known.shape(), read: func(r *reader, n *yaml.Node, path string) { r.fields(n, path, known) }}
}

// table is a mapping from raw values, decimal or with 0x.
func table[T any](to *map[int64]T, entry func(*T) key) key {
	return key{
		shape: shape{"type": "object", "minProperties": 1, "maxProperties": listLimit, "additionalProperties": false,
			"patternProperties": shape{"^(0x[0-9a-fA-F]+|-?[0-9]+)$": entry(new(T)).shape}},
		read: func(r *reader, n *yaml.Node, path string) {
			all := map[int64]T{}
			r.table(n, path, func(raw int64, n *yaml.Node, path string) (fresh bool) {
				var v T
				_, twice := all[raw]
				entry(&v).read(r, n, path)
				all[raw] = v
				return !twice
			})
			*to = all
		}}
}

// names is the list of the keys for a person, in order.
func (known keys) names() string { return strings.Join(known.sorted(), ", ") }
