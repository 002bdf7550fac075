// Package arch keeps the tree in order: which folder may know which, and why.
// It reads the files itself, so that no cache can hide a violation.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Import is one import of one file.
type Import struct {
	File string // relative to the module's root, with slashes
	Path string
	Line int
}

// Folder is the top-level folder of the importing file.
func (i Import) Folder() string { f, _, _ := strings.Cut(i.File, "/"); return f }

// Imports lists every import of every Go file below root, tests included.
func Imports(root string) ([]Import, error) {
	var all []Import
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		found, err := fileImports(root, path)
		all = append(all, found...)
		return err
	})
	return all, err
}

func fileImports(root, path string) ([]Import, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(root, path)
	if err != nil {
		return nil, err
	}
	var found []Import
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		found = append(found, Import{filepath.ToSlash(name), p, set.Position(spec.Pos()).Line})
	}
	return found, nil
}

// Verdict is "" for an allowed import, else the reason why it is forbidden.
func Verdict(i Import) string {
	own, inside := strings.CutPrefix(i.Path, "watchbox/")
	test := strings.HasSuffix(i.File, "_test.go")
	if inside {
		return insideVerdict(i, own)
	}
	if i.Folder() == "firmware" && !test {
		return firmwareVerdict(i)
	}
	return ""
}

// insideVerdict judges an import of one of our own packages.
func insideVerdict(i Import, own string) string {
	from := i.Folder()
	to, _, _ := strings.Cut(own, "/")
	for _, t := range []string{"test", "tools", "cmd"} {
		if to == t && from != t && from != "test" {
			return "nobody imports " + t + ": it wires or proves, it is not a part"
		}
	}
	switch from {
	case "firmware":
		if to != "firmware" {
			return "firmware decides and knows nobody: give it an interface that " + to + " meets"
		}
	case "drivers", "board", "web":
		if to != "firmware" && to != from {
			return from + " knows firmware only: cmd wires the rest"
		}
		if from == "drivers" {
			return driverVerdict(i, own)
		}
	}
	return ""
}

// driverVerdict keeps drivers apart: only drivers/all sees several of them.
// The maps, the order on a line that protocols share, the kernel's files, whom TLS
// trusts and the serial fakes are what drivers share.
func driverVerdict(i Import, own string) string {
	mine, theirs := family(i.File), family(own+"/x")
	shared := slices.Contains([]string{"maps", "pair", "sysfs", "trust"}, theirs) || strings.HasSuffix(own, "test") && strings.HasSuffix(i.File, "_test.go")
	if !strings.HasPrefix(own, "drivers/") || mine == "all" || mine == theirs || shared {
		return ""
	}
	return "drivers never know each other: " + theirs + " reaches " + mine + " through an interface in firmware/driver"
}

func family(path string) string {
	p := strings.Split(path, "/")
	if len(p) < 3 {
		return ""
	}
	return p[1]
}

// firmwareVerdict keeps the deciding part pure.
func firmwareVerdict(i Import) string {
	pkg := family(i.File)
	first, _, _ := strings.Cut(i.Path, "/")
	switch {
	case i.Path == "net/netip" || i.Path == "net/url":
		return ""
	case first == "net":
		return "firmware has no network: a driver talks, firmware decides"
	case i.Path == "os/exec" || i.Path == "syscall" || i.Path == "unsafe":
		return "firmware asks nothing of the operating system: a driver does"
	case strings.Contains(first, ".") && pkg != "store" && pkg != "config":
		return "firmware imports no third party, except store (SQL driver) and config (YAML reader)"
	}
	return ""
}
