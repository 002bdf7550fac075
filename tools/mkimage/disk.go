package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"watchbox/drivers/system"
)

// disk makes disk.img: slot A filled, slot B and data empty, the boot state new.
// Beside it loader.dtb, the control tree with our key in it.
func (o order) disk(slot string) error {
	for _, t := range o.trees() {
		if err := o.trusted(t.file, o.path("loader"+t.suffix+".dtb")); err != nil {
			return err
		}
	}
	parts := o.partitions()
	file := o.path("disk.img")
	os.Remove(file)
	total := int64(mib)
	for _, p := range parts {
		total += p.size
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := out.Truncate(total + mib); err != nil {
		return err
	}
	if err := table(file, parts); err != nil {
		return err
	}
	at := int64(mib)
	for _, p := range parts {
		if err := o.fill(out, p, at, slot); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		at += p.size
	}
	if o.firmware != "" {
		if err := hybrid(out, mib/512, fatSize/512); err != nil {
			return err
		}
	}
	return out.Close()
}

func (o order) fill(out *os.File, p partition, at int64, slot string) error {
	switch p.name {
	case "boot":
		image, err := o.fat()
		if err != nil {
			return err
		}
		return lay(out, image, at)
	case "bootstate":
		fresh := system.State{Order: []string{"A", "B"}, Left: map[string]int{"A": system.Tries}} // B is empty
		for _, copy := range []int64{0, system.SecondState} {
			if _, err := out.WriteAt(fresh.Bytes(), at+copy); err != nil {
				return err
			}
		}
	case "slot-a":
		return lay(out, slot, at)
	}
	return nil
}

// table writes the GPT.
func table(file string, parts []partition) error {
	var text strings.Builder
	fmt.Fprintf(&text, "label: gpt\nlabel-id: %s\n", diskUUID)
	at := int64(mib)
	for _, p := range parts {
		fmt.Fprintf(&text, "start=%d, size=%d, type=%s, uuid=%s, name=%s\n", at/512, p.size/512, p.kind, p.uuid, p.name)
		at += p.size
	}
	command := exec.Command("sfdisk", "-q", "--no-reread", "--no-tell-kernel", file)
	command.Stdin = strings.NewReader(text.String())
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("sfdisk: %w\n%s", err, out)
	}
	return nil
}

// lay copies a file into the disk and leaves holes where it is empty.
func lay(out *os.File, file string, at int64) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	buffer := make([]byte, mib)
	for {
		n, err := io.ReadFull(in, buffer)
		if n > 0 && !empty(buffer[:n]) {
			if _, err := out.WriteAt(buffer[:n], at); err != nil {
				return err
			}
		}
		at += int64(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func empty(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}
