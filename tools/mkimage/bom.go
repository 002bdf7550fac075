package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// bom is a bill of materials as CycloneDX 1.5 asks for it: what is in the image,
// and, marked as excluded, what only built it.
type bom struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type     string    `json:"type"`
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	Scope    string    `json:"scope,omitempty"`
	PURL     string    `json:"purl,omitempty"`
	Licences []licence `json:"licenses,omitempty"`
}

type licence struct {
	Expression string `json:"expression"`
}

// materials writes etc/watchbox/bom.json and licences.txt into the root and
// beside the image: the page shows them, and the release carries them.
func (o order) materials() error {
	b := bom{"CycloneDX", "1.5", 1, metadata{component{Type: "firmware", Name: "watchbox-" + o.board, Version: o.version}}, nil}
	modules, err := o.modules()
	if err != nil {
		return err
	}
	page, err := o.pagePackages()
	if err != nil {
		return err
	}
	sources, err := o.sources()
	if err != nil {
		return err
	}
	b.Components = slices.Concat(sources, modules, page)
	text, err := json.MarshalIndent(b, "", " ")
	if err != nil {
		return err
	}
	words, err := o.licences(modules)
	if err != nil {
		return err
	}
	for _, folder := range []string{o.out, filepath.Join(o.root, "etc/watchbox")} {
		if err := os.WriteFile(filepath.Join(folder, "bom.json"), append(text, '\n'), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "licences.txt"), []byte(words), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// modules are the Go modules inside the programs, as the linker noted them.
func (o order) modules() (list []component, err error) {
	seen := map[string]string{}
	programs, err := filepath.Glob(filepath.Join(o.root, "bin/*"))
	if err != nil {
		return nil, err
	}
	for _, program := range programs {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			return nil, err
		}
		seen["std"] = strings.TrimPrefix(info.GoVersion, "go")
		for _, m := range info.Deps {
			seen[m.Path] = m.Version
		}
	}
	for path, version := range seen {
		list = append(list, component{Type: "library", Name: path, Version: version, PURL: "pkg:golang/" + path + "@" + version})
	}
	slices.SortFunc(list, func(a, b component) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// inPage are the npm packages whose code the browser gets; the others built it.
var inPage = []string{"svelte", "uplot", "esm-env"}

func (o order) pagePackages() (list []component, err error) {
	text, err := os.ReadFile("web/ui/package-lock.json")
	if err != nil {
		return nil, err
	}
	var lock struct {
		Packages map[string]struct{ Version, License string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("package-lock.json: %w", err)
	}
	for at, p := range lock.Packages {
		_, name, is := strings.Cut(at, "node_modules/")
		if !is {
			continue
		}
		c := component{Type: "library", Name: name, Version: p.Version, Scope: "excluded", PURL: "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + p.Version}
		if slices.Contains(inPage, name) {
			c.Scope = "required"
		}
		if p.License != "" {
			c.Licences = []licence{{p.License}}
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b component) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// sources are Debian's source packages, each in a file "version" as the tools of
// tools/image leave it: NAME VERSION, and the licence where it is not the GPL.
func (o order) sources() (list []component, err error) {
	for _, file := range o.versionFiles() {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		words := strings.Fields(string(text))
		if len(words) == 2 {
			words = append(words, "GPL-2.0-only")
		}
		if len(words) != 3 {
			return nil, fmt.Errorf("%s: want NAME VERSION, or NAME VERSION LICENCE, read %q", file, text)
		}
		list = append(list, component{Type: "application", Name: words[0], Version: words[1], PURL: "pkg:deb/debian/" + words[0] + "@" + words[1] + "?arch=source",
			Licences: []licence{{words[2]}}})
	}
	return list, nil
}

func (o order) versionFiles() []string {
	return strings.FieldsFunc(o.versions, func(r rune) bool { return r == ',' })
}
