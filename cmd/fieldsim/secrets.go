package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// demoSecrets are the secrets of the simulated site. They guard nothing.
var demoSecrets = map[string]string{"firewall1-community": "finance-demo-read"}

var reference = regexp.MustCompile(`secret:([A-Za-z0-9_-]+)`)

// named lists the secrets that a site file refers to, outside its comments.
func named(site string) (names []string) {
	for line := range strings.Lines(site) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, m := range reference.FindAllStringSubmatch(line, -1) {
			names = append(names, m[1])
		}
	}
	return names
}

// writeSecrets stores the secrets that the site file names where the box looks
// for them; one that is there already stays.
func writeSecrets(dir, site string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	for _, name := range named(site) {
		value, known := demoSecrets[name]
		if !known {
			return fmt.Errorf("secrets: the site file names %q, for which this site has no value", name)
		}
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("secrets: %w", err)
		}
		_, err = f.WriteString(value + "\n")
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("secrets: %w", err)
		}
	}
	return nil
}

// secret is the value that the site runs with: what is stored, else the demo's.
func secret(dir, name string) string {
	if dir != "" {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			if v := strings.TrimRight(string(b), "\r\n"); v != "" {
				return v
			}
		}
	}
	return demoSecrets[name]
}
