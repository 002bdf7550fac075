package access_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/access"
	"watchbox/drivers/access/accesstest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// port is the near end of a pipe as a serial port.
type port struct{ net.Conn }

func (port) Flush() error { return nil }

// ear keeps what was emitted.
type ear struct {
	mutex sync.Mutex
	heard []string
}

func (e *ear) emit(s point.Sample) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.heard = append(e.heard, s.Point.Item()+"="+s.Value.String())
}

func (e *ear) String() string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return strings.Join(e.heard, " ")
}

// listen starts a reader with the options on a pipe and returns the far end.
func listen(t *testing.T, options map[string]string) (far net.Conn, e *ear, stop func() error) {
	t.Helper()
	near, far := net.Pipe()
	r, err := access.New(driver.Spec{Name: "r1", Options: options}, func() (driver.Port, error) { return port{near}, nil })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	e = &ear{}
	end := make(chan error, 1)
	go func() { end <- r.Watch(ctx, e.emit) }()
	return far, e, func() error { cancel(); return <-end }
}

func TestReaderTellsEachCard(t *testing.T) {
	for format, want := range map[string]string{"decimal": "card=0000012345 card=4294967295", "hex": "card=12345 card=4294967295", "em4100": "card=12345 card=4294967295"} {
		synctest.Test(t, func(t *testing.T) {
			far, e, stop := listen(t, map[string]string{"format": format})
			fake := accesstest.Reader{Wire: far, Format: format}
			fake.Show(12345)
			fake.Show(12345) // still on the reader
			time.Sleep(2 * time.Second)
			fake.Babble(997)
			far.Write([]byte("\r\n"))
			time.Sleep(2 * time.Second)
			fake.Show(4294967295)
			synctest.Wait()
			if got := e.String(); got != "online=true "+want {
				t.Errorf("%s: %s", format, got)
			}
			if err := stop(); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
}

func TestLinesInPiecesAndNoise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far, e, stop := listen(t, nil)
		far.Write([]byte("12"))
		time.Sleep(500 * time.Millisecond)
		far.Write([]byte("34\n"))
		far.Write([]byte("99")) // a glitch …
		time.Sleep(3 * time.Second)
		far.Write([]byte("5678\r\n\r\n")) // … does not become part of the next card
		far.Write([]byte(strings.Repeat("7", 100) + "\n12a4\n000\n12\n4321\n"))
		synctest.Wait()
		if got := e.String(); got != "online=true card=1234 card=5678 card=4321" {
			t.Error(got)
		}
		stop()
	})
}

func TestAFloodOfCardsIsThinned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far, e, stop := listen(t, nil)
		for i := range uint32(300) {
			accesstest.Reader{Wire: far}.Show(1000 + i)
			time.Sleep(10 * time.Millisecond)
		}
		synctest.Wait()
		if n := strings.Count(e.String(), "card="); n < 10 || n > 20 {
			t.Errorf("%d cards within three seconds", n)
		}
		stop()
	})
}

func TestALostPortIsOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far, e, stop := listen(t, nil)
		synctest.Wait()
		far.Close()
		synctest.Wait()
		if got := e.String(); got != "online=true online=false" {
			t.Error(got)
		}
		if err := stop(); err == nil || !strings.HasPrefix(err.Error(), "reader r1: read: ") {
			t.Error(err)
		}
	})
	r, _ := access.New(driver.Spec{Name: "r1"}, func() (driver.Port, error) { return nil, driver.ErrDisconnect })
	e := &ear{}
	if err := r.Watch(context.Background(), e.emit); !errors.Is(err, driver.ErrDisconnect) || e.String() != "" {
		t.Error(err, e)
	}
}

func TestAMissingHeartbeatIsOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far, e, stop := listen(t, map[string]string{"heartbeat": "30s"})
		for range 4 {
			time.Sleep(30 * time.Second)
			far.Write([]byte("\r\n"))
		}
		synctest.Wait()
		if got := e.String(); got != "online=true" {
			t.Error(got)
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if got := e.String(); got != "online=true online=false" {
			t.Error(got)
		}
		if err := stop(); !errors.Is(err, driver.ErrTimeout) {
			t.Error(err)
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	for _, bad := range []map[string]string{{"format": "roman"}, {"heartbeat": "1ms"}, {"heartbeat": "x"}, {"colour": "red"}} {
		if _, err := access.New(driver.Spec{Name: "r1", Options: bad}, nil); !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestDescribe(t *testing.T) {
	r, _ := access.New(driver.Spec{Name: "r1", Room: "oc"}, nil)
	points := r.Describe()
	if len(points) != 2 || points[0].Name != "r1/card" || !points[0].Urgent || points[0].Kind != point.Text || points[1].Name != "r1/online" || points[1].Room != "oc" {
		t.Errorf("%+v", points)
	}
}

func TestWiegandReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines, e := accesstest.NewLines(), &ear{}
		var logged []string
		r := access.NewWiegand(driver.Spec{Name: "r1"}, func() (access.Pulses, error) { return lines, nil },
			func(format string, args ...any) { logged = append(logged, format) })
		ctx, cancel := context.WithCancel(context.Background())
		end := make(chan error, 1)
		go func() { end <- r.Watch(ctx, e.emit) }()
		lines.Pulse(accesstest.Frame(26, 11172647, 0, 1)...)
		time.Sleep(100 * time.Millisecond)
		lines.Pulse(accesstest.Frame(34, 2312379265, 0, 27)[:20]...)
		time.Sleep(100 * time.Millisecond)
		lines.Pulse(accesstest.Frame(34, 2312379265, 0, 47)...)
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if got := e.String(); got != "online=true card=11172647 card=2312379265" || len(logged) != 1 {
			t.Error(got, logged)
		}
		lines.Close()
		if err := <-end; !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
		cancel()
	})
}
