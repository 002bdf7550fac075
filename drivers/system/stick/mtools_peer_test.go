//go:build peer

package stick

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestSticksMadeByOthers reads what mkfs.vfat and mtools wrote: sizes of clusters and
// of sectors.
func TestSticksMadeByOthers(t *testing.T) {
	for _, c := range []struct {
		mib   int
		flags []string
		files int
	}{{32, []string{"-F", "16"}, 100}, {64, []string{"-F", "32", "-s", "1"}, 150}, {300, []string{"-F", "32", "-S", "4096"}, 10}, {40, nil, 3}, {600, nil, 3}} {
		t.Run(fmt.Sprint(c.mib, c.flags), func(t *testing.T) {
			disk, want := filepath.Join(t.TempDir(), "stick"), content(5_000_003)
			os.WriteFile(disk, nil, 0o644)
			os.Truncate(disk, int64(c.mib)<<20)
			run(t, "mkfs.vfat", append(c.flags, disk)...)
			files := []string{}
			for i := range c.files {
				files = append(files, write(t, fmt.Sprintf("a file with a long name, number %d.txt", i), []byte("x")))
			}
			files = append(files, write(t, "watchbox-qemu-1.2.3.bundle", want))
			run(t, "mcopy", append(append([]string{"-i", disk}, files...), "::/")...)
			f, err := os.Open(disk)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			name, in, err := find(f, []extent{{0, int64(c.mib) << 20}}, "qemu")
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(in)
			if err != nil || name != "watchbox-qemu-1.2.3.bundle" || !bytes.Equal(got, want) {
				t.Errorf("%q, %d bytes, %v", name, len(got), err)
			}
		})
	}
}

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func run(t *testing.T, program string, arguments ...string) {
	t.Helper()
	if out, err := exec.Command(program, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
}
