//go:build peer

package snmp

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
)

// tally counts samples.
type tally struct{ good, bad atomic.Int64 }

func (c *tally) Urgent(s point.Sample) { c.Sample(s) }
func (c *tally) Sample(s point.Sample) {
	if s.Quality.Usable() {
		c.good.Add(1)
		return
	}
	c.bad.Add(1)
}

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// twoInterfaces names two interfaces of this host: 15 values in one answer.
func twoInterfaces(b *testing.B) string {
	all, err := net.Interfaces()
	if err != nil || len(all) < 2 {
		b.Fatalf("want two interfaces on this host: %v %v", all, err)
	}
	return all[0].Name + "," + all[1].Name
}

// BenchmarkScanSNMP: 250 agents on loopback, each asked for its system and its
// interfaces; CPU of this process per value that arrived, kernel time included.
func BenchmarkScanSNMP(b *testing.B) {
	port := snmpd(b)
	two := twoInterfaces(b)
	user := v3("wb256", "sha256")
	user["interfaces"] = two
	for name, options := range map[string]map[string]string{"v2c": {"interfaces": two}, "v3": user} {
		b.Run(name, func(b *testing.B) {
			var sink tally
			s := scan.New(&sink, func() point.Instant { return point.Instant{Mono: 1} }, nil)
			for i := range 250 {
				d, err := New(driver.Spec{Name: fmt.Sprint("d", i), Address: fmt.Sprintf("127.0.%d.%d:%d", 1+i/200, 1+i%200, port),
					Map: "system+interfaces", Options: options, Period: 200 * time.Millisecond, Timeout: 5 * time.Second})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.AddPooled(fmt.Sprint("d", i), d); err != nil {
					b.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			go s.Run(ctx)
			for sink.good.Load() < 250*30 { // every agent known
				time.Sleep(10 * time.Millisecond)
			}
			b.ResetTimer()
			start, spent := sink.good.Load(), cpu()
			for sink.good.Load()-start < int64(b.N) {
				time.Sleep(5 * time.Millisecond)
			}
			n := float64(sink.good.Load() - start)
			b.ReportMetric(float64(cpu()-spent)/1e3/n, "cpu-µs/value")
			b.ReportMetric(float64(sink.bad.Load()), "bad")
		})
	}
}
