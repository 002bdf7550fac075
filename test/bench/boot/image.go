package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// image is a disk and how a machine starts from it.
type image struct {
	name   string
	files  []string // what a start reads: kernel and root
	disk   string
	start  []string // arguments that bring the kernel
	kernel string   // on the console when the loader hands over; "": there is no loader
	init   string   // first words of user space
	armed  string   // "": it guards nothing
	scheme string
	port   int // of the page
	takes  [2][]take
}

// take is one start: its marks, and QEMU's memory in bytes when the page answered.
// Without a loader the kernel begins with the power; what guards nothing is never armed.
type take struct {
	power, kernel, init, armed, page moment
	resident                         int64
}

// round starts a fresh copy of the disk, and again after the power was cut.
func (k *image) round(folder string) error {
	disk := filepath.Join(folder, "disk.img")
	if out, err := exec.Command("cp", "--sparse=always", k.disk, disk).CombinedOutput(); err != nil {
		return fmt.Errorf("copy disk: %v: %s", err, out)
	}
	for i := range k.takes {
		t, err := k.boot(folder, disk)
		if err != nil {
			return err
		}
		k.takes[i] = append(k.takes[i], t)
	}
	return nil
}

func (k *image) boot(folder, disk string) (take, error) {
	g, err := power(k, folder, disk)
	if err != nil {
		return take{}, err
	}
	defer g.cut()
	t := take{power: g.began, kernel: g.began}
	for _, mark := range []struct {
		words string
		at    *moment
	}{{k.kernel, &t.kernel}, {k.init, &t.init}, {k.armed, &t.armed}} {
		if mark.words == "" {
			continue
		}
		if *mark.at, err = g.await(mark.words); err != nil {
			return t, err
		}
	}
	if t.page, err = g.awaitPage(); err != nil {
		return t, err
	}
	t.resident, err = g.resident()
	return t, err
}

// span is the way from one mark to another.
type span struct{ took, work time.Duration }

func (s span) String() string {
	if s.took <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f s (%.1f)", s.took.Seconds(), s.work.Seconds())
}

// between is the median way in the first starts (0) or the later ones (1).
func (k *image) between(which int, way func(take) (from, to moment)) span {
	var took, work []time.Duration
	for _, t := range k.takes[which] {
		from, to := way(t)
		took, work = append(took, to.at.Sub(from.at)), append(work, to.work-from.work)
	}
	return span{median(took), median(work)}
}

// resident is the median of QEMU's memory.
func (k *image) resident(which int) int64 {
	var all []int64
	for _, t := range k.takes[which] {
		all = append(all, t.resident)
	}
	return median(all)
}

// size is what a start reads, in bytes.
func (k *image) size() (sum int64) {
	for _, f := range k.files {
		if s, err := os.Stat(f); err == nil {
			sum += s.Size()
		}
	}
	return sum
}
