// Command mkimage makes the box's disk image and the update bundle, as a normal
// user and without loop mounts. The same inputs give the same bytes.
//
//	mkimage -board qemu -kernel DIR -uboot DIR -root DIR -keys DIR -version 1.2.0 -out DIR
//
// A slot is one raw partition: a signed FIT (kernel, and for each slot a device
// tree whose bootargs carry the root hash) in the first megabytes, then the root
// as squashfs, then its dm-verity tree. It is written and read back as one.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
)

// order is what one run shall make.
type order struct {
	board, version    string
	kernel, tree      string // files: Image, the board's device tree
	variants          string // further trees of the board, NAME=FILE separated by commas
	load              string // where in memory the kernel begins
	root, keys, out   string // folders
	data              int64  // bytes of the data partition
	firmware          string // folder of what a board starts from a FAT partition, or ""
	commandLine, work string
	init, more        string // of the kernel's command line; more is what else stands at its end
	versions          string // files that name the Debian sources, separated by commas
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("mkimage: ")
	var o order
	flag.StringVar(&o.board, "board", "qemu", "the board")
	flag.StringVar(&o.version, "version", "0.0.0", "version of the firmware, x.y.z")
	flag.StringVar(&o.kernel, "kernel", "", "the kernel's Image")
	flag.StringVar(&o.tree, "tree", "", "the board's device tree, compiled")
	flag.StringVar(&o.variants, "variants", "", "further trees of the board, NAME=FILE separated by commas")
	flag.StringVar(&o.load, "load", "0x40400000", "where in memory the kernel begins")
	flag.StringVar(&o.root, "root", "", "folder of the root file system")
	flag.StringVar(&o.keys, "keys", "", "folder of the signing keys: image.key, image.crt, bundle.key")
	flag.StringVar(&o.out, "out", "out/image", "folder of the results: slot.img, disk.img, bundle")
	flag.StringVar(&o.commandLine, "console", "", "of the kernel's command line: the console")
	flag.StringVar(&o.init, "init", "/bin/init", "of the kernel's command line: the first program")
	flag.StringVar(&o.more, "more", "", "of the kernel's command line: what else stands at its end")
	flag.StringVar(&o.firmware, "firmware", "", "folder of what a board starts from a FAT partition")
	flag.Int64Var(&o.data, "data", 96<<20, "bytes of the data partition; the first boot makes it as long as the card lets it")
	flag.StringVar(&o.versions, "sources", "", "files that name the Debian sources in the image, separated by commas")
	flag.Parse()
	if err := o.make(); err != nil {
		log.Fatal(err)
	}
}

func (o order) make() (err error) {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	if o.work, err = os.MkdirTemp(o.out, "work"); err != nil {
		return err
	}
	defer os.RemoveAll(o.work)
	if err := o.materials(); err != nil {
		return fmt.Errorf("bill of materials: %w", err)
	}
	slot, err := o.slot()
	if err != nil {
		return fmt.Errorf("slot: %w", err)
	}
	if err := o.disk(slot); err != nil {
		return fmt.Errorf("disk: %w", err)
	}
	if err := o.bundle(slot); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	return nil
}

func (o order) path(name string) string { return filepath.Join(o.out, name) }
func (o order) tmp(name string) string  { return filepath.Join(o.work, name) }

// epoch is the time of everything in the image: a build is its inputs, not its day.
const epoch = "1767225600" // 2026-01-01

// run runs a tool; its words are in the error.
func run(name string, arguments ...string) (string, error) {
	command := exec.Command(name, arguments...)
	command.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+epoch, "LC_ALL=C", "TZ=UTC")
	out, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return string(out), nil
}
