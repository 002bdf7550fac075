package app

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// TestAnOrderIsNotGivenTwice: one that went out and was not answered is the issuer's to
// hear of at once, as is a refusal. One that never went out is tried again, and a level
// that an annunciator wants is, too.
func TestAnOrderIsNotGivenTwice(t *testing.T) {
	for class, again := range map[error]bool{driver.ErrUnsure: false, driver.ErrRefused: false, driver.ErrTimeout: true} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			begin := time.Now()
			o := newOutputs(ctx, func() point.Instant { return point.Instant{Mono: time.Since(begin)} })
			var mutex sync.Mutex
			given, told := map[point.Name]int{}, 0
			o.start(func(_ context.Context, p point.Name, _ point.Value) error {
				mutex.Lock()
				defer mutex.Unlock()
				given[p]++
				return driver.Fail(class, "no")
			}, func(point.Name, error) {}, func(_ point.Name, _ point.Value, _ point.Instant, err error) {
				if told++; !errors.Is(err, class) {
					t.Error(err)
				}
			})
			o.command("ac/unit.on", point.OfBool(true))
			o.pulse("oc/siren", time.Hour)
			time.Sleep(commandPatience / 2)
			mutex.Lock()
			if again != (given["ac/unit.on"] > 1) || again != (told == 0) {
				t.Errorf("%v: given %d times, told %d times", class, given["ac/unit.on"], told)
			}
			if given["oc/siren"] < 2 {
				t.Errorf("%v: the siren was given up", class)
			}
			mutex.Unlock()
			cancel()
			o.group.Wait()
		})
	}
}
