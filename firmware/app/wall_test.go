package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/point"
)

func TestALostWallIsToldFromALostDatagram(t *testing.T) {
	gone := errors.New("connection refused")
	second := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	table := []struct {
		name     string
		fails    func(n int) bool // the n-th of forty attempts, one each half second
		lost     time.Duration    // when it is told; 0 is never
		restored time.Duration
	}{
		{"all is well", func(int) bool { return false }, 0, 0},
		{"one datagram", func(n int) bool { return n == 3 }, 0, 0},
		{"a second long", func(n int) bool { return n >= 3 && n < 6 }, 0, 0},
		{"every other one, as a refused socket tells it", func(n int) bool { return n%2 == 0 }, second(3), 0},
		{"for ten seconds", func(n int) bool { return n < 20 }, second(3), second(14.5)},
	}
	for _, row := range table {
		var s streak
		var lost, restored time.Duration
		for n := range 40 {
			var err error
			if row.fails(n) {
				err = gone
			}
			now := time.Hour + time.Duration(n)*time.Second/2
			switch stands := s.judge(now, err); {
			case stands != nil && lost == 0:
				lost = now - time.Hour
				if !errors.Is(stands, gone) {
					t.Errorf("%s: %v", row.name, stands)
				}
			case stands == nil && lost != 0 && restored == 0:
				restored = now - time.Hour
			}
		}
		if lost != row.lost || restored != row.restored {
			t.Errorf("%s: lost after %v, restored after %v; want %v, %v", row.name, lost, restored, row.lost, row.restored)
		}
	}
}

// screen counts what it was shown.
type screen struct{ shown chan time.Duration }

func (s screen) Show(_ context.Context, p annunciate.Picture, now time.Duration) error {
	s.shown <- now
	return nil
}

// TestWallShowsEachStepOfAScroll and rests while nothing moves.
func TestWallShowsEachStepOfAScroll(t *testing.T) {
	for _, row := range []struct {
		text string
		want int
	}{{"烟感", 10}, {"冷通道温度过高请检查空调", 250}} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			s := screen{make(chan time.Duration, 1000)}
			w := newWall(s, func() point.Instant { return point.Instant{Mono: time.Since(began) + time.Hour} }, func(err error) {
				if err != nil {
					t.Error(err)
				}
			})
			ctx, stop := context.WithCancel(t.Context())
			go w.run(ctx)
			time.Sleep(3 * time.Second)
			if len(s.shown) != 0 {
				t.Error("it shows before it was told anything")
			}
			w.show(annunciate.Picture{Lamps: annunciate.Frame{{R: 1}}, Bright: 100, Page: annunciate.Page{Width: 64, Lines: []annunciate.Line{{Text: row.text}}}})
			time.Sleep(10*time.Second - time.Millisecond)
			stop()
			synctest.Wait()
			if n := len(s.shown); n < row.want || n > row.want+1 {
				t.Errorf("%s: shown %d times in ten seconds, want %d", row.text, n, row.want)
			}
		})
	}
}
