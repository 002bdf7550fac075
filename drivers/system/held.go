package system

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"time"
)

// A thread that is in the kernel's uninterruptible sleep at each of so many looks
// hangs there: one that only waits for a busy disk is seen awake in between.
const (
	heldLooks = 5
	heldPause = time.Second
)

// Held tells whether the kernel holds a thread of this process in a call that not
// even SIGKILL ends: then the process cannot end either, and its inputs stay its
// own. Blocks for four seconds.
func Held(ctx context.Context) bool { return held(ctx, "/proc/self/task") }

func held(ctx context.Context, tasks string) bool {
	all := sleepers(tasks)
	for range heldLooks - 1 {
		if len(all) == 0 {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(heldPause):
		}
		now := sleepers(tasks)
		maps.DeleteFunc(all, func(task string, _ bool) bool { return !now[task] })
	}
	return len(all) > 0
}

// sleepers are the threads in state D (proc(5), /proc/PID/stat, field 3; the name
// before it stands in brackets and may hold anything).
func sleepers(tasks string) map[string]bool {
	found := map[string]bool{}
	files, _ := filepath.Glob(filepath.Join(tasks, "*/stat"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		if len(fields) > 0 && string(fields[0]) == "D" {
			found[file] = true
		}
	}
	return found
}
