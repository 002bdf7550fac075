// Command init is PID 1 of the gokrazy image that the bench boots beside ours. It
// stands for the one that gokrazy's packer would generate: gokrazy's own Boot and
// supervision, with the system services that an instance has by default and hello.
package main

import (
	"fmt"
	"log"
	"os/exec"

	"github.com/gokrazy/gokrazy"
	_ "github.com/gokrazy/kernel.arm64" // no code: it keeps the module, in which the kernel lies
)

func main() {
	fmt.Println("gokrazy: init") // the bench waits for this line
	if err := gokrazy.Boot("bench"); err != nil {
		log.Fatal(err)
	}
	if err := gokrazy.SuperviseServices([]*gokrazy.Service{
		gokrazy.NewService(exec.Command("/gokrazy/dhcp")),
		gokrazy.NewService(exec.Command("/gokrazy/ntp")),
		gokrazy.NewService(exec.Command("/gokrazy/randomd")),
		gokrazy.NewService(exec.Command("/user/hello")),
	}); err != nil {
		log.Fatal(err)
	}
	select {}
}
