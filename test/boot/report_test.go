//go:build bootproof

package boot

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"
)

// processor is the time that the machines of this test took, those that have ended.
func processor() time.Duration {
	var all syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &all); err != nil {
		return 0
	}
	return time.Duration(all.Utime.Nano() + all.Stime.Nano())
}

// report is the table of the runs.
type report struct {
	mutex sync.Mutex
	rows  []row
}

type row struct {
	name        string
	number      int // among the runs of its name
	runs, phase string
	took        time.Duration
	note        string
	well        bool
}

func (x row) String() string {
	end := "armed"
	if !x.well {
		end = "FAILED"
	}
	return fmt.Sprintf("%-36s %2d  %-8s %-12s %-6s %4.0f s  %s", x.name, x.number, x.runs, x.phase, end, x.took.Seconds(), x.note)
}

// add numbers a row and keeps it.
func (r *report) add(x row) row {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	x.number = 1
	for _, other := range r.rows {
		if other.name == x.name {
			x.number++
		}
	}
	r.rows = append(r.rows, x)
	return x
}

// text is the table, faults of one name together.
func (r *report) text() string {
	var text strings.Builder
	told := map[string]bool{}
	for _, s := range stories {
		for _, f := range s.faults {
			if told[f.name] {
				continue
			}
			told[f.name] = true
			for _, x := range r.rows {
				if x.name == f.name {
					fmt.Fprintln(&text, x)
				}
			}
		}
	}
	return text.String()
}
