package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"watchbox/drivers/system"
	"watchbox/drivers/system/network"
	"watchbox/firmware/config"
)

// networkMain is the process `init network`: addresses, firewall, time. SIGHUP
// tells it that the site file changed, SIGTERM ends it; the addresses stay.
func networkMain() {
	log.SetPrefix("network: ")
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGHUP)
	host, _ := os.Hostname()
	m := &network.Manager{Sys: sysfs, Proc: "/proc/sys/net", Resolv: system.RunFolder + "/resolv.conf", Host: host,
		Kick: make(chan struct{}, 1), Site: func() *config.Network { return wantedSite(dataFolder).Network }}
	clock := &network.Clock{Servers: m.TimeServers, Ask: network.AskNTP, Move: network.MoveKernel, Set: func() { system.SetRTC("/dev/rtc0") }}
	go clock.Run(ctx, m.Kick)
	m.Run(ctx, changed)
}

// wantedSite is the site file in force: the file when the whole of it can be used
// and it is not one whose trial is over, else the copy that the daemon accepted
// last, else a broken file's network section alone when at least that can be used.
// Without any it is DHCP everywhere: a bad file does not take the network away.
func wantedSite(folder string) *config.Site {
	text, err := os.ReadFile(folder + "/" + system.SiteFile)
	if err != nil {
		tell(err)
	}
	if config.Unconfirmed(folder, text, bootID()) {
		if old, err := config.LoadAccepted(folder); err == nil {
			text = old
		}
	}
	return siteOf(text, func() ([]byte, error) { return config.LoadAccepted(folder) })
}

// siteOf decides. Pure but for accepted.
func siteOf(text []byte, accepted func() ([]byte, error)) *config.Site {
	if site := usable(text); site != nil {
		return site
	}
	if old, err := accepted(); err == nil {
		if site := usable(old); site != nil {
			return site
		}
	}
	n, err := config.ParseNetwork(system.SiteFile, text)
	tell(err)
	return &config.Site{Network: n}
}

// usable is the site of a file that has no error in itself; what it says of the
// board and of devices is the daemon's business.
func usable(text []byte) *config.Site {
	site, problems := config.Parse(system.SiteFile, text)
	if site == nil || config.Refused(append(problems, config.Validate(site, config.World{})...)) {
		return nil
	}
	return site
}
