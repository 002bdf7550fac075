package main

import (
	"fmt"
	"runtime"
	"sort"
	"strings"
	"time"
)

// report prints the percentiles, beside the 20 ms that the contact's own
// debounce takes, and the histogram.
func report(times []time.Duration, browsers int, stall time.Duration, resident float64) {
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	at := func(p float64) time.Duration { return times[min(int(p*float64(len(times))), len(times)-1)] }
	fmt.Printf("| panic contact → siren relay, whole daemon, %d presses, all slaves silent, fsync +%v, %d browsers | p50 %s | p99 %s | p99.9 %s | max %s | budget p99.9 ≤ 100 ms: ×%.2f |\n",
		len(times), stall, browsers, ms(at(.5)), ms(at(.99)), ms(at(.999)), ms(times[len(times)-1]), at(.999).Seconds()/0.1)
	fmt.Printf("| of which the contact's debounce | 20 ms | | | | %d CPUs %s/%s |\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("| resident memory under this load | %.0f MiB | | | | budget 64 MiB |\n\n", resident)
	histogram(times)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func histogram(times []time.Duration) {
	edges := []int{20, 21, 22, 23, 25, 28, 32, 40, 50, 75, 100, 1 << 30}
	counts := make([]int, len(edges))
	for _, t := range times {
		for i, e := range edges {
			if t.Milliseconds() < int64(e) {
				counts[i]++
				break
			}
		}
	}
	for i, c := range counts {
		label := fmt.Sprintf("< %d ms", edges[i])
		if i == len(edges)-1 {
			label = "more"
		}
		fmt.Printf("  %9s %5d %s\n", label, c, strings.Repeat("█", (c*60+len(times)-1)/len(times)))
	}
}
