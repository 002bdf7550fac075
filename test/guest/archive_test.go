//go:build guest

package guest

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"slices"
)

// archive is an initramfs in the kernel's cpio format "newc", from memory.
type archive struct {
	bytes.Buffer
	folders []string
	inode   int
}

// add puts a file of this machine at a path of the guest, with its folders.
func (a *archive) add(where, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	a.folder(path.Dir(where))
	a.entry(where, 0o100755, data)
	return nil
}

func (a *archive) folder(where string) {
	if where == "/" || slices.Contains(a.folders, where) {
		return
	}
	a.folder(path.Dir(where))
	a.folders = append(a.folders, where)
	a.entry(where, 0o040755, nil)
}

func (a *archive) entry(where string, mode int, data []byte) {
	a.inode++
	name := where[1:] + "\x00"
	fmt.Fprintf(a, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", a.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
	a.WriteString(name)
	a.pad()
	a.Write(data)
	a.pad()
}

func (a *archive) pad() {
	for a.Len()%4 != 0 {
		a.WriteByte(0)
	}
}

// finish ends the archive.
func (a *archive) finish() []byte {
	a.entry("/TRAILER!!!", 0, nil)
	return a.Bytes()
}
