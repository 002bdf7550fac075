// Command agent is the guest test's hand in the guest. As PID 1 it solders the
// simulated board (gpio-sim chips labelled di and do), leaves a copy of itself
// behind that obeys the test over a virtio port, and becomes the product's init:
//
//	agent -- /init-of-the-product -board qemu -- /daemon …
//
// On the disk image (AGENT=1 tools/image/build.sh) there is nothing to solder, and
// the agent spoils what the machine's own ports name (spoil.go).
//
// Orders, one a line, each with one answer; numbers are decimal:
//
//	pull di 0 1          set the wire of an input           ok
//	burst di 1 200       move it that many times            ok
//	press di 0 do 0      set an input, await an output      MICROSECONDS
//	bounce di 1 20       move it as a bad contact does, for so many ms   MICROSECONDS
//	value do 0           what is on a line                  0 or 1
//	used di 0            somebody holds the line            0 or 1
//	observe value do 0 used di 0 …   begin to ask all the time   ok
//	observed             end it          LOOKS QUESTION=ANSWER@MICROSECONDS …
//	pid NAME             the process of that name           PID, 0 for none
//	kill PID do 0        with SIGKILL, as that line rises   ok
//	run PATH             run a test program                 what it printed
//	read PATH            a file of the guest                what is in it
//	signal PID N         any signal                         ok
//	fill PATH            write a file until there is no room   BYTES
//	readonly PATH        as after an error of its medium    ok
//	freeze PATH          as a medium that does not answer any more   ok
//	listen PORT          answer there over HTTP             ok
//	ports                open ports: tcp/443 …              PROTOCOL/PORT …
//	route                become a router without a firewall ok
//	find PATTERN         the files that fit                 PATH …
//	clog PATH            a serial port is closed, with bytes that do not leave it   ok
//	turns PATH           the kernel turns the RS-485 line round there    0 or 1
//	poke 0x48 0 0x8015   write a word to a chip's register on I2C bus 0   ok
//	write PATH WORD      to a file of the kernel            ok
//	replace PATH OLD NEW in a file                          ok
//	ask TOKEN GET URL BODY           an HTTP answer in the guest; "-" is nothing
//	                                 CODE BODY, line ends as spaces
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("agent: ")
	if os.Getpid() != 1 {
		serve()
		return
	}
	if err := solder(); err != nil {
		log.Fatalf("solder the board: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0] // there is no /proc yet
	}
	if _, err := os.StartProcess(self, []string{self}, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}}); err != nil {
		log.Fatal(err)
	}
	spoil()
	product := os.Args[1:]
	if len(product) > 0 && product[0] == "--" {
		product = product[1:]
	}
	if len(product) == 0 {
		log.Fatal("no program to become")
	}
	log.Fatal(syscall.Exec(product[0], product, os.Environ()))
}

// serve obeys until the port closes, which it does when the machine ends.
func serve() {
	port, err := openPort("agent")
	if err != nil {
		log.Fatal(err)
	}
	findChips()
	if slices.Contains(portNames(), "stop-on-data") {
		go stopOnData()
	}
	fmt.Fprintln(port, "ready")
	in := bufio.NewScanner(port)
	for in.Scan() {
		answer, err := obey(strings.Fields(in.Text()))
		if err != nil {
			answer = "error " + err.Error()
		}
		fmt.Fprintln(port, strings.ReplaceAll(answer, "\n", " "))
	}
}

// openPort finds a virtio port by its name.
func openPort(name string) (*os.File, error) {
	for range 3000 {
		ports, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
		for _, p := range ports {
			if text, _ := os.ReadFile(p); strings.TrimSpace(string(text)) != name {
				continue
			}
			if f, err := os.OpenFile("/dev/"+filepath.Base(filepath.Dir(p)), os.O_RDWR, 0); err == nil {
				return f, nil // the product mounts /dev when it comes to it
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, fmt.Errorf("no virtio port named %s", name)
}
