// Package harness starts the whole product for a test: a simulated site, the
// daemon on it, and the programs that it talks to (a broker, a receiver). They
// run as processes of their own, so that a test can kill them, and everything
// they made is gone when the test ends.
package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// tags are the build tags of the product, as in the Makefile.
const tags = "sqlite_omit_load_extension,osusergo,netgo"

// Root is the folder of the module.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

var built struct {
	sync.Once
	dir string
	err error
}

// Programs builds fieldsim, watchboxd and watchbox, once per test binary, and
// gives the folder in which they stand. WATCHBOX_RACE=1 builds the daemon with
// the race detector.
func Programs(t testing.TB) string {
	t.Helper()
	built.Do(func() { built.dir, built.err = build() })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.dir
}

func build() (string, error) {
	dir := filepath.Join(Root(), "out", "harness", filepath.Base(os.Args[0])) // each test binary has its own
	for _, name := range []string{"fieldsim", "watchboxd", "watchbox"} {
		arguments := []string{"build", "-tags", tags, "-o", filepath.Join(dir, name)}
		if name == "watchboxd" && os.Getenv("WATCHBOX_RACE") != "" {
			arguments = append(arguments, "-race")
		}
		c := exec.Command("go", append(arguments, "./cmd/"+name)...)
		c.Dir = Root()
		if out, err := c.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return dir, nil
}

// Need finds a program that somebody else wrote, or fails the test and says
// what to install.
func Need(t testing.TB, program, packet string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is missing: apt-get install %s (make does it)", program, packet)
	}
	return path
}
