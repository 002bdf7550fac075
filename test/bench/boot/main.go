// Command boot starts the image that is sold and a gokrazy "hello" appliance in the
// same QEMU, one after the other, and prints what each start took and the ratios:
// kernel, init to the first answer of the page, image, memory; in brackets QEMU's
// processor time, which a busy machine changes little. Each disk is started twice:
// at the first start ours makes the data partition, its keys and certificate.
//
// gokrazy runs on our kernel, which compares what comes after it, and on its own. It
// has no loader here: QEMU hands over the kernel. Its page says hello; ours guards a
// room and speaks TLS.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	box := flag.String("box", "out/image/qemu", "folder of our image")
	kernel := flag.String("kernel", "", "our kernel, as tools/image/kernel.sh made it")
	peer := flag.String("gokrazy", "", "folder that tools/image/gokrazy.sh made")
	rounds := flag.Int("rounds", 3, "starts of each kind")
	flag.Parse()
	if err := run(*box, *kernel, *peer, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench boot:", err)
		os.Exit(1)
	}
}

func run(box, kernel, peer string, rounds int) error {
	kinds, err := images(box, kernel, peer)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "bench-boot")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	for range rounds {
		for _, k := range kinds {
			if err := k.round(folder); err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
		}
	}
	table(kinds)
	return nil
}

// images are ours and theirs, theirs on both kernels.
func images(box, kernel, peer string) ([]*image, error) {
	bundles, _ := filepath.Glob(filepath.Join(box, "*.bundle"))
	if len(bundles) != 1 {
		return nil, fmt.Errorf("%s holds %d bundles, want the one of make image", box, len(bundles))
	}
	words, err := os.ReadFile(filepath.Join(peer, "cmdline.txt"))
	if err != nil {
		return nil, err
	}
	root, own := filepath.Join(peer, "root.img"), filepath.Join(peer, "vmlinuz")
	hello := image{disk: filepath.Join(peer, "disk.img"), init: "gokrazy: init", scheme: "http", port: 8080}
	ours, theirs := hello, hello
	ours.name, ours.files = "gokrazy hello on our kernel", []string{kernel, root}
	ours.start = []string{"-kernel", kernel, "-append", string(words)}
	theirs.name, theirs.files = "gokrazy hello on its kernel", []string{own, root}
	theirs.start = []string{"-kernel", own, "-append", string(words)}
	return []*image{{
		name: "Watchbox", files: bundles, disk: filepath.Join(box, "disk.img"),
		start:  []string{"-bios", filepath.Join(box, "u-boot.bin"), "-dtb", filepath.Join(box, "loader.dtb")},
		kernel: "Starting kernel", init: "init: board", armed: "armed: ", scheme: "https", port: 443,
	}, &ours, &theirs}, nil
}

// ways are the columns.
var ways = []struct {
	name string
	way  func(take) (from, to moment)
}{
	{"loader", func(t take) (from, to moment) { return t.power, t.kernel }},
	{"kernel", func(t take) (from, to moment) { return t.kernel, t.init }},
	{"init → armed", func(t take) (from, to moment) { return t.init, t.armed }},
	{"init → page", func(t take) (from, to moment) { return t.init, t.page }},
	{"kernel → page", func(t take) (from, to moment) { return t.kernel, t.page }},
}

// table prints medians, and ours as multiples of gokrazy's.
func table(kinds []*image) {
	fmt.Print("| start |")
	for _, w := range ways {
		fmt.Printf(" %s |", w.name)
	}
	fmt.Printf(" kernel and root | QEMU resident |\n|%s\n", strings.Repeat("---|", len(ways)+3))
	for i, start := range []string{"first", "later"} {
		for _, k := range kinds {
			fmt.Printf("| %s, %s |", k.name, start)
			for _, w := range ways {
				fmt.Printf(" %v |", k.between(i, w.way))
			}
			fmt.Printf(" %.1f MB | %d MB |\n", float64(k.size())/1e6, k.resident(i)/1e6)
		}
		for _, other := range kinds[1:] {
			ratios(i, kinds[0], other)
		}
	}
}

// ratios is one line: ours ÷ theirs.
func ratios(which int, a, b *image) {
	fmt.Printf("| Watchbox ÷ %s |", b.name)
	for _, w := range ways {
		ours, theirs := a.between(which, w.way), b.between(which, w.way)
		if theirs.took <= 0 {
			fmt.Print(" |")
			continue
		}
		fmt.Printf(" ×%.2f (×%.2f) |", ratio(ours.took, theirs.took), ratio(ours.work, theirs.work))
	}
	fmt.Printf(" ×%.2f | ×%.2f |\n", ratio(a.size(), b.size()), ratio(a.resident(which), b.resident(which)))
}

func ratio[N ~int64](a, b N) float64 { return float64(a) / float64(b) }

func median[N cmp.Ordered](list []N) N {
	slices.Sort(list)
	return list[len(list)/2]
}
