//go:build board

package boot

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"watchbox/board"
)

// property reads words of a device tree; ok is false where there is no such one.
func property(tree, kind, node, name string) (words []string, ok bool) {
	out, err := exec.Command("fdtget", "-t", kind, tree, node, name).Output()
	return strings.Fields(string(out)), err == nil
}

// node follows an alias or a label.
func node(t *testing.T, tree, table, name string) string {
	t.Helper()
	path, ok := property(tree, "s", table, name)
	if !ok || len(path) != 1 {
		t.Fatalf("%s: no %s/%s", tree, table, name)
	}
	return path[0]
}

func trees() []string {
	return []string{filepath.Join(first, "trees", "board.dtb"), filepath.Join(first, "trees", "cm4.dtb")}
}

// What board.yaml calls a port is in the tree under that number, switched on, and
// the RS-485 ports turn their direction from the start; the console is none of them.
func TestPortsAreInTheTree(t *testing.T) {
	profile, err := board.Load("rpi4")
	if err != nil {
		t.Fatal(err)
	}
	for _, tree := range trees() {
		on := func(alias string) string {
			path := node(t, tree, "/aliases", alias)
			if status, set := property(tree, "s", path, "status"); set && status[0] != "okay" {
				t.Errorf("%s: %s is %s", tree, alias, status)
			}
			return path
		}
		for _, p := range profile.Ports {
			if number, is := strings.CutPrefix(p.Path, "/dev/ttyAMA"); is {
				path := on("serial" + number)
				for _, name := range []string{"linux,rs485-enabled-at-boot-time", "rs485-rts-active-low"} {
					if _, set := property(tree, "x", path, name); !set {
						t.Errorf("%s: %s has no %s", tree, p.Terminal, name)
					}
				}
			} else if number, is := strings.CutPrefix(p.Path, "/dev/spidev"); is {
				on("spi" + strings.TrimSuffix(number, ".0"))
			}
		}
		on("i2c1")
		on("mmc0")
		if on("serial1") != "/soc/serial@7e215040" { // the console's: console=ttyS1
			t.Errorf("%s: ttyS1 is no longer the UART of GPIO14 and 15", tree)
		}
	}
}

// No pin of the header has two masters: the lines of board.yaml, the pins of the
// ports, the bus, the chain and the console.
func TestEachPinOnce(t *testing.T) {
	profile, err := board.Load("rpi4")
	if err != nil {
		t.Fatal(err)
	}
	for _, tree := range trees() {
		masters := map[int]string{}
		take := func(pin int, who string) {
			if other, taken := masters[pin]; taken {
				t.Errorf("%s: GPIO%d belongs to %s and to %s", tree, pin, other, who)
			}
			masters[pin] = who
		}
		for _, in := range profile.Inputs {
			take(in.Offset, in.Terminal)
		}
		for _, out := range profile.Outputs {
			take(out.Offset, out.Terminal)
		}
		for _, name := range []string{"sck-gpios", "mosi-gpios"} {
			cells, _ := property(tree, "u", "/led-chain", name)
			pin, err := strconv.Atoi(cells[1])
			if err != nil {
				t.Fatal(err)
			}
			take(pin, name)
		}
		for _, label := range []string{"rs485_1_pins", "rs485_2_pins", "i2c1_gpio2", "uart1_gpio14"} {
			for _, pin := range pins(t, tree, label) {
				take(pin, label)
			}
		}
		if len(masters) != 28 {
			t.Errorf("%s: %d of GPIO0 to 27 have a master", tree, len(masters))
		}
	}
}

// pins are those of a pin group of the tree, in the old or the new way to write them.
func pins(t *testing.T, tree, label string) (list []int) {
	t.Helper()
	group := node(t, tree, "/__symbols__", label)
	numbers, _ := property(tree, "u", group, "brcm,pins")
	for _, number := range numbers {
		pin, _ := strconv.Atoi(number) // fdtget writes numbers
		list = append(list, pin)
	}
	for part := range strings.FieldsSeq(tool(t, "fdtget", "-l", tree, group)) {
		names, _ := property(tree, "s", group+"/"+part, "pins")
		for _, name := range names {
			var pin int
			if _, err := fmt.Sscanf(name, "gpio%d", &pin); err != nil {
				t.Fatalf("%s: %s/%s: pin %q", tree, group, part, name)
			}
			list = append(list, pin)
		}
	}
	return list
}
