// Package confine takes from a process what the daemon does not need, before the
// daemon is: no new privileges, a Landlock ruleset for files, a seccomp filter
// for system calls. None of it can be given back, and the daemon's code runs not
// one instruction without it.
package confine

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Rule is one tree of files and what may be done in it.
type Rule struct {
	Path string
	Do   uint64 // of the Landlock rights below
}

// What may be done. Directories and files of one tree alike.
const (
	Read  = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	Run   = Read | unix.LANDLOCK_ACCESS_FS_EXECUTE
	Use   = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR // of a device
	Write = Read | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_REFER
	// handled is everything that the first rulesets know: what no rule allows is refused.
	handled = Write | unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_SYM
	ofFiles = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
		unix.LANDLOCK_ACCESS_FS_EXECUTE
)

// known is what a kernel of that Landlock version can be asked to handle: moves
// between folders came with the second, truncation with the third. Pure.
func known(version int) uint64 {
	rights := uint64(handled)
	if version < 3 {
		rights &^= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if version < 2 {
		rights &^= unix.LANDLOCK_ACCESS_FS_REFER
	}
	return rights
}

// ErrNoLandlock is a kernel without it: Debian's stock one needs lsm=landlock.
var ErrNoLandlock = errors.New("the kernel has no Landlock")

// Exec confines this thread and becomes the program. It returns only when it
// could not; a kernel without Landlock is said through warn, for a box that does
// not guard is worse than one that is less closed.
func Exec(program string, arguments, environment []string, rules []Rule, warn func(error)) error {
	runtime.LockOSThread() // exec keeps the rights of the thread that calls it
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("confine: no new privileges: %w", err)
	}
	if err := restrict(rules); errors.Is(err, ErrNoLandlock) {
		warn(err)
	} else if err != nil {
		return fmt.Errorf("confine: %w", err)
	}
	if err := filter(); err != nil {
		return fmt.Errorf("confine: filter system calls: %w", err)
	}
	return fmt.Errorf("confine: become %s: %w", program, unix.Exec(program, arguments, environment))
}

func restrict(rules []Rule) error {
	version, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if e != 0 {
		return fmt.Errorf("%w: %w", ErrNoLandlock, e)
	}
	rights := known(int(version))
	attr := unix.LandlockRulesetAttr{Handled_access_fs: rights}
	// The first version takes this size and no more.
	fd, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr.Handled_access_fs), 0)
	if e != 0 {
		return fmt.Errorf("make a ruleset: %w", e)
	}
	defer unix.Close(int(fd))
	for _, r := range rules {
		if err := allow(int(fd), r, rights); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("allow %s: %w", r.Path, err)
		}
	}
	if _, _, e := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); e != 0 {
		return fmt.Errorf("restrict: %w", e)
	}
	return nil
}

// allow adds one tree; one that is not there cannot be needed.
func allow(ruleset int, r Rule, rights uint64) error {
	fd, err := unix.Open(r.Path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var info unix.Stat_t
	if err := unix.Fstat(fd, &info); err != nil {
		return err
	}
	attr := unix.LandlockPathBeneathAttr{Allowed_access: r.Do & rights, Parent_fd: int32(fd)}
	if info.Mode&unix.S_IFMT != unix.S_IFDIR {
		attr.Allowed_access &= ofFiles
	}
	if _, _, e := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&attr)), 0, 0, 0); e != 0 {
		return e
	}
	return nil
}
