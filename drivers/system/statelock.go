package system

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lockState makes the file the only one of its partition that changes it, until it is
// closed: boot state and ledger have two writers, the daemon and init, and each reads
// before it writes. Blocks while the other one writes, so as long as the medium does.
func lockState(fd uintptr) error {
	for {
		if err := unix.Flock(int(fd), unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// ChangeState changes the boot state in the partition, and what is changed is what the
// other writer left. One that is whole must be there: ErrNoState. Blocks on the medium.
func ChangeState(path string, change func(State) State) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("change boot state: %w", err)
	}
	defer f.Close()
	if err := lockState(f.Fd()); err != nil {
		return fmt.Errorf("change boot state: lock: %w", err)
	}
	s, err := ReadState(f)
	if err != nil {
		return err
	}
	return WriteState(f, change(s))
}
