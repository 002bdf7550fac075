//go:build peer

package network

import (
	"os"
	"os/signal"
	"syscall"
)

const hangup = syscall.SIGHUP

func hangups() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, hangup)
	return c
}
