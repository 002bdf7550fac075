package harness

import (
	"fmt"
	"os"
	"strings"
)

// Change replaces one text of the site file by another. The old one must stand
// there exactly once, unless All is set.
type Change struct {
	Old, New string
	All      bool
}

// apply gives the changed text, or says why there is none.
func (c Change) apply(text string) (string, error) {
	switch n := strings.Count(text, c.Old); {
	case n == 0:
		return "", fmt.Errorf("site file: %q stands nowhere in it", c.Old)
	case n > 1 && !c.All:
		return "", fmt.Errorf("site file: %q stands in it %d times", c.Old, n)
	}
	return strings.ReplaceAll(text, c.Old, c.New), nil
}

// withUpstream puts the ways upstream in place of those that the example has.
func withUpstream(text, upstream string) string {
	text, _, _ = strings.Cut(text, "\nupstream:")
	if upstream == "" {
		return text + "\n"
	}
	return text + "\nupstream:\n" + upstream
}

// Site is the site file as it stands on the disk.
func (h *House) Site() string {
	h.t.Helper()
	b, err := os.ReadFile(h.SiteFile)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// WriteSite replaces the site file. The box does not look at it until it is told to.
func (h *House) WriteSite(text string) {
	h.t.Helper()
	if err := os.WriteFile(h.SiteFile, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// ChangeSite changes the site file on the disk.
func (h *House) ChangeSite(c Change) error {
	text, err := c.apply(h.Site())
	if err == nil {
		h.WriteSite(text)
	}
	return err
}
