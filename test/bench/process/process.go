// Package process asks the kernel what a process that is measured has used.
package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

func file(pid int, name string) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
	return string(text)
}

// Busy is the processor time that it has had, in the kernel's ticks of 10 ms (proc(5),
// stat, fields 14 and 15); 0 when there is no such process.
func Busy(pid int) time.Duration {
	text := file(pid, "stat")
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // from field 3: the name may hold blanks
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// Resident is its memory in MiB; 0 when there is no such process.
func Resident(pid int) float64 {
	_, rest, _ := strings.Cut(file(pid, "status"), "VmRSS:")
	var kib float64
	fmt.Sscan(rest, &kib)
	return kib / 1024
}
