package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAMarkSaysWhetherTheFileIsInForce(t *testing.T) {
	for name, c := range map[string]struct {
		mark     *Mark
		accepted string
		boot     string
		want     bool
	}{
		"no trial":                {nil, "old", "b1", false},
		"the trial runs":          {&Mark{Digest: Digest([]byte("new")), Boot: "b1"}, "old", "b1", false},
		"the machine was reset":   {&Mark{Digest: Digest([]byte("new")), Boot: "b1"}, "old", "b2", true},
		"the daemon starts":       {&Mark{Digest: Digest([]byte("new")), Boot: "b1"}, "old", "", true},
		"taken back":              {&Mark{Digest: Digest([]byte("new")), Boot: "b1", Over: true}, "old", "b1", true},
		"confirmed, then cut":     {&Mark{Digest: Digest([]byte("new")), Boot: "b1"}, "new", "b2", false},
		"another file by now":     {&Mark{Digest: Digest([]byte("x")), Boot: "b1", Over: true}, "old", "b2", false},
		"nothing to come back to": {&Mark{Digest: Digest([]byte("new")), Boot: "b1"}, "", "b2", true},
	} {
		dir := t.TempDir()
		if c.mark != nil {
			c.mark.At = time.Unix(1, 0)
			if err := c.mark.Save(dir); err != nil {
				t.Fatal(err)
			}
		}
		if c.accepted != "" {
			if err := SaveAccepted(dir, []byte(c.accepted)); err != nil {
				t.Fatal(err)
			}
		}
		if got := Unconfirmed(dir, []byte("new"), c.boot); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if err := RemoveMark(dir); err != nil {
			t.Error(err)
		}
		if _, marked := LoadMark(dir); marked {
			t.Errorf("%s: the mark is still there", name)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, markName), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if Unconfirmed(dir, []byte("new"), "") {
		t.Error("a mark that cannot be read counts")
	}
}
