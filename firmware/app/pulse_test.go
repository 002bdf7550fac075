package app

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/point"
)

// TestTheNewestPulseOfAStrikeCounts: a second grant is not cut short by the end
// of the first, and a door that has closed locks at once.
func TestTheNewestPulseOfAStrikeCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		begin := time.Now()
		o := newOutputs(ctx, func() point.Instant { return point.Instant{Mono: time.Since(begin)} })
		var mutex sync.Mutex
		var seen []string
		o.start(func(_ context.Context, p point.Name, v point.Value) error {
			mutex.Lock()
			defer mutex.Unlock()
			seen = append(seen, time.Since(begin).String()+" "+v.String())
			return nil
		}, func(point.Name, error) {}, nil)
		o.pulse("door/strike", 5*time.Second)
		time.Sleep(3 * time.Second)
		o.pulse("door/strike", 5*time.Second)
		time.Sleep(7 * time.Second)
		o.pulse("door/strike", 5*time.Second)
		time.Sleep(time.Second)
		o.pulse("door/strike", 0)
		time.Sleep(time.Minute)
		cancel()
		o.group.Wait()
		mutex.Lock()
		defer mutex.Unlock()
		if want := []string{"0s true", "3s true", "8s false", "10s true", "11s false"}; !slices.Equal(seen, want) {
			t.Errorf("the strike: %v, want %v", seen, want)
		}
	})
}
