// Package words is the page's vocabulary for whoever else shows the box to a person:
// one word for one state, on every screen.
package words

import (
	"embed"
	"encoding/json"
	"sync"
)

//go:embed zh.json en.json
var files embed.FS

var (
	zh = sync.OnceValue(func() map[string]string { return read("zh.json") })
	en = sync.OnceValue(func() map[string]string { return read("en.json") })
)

// read panics on a file that is no dictionary: it is part of the program, and a test reads it.
func read(file string) (d map[string]string) {
	b, err := files.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil {
		panic("words: " + file + ": " + err.Error())
	}
	return d
}

// Named is the text of a family of keys, such as reason and timeout, in the language
// zh or en; what is unknown is shown as it is. Any goroutine may call it.
func Named(lang, family, name string) string {
	all := en()
	if lang == "zh" {
		all = zh()
	}
	if text, known := all[family+"."+name]; known {
		return text
	}
	return name
}
