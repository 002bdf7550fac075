package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/system"
)

// A box that restarts leaves its outputs as they are; one that ends lets them rest.
func TestOutputsAtTheEnd(t *testing.T) {
	for cause, want := range map[error]int{fmt.Errorf("%w: update", errRestart): 0, fmt.Errorf("%w: asked", errPowerOff): 1, context.Canceled: 1} {
		synctest.Test(t, func(t *testing.T) {
			rested := 0
			h := newHolder([]output{{terminal: "DO1", hold: time.Hour, rest: func() error { rested++; return nil }}})
			h.start = func() (*daemon, error) {
				died := make(chan string, 1)
				return &daemon{told: make(chan map[string]time.Duration), died: died, stop: func() { died <- "asked to" }, kill: func() {}}, nil
			}
			ctx, end := context.WithCancelCause(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); h.run(ctx) }()
			synctest.Wait()
			end(cause)
			<-done
			if rested != want {
				t.Errorf("%v: the output rests %d times, want %d", cause, rested, want)
			}
		})
	}
}

// A daemon that stands still is killed, and the next one lives.
func TestStuckDaemonIsKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lives, killed := 0, 0
		h := newHolder(nil)
		stuck := make(chan struct{}, 1)
		h.stuck = stuck
		h.start = func() (*daemon, error) {
			lives++
			died := make(chan string, 1)
			end := func() { died <- "ended" }
			return &daemon{told: make(chan map[string]time.Duration), died: died, stop: end, kill: func() { killed++; end() }}, nil
		}
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.run(ctx) }()
		time.Sleep(time.Minute)
		once(stuck)
		time.Sleep(time.Second)
		synctest.Wait()
		if lives != 2 || killed != 1 {
			t.Errorf("%d lives, %d kills; want 2 and 1", lives, killed)
		}
		end()
		<-done
	})
}

// A daemon that the kernel holds in a disk that hangs does not keep the box from
// its end.
func TestADaemonThatCannotDieIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		killed := 0
		h := newHolder(nil)
		h.start = func() (*daemon, error) {
			return &daemon{died: make(chan string), stop: func() {}, kill: func() { killed++ }}, nil
		}
		ctx, end := context.WithCancelCause(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.run(ctx) }()
		time.Sleep(time.Minute)
		began := time.Now()
		end(errRestart)
		<-done
		if took := time.Since(began); took != lastWords+dying || killed != 1 {
			t.Errorf("the end took %v, with %d kills", took, killed)
		}
	})
}

// Where there is no hardware watchdog the keeper asks for the restart itself.
func TestKeeperWithoutHardware(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var resets atomic.Int32
		k := newKeeper(nil, func() { resets.Add(1) })
		k.unproven = func() { t.Error("a daemon that made progress is said to have made none") }
		ctx, end := context.WithCancel(t.Context())
		go k.run(ctx)
		for range 60 {
			once(k.proofs)
			time.Sleep(time.Second)
		}
		time.Sleep(25 * time.Second)
		select {
		case <-k.stuck:
		default:
			t.Fatal("a daemon that stands still for 25 s is not killed")
		}
		once(k.deaths)
		time.Sleep(50 * time.Second)
		if synctest.Wait(); resets.Load() != 0 {
			t.Error("the next life had no grace")
		}
		time.Sleep(time.Minute)
		if synctest.Wait(); resets.Load() != 1 {
			t.Errorf("%d restarts asked for, want one", resets.Load())
		}
		end()
		synctest.Wait()
	})
}

// A life that never proved anything is noted before it is given up; the first proof is
// told, once.
func TestKeeperOfADaemonThatProvesNothing(t *testing.T) {
	for _, proofs := range []int{0, 3} {
		synctest.Test(t, func(t *testing.T) {
			var said []string
			k := newKeeper(nil, func() { said = append(said, "reset") })
			k.unproven = func() { said = append(said, "unproven") }
			proven := make(chan struct{}, 9)
			k.proven = func() { proven <- struct{}{} }
			ctx, end := context.WithCancel(t.Context())
			go k.run(ctx)
			for range proofs {
				once(k.proofs)
				time.Sleep(time.Second)
			}
			time.Sleep(3 * time.Minute)
			synctest.Wait()
			end()
			synctest.Wait()
			want, told := "[unproven reset]", 0
			if proofs > 0 {
				want, told = "[reset]", 1
			}
			if fmt.Sprint(said) != want || len(proven) != told {
				t.Errorf("%d proofs: %v, %d told of; want %s", proofs, said, len(proven), want)
			}
		})
	}
}

func TestChildrenWithoutReaper(t *testing.T) {
	c := newChildren()
	for _, x := range []struct{ script, want string }{{"exit 3", "exit status 3"}, {"kill -9 $$", "signal: killed"}} {
		_, died, err := c.start("/bin/sh", []string{"sh", "-c", x.script}, &os.ProcAttr{})
		if err != nil {
			t.Fatal(err)
		}
		if how := <-died; how != x.want {
			t.Errorf("%s: %q, want %q", x.script, how, x.want)
		}
	}
	if _, _, err := c.start("/no/such", []string{"x"}, &os.ProcAttr{}); err == nil {
		t.Error("a program that is not there was started")
	}
}

// The daemon gets its pipes, and what it says is heard.
func TestWordsOfTheDaemon(t *testing.T) {
	heard := make(chan system.Order, 4)
	script := `eval "echo here >&$WATCHBOX_TAKE_OVER"; eval "echo pet >&$WATCHBOX_INIT"; eval "echo restart for a test >&$WATCHBOX_INIT"`
	s := &starter{command: []string{"/bin/sh", "-c", script}, children: newChildren(), hear: func(o system.Order) { heard <- o }}
	d, err := s.start()
	if err != nil {
		t.Fatal(err)
	}
	<-d.told
	for _, want := range []system.Order{{Word: "pet"}, {Word: "restart", Why: "for a test"}} {
		if got := <-heard; got != want {
			t.Errorf("heard %+v, want %+v", got, want)
		}
	}
	if how := <-d.died; !strings.Contains(how, "status 0") {
		t.Errorf("it ended with %s", how)
	}
}

// A service that dies is started again, and ends with the box.
func TestService(t *testing.T) {
	file := t.TempDir() + "/lives"
	s := &service{name: "test", command: []string{"/bin/sh", "-c", "echo x >>" + file + "; [ $(wc -l <" + file + ") -gt 1 ] && exec sleep 60"}, children: newChildren()}
	ctx, end := context.WithCancel(t.Context())
	go s.run(ctx)
	lives := func() int { text, _ := os.ReadFile(file); return strings.Count(string(text), "x") }
	for began := time.Now(); lives() < 2; time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatal("it is not started again")
		}
	}
	end()
	began := time.Now()
	s.wait(10 * time.Second)
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("its end took %v", d)
	}
}

// TestReaper runs as a process of its own: a reaper waits for every child there is.
func TestReaper(t *testing.T) {
	if os.Getenv("REAPER") == "" {
		self, _ := os.Executable()
		process, died, err := newChildren().start(self, []string{self, "-test.run=TestReaper", "-test.v"},
			&os.ProcAttr{Env: append(os.Environ(), "REAPER=1"), Files: []*os.File{nil, os.Stdout, os.Stderr}})
		if err != nil {
			t.Fatal(err)
		}
		stop := time.AfterFunc(time.Minute, func() { process.Kill() })
		defer stop.Stop()
		if how := <-died; how != "exit status 0" {
			t.Fatalf("the reaper's process: %s", how)
		}
		return
	}
	c := newReaper()
	for i := range 50 {
		_, died, err := c.start("/bin/sh", []string{"sh", "-c", fmt.Sprintf("exit %d", i)}, &os.ProcAttr{})
		if err != nil {
			t.Fatal(err)
		}
		if how := <-died; how != fmt.Sprintf("exit status %d", i) {
			t.Errorf("child %d ended with %s", i, how)
		}
		if i == 25 {
			time.Sleep(100 * time.Millisecond) // there is no child for a while
		}
	}
}
