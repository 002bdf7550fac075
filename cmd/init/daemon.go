package main

import (
	"log"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"watchbox/drivers/system"
	"watchbox/drivers/system/confine"
)

// daemonID is the user and the group of the daemon. The box has no others.
const daemonID = 900

// The daemon of the image.
var daemonCommand = []string{"/bin/watchboxd", "-site", dataFolder + "/" + system.SiteFile, "-data", dataFolder, "-listen", ":443", "-tls", dataFolder + "/" + tlsFolder}

// rights are those with which the daemon starts: its own user, and of all
// capabilities the one for the page's port.
func rights() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: daemonID, Gid: daemonID, Groups: []uint32{daemonID}},
		AmbientCaps: []uintptr{unix.CAP_NET_BIND_SERVICE},
	}
}

// files are what the daemon may touch. It reads what everybody may read; device
// nodes are opened by their owner's rights (system.HandOver); it runs itself and
// nothing else.
var files = []confine.Rule{
	{Path: "/", Do: confine.Read},
	{Path: daemonCommand[0], Do: confine.Run},
	{Path: "/dev", Do: confine.Use},
	{Path: dataFolder, Do: confine.Write},
	{Path: "/tmp", Do: confine.Write},
	{Path: system.RunFolder + "/daemon", Do: confine.Write},
}

// confined gives up what the daemon does not need and becomes the daemon.
func confined(command []string) {
	if len(command) == 0 {
		log.Fatal("confined: name the daemon")
	}
	err := confine.Exec(command[0], command, os.Environ(), files, func(err error) { log.Printf("the daemon may touch every file of its user: %v", err) })
	log.Fatal(err)
}
