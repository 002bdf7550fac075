package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// offer is what the GPL asks of whoever hands the image on.
const offer = `Watchbox contains the Linux kernel, U-Boot and e2fsprogs, under the GNU General Public License, version 2, built without
changes of ours from Debian's source packages named in bom.json. Whoever has received the image may have their complete
source, with the configuration and the scripts that built them, for three years from whoever gave it.

The texts of the other licences follow.
`

// licences gathers the licence texts: of what came in binary form, which lie beside
// its version, and of the Go modules from the module cache.
func (o order) licences(modules []component) (string, error) {
	var all strings.Builder
	all.WriteString(offer)
	for _, file := range o.versionFiles() {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(file), "copyright"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // the offer covers it
		}
		if err != nil {
			return "", err
		}
		name, _ := os.ReadFile(file) // sources has read it
		fmt.Fprintf(&all, "\n==== %s\n%s", name, text)
	}
	for _, m := range modules {
		folder, err := moduleFolder(m)
		if err != nil {
			return "", err
		}
		n, err := addTexts(&all, folder, m)
		if err != nil {
			return "", err
		}
		if n == 0 {
			return "", fmt.Errorf("%s %s: no licence text in its module", m.Name, m.Version)
		}
	}
	return all.String(), nil
}

var titles = regexp.MustCompile(`(?i)^(un)?licen[sc]e|^copying`)

func addTexts(all *strings.Builder, folder string, m component) (n int, err error) {
	files, err := os.ReadDir(folder)
	for _, file := range files {
		if file.IsDir() || !titles.MatchString(file.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			return 0, err
		}
		n++
		fmt.Fprintf(all, "\n==== %s %s: %s\n\n%s", m.Name, m.Version, file.Name(), text)
	}
	return n, err
}

func moduleFolder(m component) (string, error) {
	arguments := []string{"list", "-m", "-f", "{{.Dir}}", m.Name}
	if m.Name == "std" {
		arguments = []string{"env", "GOROOT"}
	}
	out, err := exec.Command("go", arguments...).Output()
	if err != nil {
		return "", fmt.Errorf("find module %s: %w", m.Name, err)
	}
	return strings.TrimSpace(string(out)), nil
}
