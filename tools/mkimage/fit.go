package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// fit makes the signed kernel with one configuration per slot.
func (o order) fit(size int64, hash string) (string, error) {
	if err := squeeze(o.kernel, o.tmp("kernel.gz")); err != nil {
		return "", err
	}
	for name, uuid := range map[string]string{"a": uuidA, "b": uuidB} {
		for _, t := range o.trees() {
			if err := o.slotTree(t.file, name+t.suffix, o.commandFor(name, uuid, size, hash)); err != nil {
				return "", err
			}
		}
	}
	its := o.tmp("fit.its")
	if err := os.WriteFile(its, o.fitSource(), 0o644); err != nil {
		return "", err
	}
	file := o.tmp("fit.itb")
	if _, err := run("mkimage", "-f", its, "-k", o.keys, "-r", file); err != nil {
		return "", err
	}
	return file, nil
}

// tree is a device tree of the board. The suffix stands behind the names of what
// is made of it; the board's own has none.
type tree struct{ suffix, file string }

func (o order) trees() []tree {
	list := []tree{{"", o.tree}}
	for _, variant := range strings.FieldsFunc(o.variants, func(r rune) bool { return r == ',' }) {
		name, file, _ := strings.Cut(variant, "=")
		list = append(list, tree{"-" + name, file})
	}
	return list
}

// squeeze compresses without a name or time inside.
func squeeze(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	z, _ := gzip.NewWriterLevel(out, gzip.BestCompression) // the level is right
	if _, err := io.Copy(z, in); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return out.Close()
}

// slotTree is a device tree with the slot's command line.
func (o order) slotTree(base, name, command string) error {
	source := o.tmp("slot-" + name + ".dtso")
	text := fmt.Sprintf("/dts-v1/;\n/plugin/;\n&{/} { chosen { bootargs = \"%s\"; }; };\n", strings.ReplaceAll(command, `"`, `\"`))
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		return err
	}
	overlay := o.tmp("slot-" + name + ".dtbo")
	if _, err := run("dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-o", overlay, source); err != nil {
		return err
	}
	_, err := run("fdtoverlay", "-i", base, "-o", o.tmp("slot-"+name+".dtb"), overlay)
	return err
}

// fitSource is what U-Boot's mkimage reads. Kernel and tree of each configuration
// are signed together, so that neither can be taken with another's partner.
func (o order) fitSource() []byte {
	var images, configurations strings.Builder
	for _, slot := range []string{"a", "b"} {
		for _, t := range o.trees() {
			name := slot + t.suffix
			fmt.Fprintf(&images, treeSource, name, name)
			fmt.Fprintf(&configurations, configurationSource, name, name)
		}
	}
	return fmt.Appendf(nil, imageSource, o.load, o.load, images.String(), configurations.String())
}

const imageSource = `/dts-v1/;
/ {
	description = "Watchbox";
	#address-cells = <1>;
	images {
		kernel {
			data = /incbin/("kernel.gz");
			type = "kernel"; arch = "arm64"; os = "linux"; compression = "gzip";
			load = <%s>; entry = <%s>;
			hash-1 { algo = "sha256"; };
		};%s
	};
	configurations {
		default = "slot-a";%s
	};
};
`

const treeSource = `
		tree-%s {
			data = /incbin/("slot-%s.dtb");
			type = "flat_dt"; arch = "arm64"; compression = "none";
			hash-1 { algo = "sha256"; };
		};`

const configurationSource = `
		slot-%s {
			kernel = "kernel"; fdt = "tree-%s";
			signature-1 { algo = "sha256,rsa2048"; key-name-hint = "image"; sign-images = "kernel", "fdt"; };
		};`

// trusted adds the public key to a control tree that the loader is given.
func (o order) trusted(tree, to string) error {
	data, err := os.ReadFile(tree)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		return err
	}
	// mkimage writes the key only while it signs: it signs our working copy of the
	// FIT once more; the slot has its own already.
	_, err = run("mkimage", "-F", "-k", o.keys, "-K", to, "-r", filepath.Join(o.work, "fit.itb"))
	return err
}
