package modem

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/modem/modemtest"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// pipe is a port whose far end is the fake.
type pipe struct{ net.Conn }

func (pipe) Flush() error { return nil }

// inbox keeps what the modem heard.
type inbox struct {
	mutex   sync.Mutex
	reports []dialout.Report
	replies []dialout.Reply
	forward dialout.Inbox // hears too, when set
}

func (i *inbox) also(f dialout.Inbox) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.forward = f
}

func (i *inbox) Report(r dialout.Report) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.reports = append(i.reports, r)
	if i.forward != nil {
		i.forward.Report(r)
	}
}

func (i *inbox) Reply(r dialout.Reply) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.replies = append(i.replies, r)
	if i.forward != nil {
		i.forward.Reply(r)
	}
}

// heard lists what came so far.
func (i *inbox) heard() ([]dialout.Report, []dialout.Reply) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return slices.Clone(i.reports), slices.Clone(i.replies)
}

func (d *desk) reports() []dialout.Report { r, _ := d.inbox.heard(); return r }
func (d *desk) replies() []dialout.Reply  { _, r := d.inbox.heard(); return r }

// desk is one modem with its fake, in a bubble.
type desk struct {
	t      *testing.T
	fake   *modemtest.Modem
	modem  *Modem
	inbox  *inbox
	opened atomic.Int32
}

// bench runs f in a bubble with a modem whose Watch is called again 5 s after each end.
func bench(t *testing.T, options map[string]string, f func(d *desk)) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{t: t, fake: modemtest.New(), inbox: &inbox{}}
		var err error
		d.modem, err = New(driver.Spec{Name: "modem1", Options: options}, d.open, d.inbox)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for ctx.Err() == nil {
				d.modem.Watch(ctx, nil)
				time.Sleep(5 * time.Second)
			}
		}()
		time.Sleep(2 * time.Second)
		f(d)
		cancel()
		<-done
	})
}

func (d *desk) open() (driver.Port, error) {
	d.opened.Add(1)
	near, far := net.Pipe()
	go func() {
		d.fake.Serve(far)
		far.Close()
	}()
	return pipe{near}, nil
}

func (d *desk) send(m dialout.Message) (dialout.Receipt, bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialout.AttemptTimeout)
	defer cancel()
	return d.modem.Send(ctx, m)
}

func (d *desk) poll() (map[string]point.Sample, error) {
	got := map[string]point.Sample{}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err := d.modem.Poll(ctx, 0, func(s point.Sample) { got[s.Point.Item()] = s })
	return got, err
}

func TestSendAndDeliveryOfEveryPart(t *testing.T) {
	bench(t, nil, func(d *desk) {
		text := "【财务机房】紧急报警:市电失电 0 V 03-12 10:14。回复1确认\n" + strings.Repeat("处置:查看配电柜😀。", 12)
		r, _, err := d.send(dialout.Message{ID: "m", To: "+8613800000001", Text: text, Priority: 1})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		sent := d.fake.Sent()
		if len(sent) != 1 || sent[0].Text != text || !sent[0].Complete || len(sent[0].PDUs) != 3 || !sent[0].Report {
			t.Fatalf("sent %+v", sent)
		}
		want := dialout.Report{Channel: "modem1", Reference: r.Reference, Delivered: true}
		if len(d.reports()) != 1 || d.reports()[0] != want {
			t.Errorf("reports %+v, want %+v", d.reports(), want)
		}
	})
}

func TestUndeliveredIsReported(t *testing.T) {
	bench(t, map[string]string{"channel": "sms"}, func(d *desk) {
		d.fake.SetReports(true, 0x43)
		r, _, err := d.send(dialout.Message{To: "13800000001", Text: "x"})
		time.Sleep(time.Second)
		if err != nil || len(d.reports()) != 1 {
			t.Fatalf("%v, reports %+v", err, d.reports())
		}
		if got := d.reports()[0]; got.Delivered || got.Reference != r.Reference || got.Channel != "sms" || !strings.Contains(got.Why, "number not obtainable") {
			t.Errorf("report %+v", got)
		}
	})
}

func TestPeopleBeforeParts(t *testing.T) {
	bench(t, nil, func(d *desk) {
		d.fake.SetAirTime(4 * time.Second)
		var order []string
		d.fake.OnSent(func(s modemtest.Sms) { order = append(order, fmt.Sprintf("%s#%d", s.To[len(s.To)-1:], len(s.PDUs))) })
		var wait sync.WaitGroup
		for i := range 3 {
			wait.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				if _, _, err := d.send(dialout.Message{To: fmt.Sprintf("1380000000%d", i), Text: strings.Repeat("警", 100), Priority: 2}); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		time.Sleep(time.Second)
		synctest.Wait()
		if want := []string{"0#1", "1#1", "2#1", "0#2", "1#2", "2#2"}; !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
	})
}

func TestReplies(t *testing.T) {
	long := strings.Repeat("回复确认", 30)
	for name, mt := range map[string]string{"announced": "", "stored before": "late"} {
		t.Run(name, func(t *testing.T) {
			bench(t, nil, func(d *desk) {
				texts := []string{"回复 1 确认", "ok {1} €", long, "👍"}
				if mt == "late" { // the modem forgot CNMI: found by the hourly look
					d.fake.SetHang(modemtest.HangForGood)
				}
				for _, text := range texts {
					if err := d.fake.Receive("+8613800000001", text); err != nil {
						t.Fatal(err)
					}
				}
				d.fake.SetHang(modemtest.Awake)
				time.Sleep(62 * time.Minute)
				var got []string
				for _, r := range d.replies() {
					got = append(got, r.Text)
					if r.From != "+8613800000001" || r.Channel != "modem1" {
						t.Errorf("reply %+v", r)
					}
				}
				if !slices.Equal(got, texts) {
					t.Errorf("got %q", got)
				}
				if n := d.fake.Stored(); n != 0 {
					t.Errorf("%d messages are left in the store", n)
				}
			})
		})
	}
}

func TestFullStoreIsEmptied(t *testing.T) {
	bench(t, nil, func(d *desk) {
		d.fake.SetCapacity(2)
		for i := range 7 {
			d.fake.Receive("10086", fmt.Sprintf("no. %d", i))
		}
		time.Sleep(62 * time.Minute)
		if len(d.replies()) != 7 {
			t.Errorf("%d of 7 arrived", len(d.replies()))
		}
	})
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		break_ func(*modemtest.Modem)
		retry  bool
		want   string
	}{
		"no SIM":           {func(f *modemtest.Modem) { f.SetSIM(false) }, false, "no SIM (+CMS ERROR: 310)"},
		"no coverage":      {func(f *modemtest.Modem) { f.SetCoverage(false) }, true, "no network service"},
		"number not known": {func(f *modemtest.Modem) { f.Refuse(1) }, false, "number not assigned"},
		"congestion":       {func(f *modemtest.Modem) { f.Refuse(42) }, true, "congestion"},
		"unknown code":     {func(f *modemtest.Modem) { f.Refuse(777) }, true, "+CMS ERROR: 777"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			bench(t, nil, func(d *desk) {
				c.break_(d.fake)
				_, retry, err := d.send(dialout.Message{ID: "7", To: "13800000001", Text: "x"})
				if err == nil || retry != c.retry || !strings.Contains(err.Error(), c.want) || !errors.Is(err, driver.ErrRefused) {
					t.Errorf("retry %v, error %v", retry, err)
				}
			})
		})
	}
}

func TestBadNumberAndOptions(t *testing.T) {
	bench(t, nil, func(d *desk) {
		for _, to := range []string{"", "12", "hello", "+86;AT", strings.Repeat("1", 21)} {
			if _, retry, err := d.send(dialout.Message{To: to, Text: "x"}); err == nil || retry {
				t.Errorf("number %q: retry %v, error %v", to, retry, err)
			}
		}
	})
	for _, options := range []map[string]string{{"pin": "12\r"}, {"storage": "XX"}, {"colour": "red"}} {
		_, err := New(driver.Spec{Name: "m", Options: options}, func() (driver.Port, error) { return nil, nil }, &inbox{})
		if !errors.Is(err, driver.ErrUnsupported) || strings.Contains(err.Error(), "12") {
			t.Errorf("options %v: error %v", options, err)
		}
	}
}

func TestHealth(t *testing.T) {
	bench(t, nil, func(d *desk) {
		d.fake.SetSignal(-79)
		got, err := d.poll()
		if err != nil {
			t.Fatal(err)
		}
		for item, want := range map[string]point.Value{"signal": point.OfReal(-79), "registered": point.OfBool(true), "sim": point.OfBool(true), "operator": point.OfText("CHINA MOBILE")} {
			if got[item].Value != want || got[item].Quality != (point.Quality{}) {
				t.Errorf("%s is %+v, want %v", item, got[item], want)
			}
		}
		d.fake.SetSIM(false)
		got, err = d.poll()
		if err != nil || got["sim"].Value != point.OfBool(false) || got["registered"].Value != point.OfBool(false) || got["signal"].Quality.Usable() || got["operator"].Quality.Usable() {
			t.Errorf("without SIM: %+v %v", got, err)
		}
	})
}

func TestSIMPutBackIsSetUpAgain(t *testing.T) {
	bench(t, map[string]string{"pin": "1234"}, func(d *desk) {
		d.fake.SetSIM(false)
		d.fake.SetHang(modemtest.HangUntilRestart)
		time.Sleep(2 * time.Minute) // restarted, greeted, no SIM
		d.fake.SetPIN("1234")
		d.fake.SetSIM(true)
		time.Sleep(2 * time.Minute)
		d.fake.Receive("10086", "hello")
		time.Sleep(time.Second)
		if len(d.replies()) != 1 {
			t.Errorf("replies %+v after\n%s", d.replies(), strings.Join(d.fake.Commands(), "\n"))
		}
	})
}

func TestHungModemIsRestartedOnceInFiveMinutes(t *testing.T) {
	bench(t, nil, func(d *desk) {
		d.fake.SetHang(modemtest.HangUntilRestart)
		_, retry, err := d.send(dialout.Message{To: "13800000001", Text: "x"})
		if err == nil || !retry {
			t.Errorf("hung: retry %v, error %v", retry, err)
		}
		time.Sleep(2 * time.Minute)
		if n := d.fake.Restarts(); n != 1 {
			t.Errorf("%d restarts, want 1", n)
		}
		if _, _, err := d.send(dialout.Message{To: "13800000001", Text: "x"}); err != nil {
			t.Errorf("after the restart: %v", err)
		}
		d.fake.SetHang(modemtest.HangForGood)
		time.Sleep(30 * time.Minute)
		if n := d.opened.Load(); n < 10 || n > 300 {
			t.Errorf("the port was opened %d times in half an hour", n)
		}
		resets := 0
		for _, c := range d.fake.Commands() {
			if strings.Contains(c, "CFUN") {
				resets++
			}
		}
		if resets < 3 || resets > 8 {
			t.Errorf("%d restarts were sent", resets)
		}
	})
}

func TestSendEndsByItsDeadline(t *testing.T) {
	bench(t, nil, func(d *desk) {
		d.fake.SetAirTime(3 * time.Minute)
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 7*time.Second)
		defer cancel()
		_, retry, err := d.modem.Send(ctx, dialout.Message{To: "13800000001", Text: "x"})
		if took := time.Since(began); err == nil || !retry || took > 8*time.Second {
			t.Errorf("took %v, retry %v, error %v", took, retry, err)
		}
		time.Sleep(5 * time.Minute)
	})
}

func TestNobodyWatches(t *testing.T) {
	m, err := New(driver.Spec{Name: "m"}, func() (driver.Port, error) { return nil, errors.New("no such device") }, &inbox{})
	if err != nil {
		t.Fatal(err)
	}
	if _, retry, err := m.Send(t.Context(), dialout.Message{To: "13800000001", Text: "x"}); !retry || !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("retry %v, error %v", retry, err)
	}
	if err := m.Watch(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "modem m: open port") {
		t.Errorf("watch: %v", err)
	}
}
