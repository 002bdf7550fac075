package system

import (
	"errors"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The layout is the kernel's: the field that is set lies behind 40 bytes on every
// machine. That the kernel takes it is shown in QEMU (test/boot).
func TestSetClosing(t *testing.T) {
	if at, size := unsafe.Offsetof(serial{}.closingWait), unsafe.Sizeof(serial{}); at != 40 || size != 48+3*unsafe.Sizeof(uintptr(0)) {
		t.Errorf("the field is at %d of %d bytes", at, size)
	}
	for path, want := range map[string]error{"/dev/null": unix.ENOTTY, t.TempDir() + "/none": unix.ENOENT} {
		if err := SetClosing(path, CloseAtOnce); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}
