package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/forward"
)

const secret = "0123456789abcdef-shared"

func records(n int) (all []event.Record) {
	for i := range n {
		all = append(all, event.Record{ID: event.ID{Box: "box1", Epoch: "ep1", Sequence: uint64(i + 1)}, Type: event.AlarmRaised, Journaled: true})
	}
	return all
}

// receiver answers with what it is told and keeps what came.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	heads  []http.Header
}

func receive(t *testing.T, secure bool, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{}
	h := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		b, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.bodies, r.heads = append(r.bodies, string(b)), append(r.heads, q.Header)
		r.mu.Unlock()
		answer(w, q)
	})
	if r.Server = httptest.NewUnstartedServer(h); secure {
		r.EnableHTTP2 = true
		r.StartTLS()
	} else {
		r.Start()
	}
	t.Cleanup(r.Close)
	return r
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func path(t *testing.T, address string, options map[string]string) *Path {
	t.Helper()
	all := map[string]string{"secret": secret}
	for k, v := range options {
		all[k] = v
	}
	p, err := New("platform", address, all)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p.(*Path)
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestPost(t *testing.T) {
	r := receive(t, false, status(http.StatusAccepted))
	p := path(t, r.URL+"/events?key=1", map[string]string{"token": "tok"})
	p.now = func() time.Time { return time.Unix(1748736000, 5) }
	if err := p.Send(within(t, 20*time.Second), records(3)); err != nil {
		t.Fatal(err)
	}
	if err := p.Beat(within(t, 20*time.Second), forward.Heartbeat{Box: "box1", Last: 3}); err != nil {
		t.Fatal(err)
	}
	if got, err := forward.DecodeBatch([]byte(r.bodies[0])); err != nil || len(got) != 3 || got[2].ID.Sequence != 3 {
		t.Errorf("%+v %v", got, err)
	}
	h := r.heads[0]
	if h.Get("Content-Type") != forward.BatchMedia || h.Get("Authorization") != "Bearer tok" || h.Get(SignatureHeader) != Sign([]byte(secret), time.Unix(1748736000, 0), []byte(r.bodies[0])) {
		t.Errorf("%v", h)
	}
	if r.heads[1].Get("Content-Type") != forward.EventMedia || !strings.Contains(r.bodies[1], `"last":3`) {
		t.Errorf("%v %s", r.heads[1], r.bodies[1])
	}
	if err := p.Send(within(t, time.Second), nil); err != nil || len(r.bodies) != 2 {
		t.Error("nothing to send, yet something was sent")
	}
}

// From: printf '1748736000.[]' | openssl dgst -sha256 -hmac '0123456789abcdef-shared'
func TestSignature(t *testing.T) {
	const want = "t=1748736000,v1=13fb7d1531818c09bc61c5406877e6e249ee20ad7297c54eda00dc1532bc4300"
	if got := Sign([]byte(secret), time.Unix(1748736000, 0), []byte("[]")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAnswers(t *testing.T) {
	elsewhere := receive(t, false, status(http.StatusOK))
	for _, x := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
	}{
		{"200", status(200), nil},
		{"204", status(204), nil},
		{"302", func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, elsewhere.URL, 302) }, driver.ErrRefused},
		{"307", func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, elsewhere.URL, 307) }, driver.ErrRefused},
		{"400", status(400), driver.ErrRefused},
		{"401", status(401), driver.ErrRefused},
		{"429", status(429), driver.ErrRefused},
		{"503", status(503), driver.ErrRefused},
		{"hangs", func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }, driver.ErrTimeout},
		{"breaks off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, driver.ErrDisconnect},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			for range 1000 {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		}, driver.ErrRefused},
		{"huge header", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 2*headerMost))
			w.WriteHeader(200)
		}, driver.ErrDisconnect},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := receive(t, false, x.answer)
			limit := 20 * time.Second
			if x.want == driver.ErrTimeout {
				limit = 200 * time.Millisecond
			}
			err := path(t, r.URL+"/in?key=hidden", nil).Send(within(t, limit), records(1))
			if !errors.Is(err, x.want) {
				t.Errorf("%v, want %v", err, x.want)
			}
			if err != nil && (strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), secret) || len(err.Error()) > 1000) {
				t.Errorf("%v", err)
			}
		})
	}
	if len(elsewhere.bodies) > 0 {
		t.Error("a redirect was followed")
	}
}

func TestNobodyListens(t *testing.T) {
	r := receive(t, false, status(200))
	r.Close()
	if err := path(t, r.URL, nil).Send(within(t, 20*time.Second), records(1)); !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("%v", err)
	}
}

func TestTLS(t *testing.T) {
	r := receive(t, true, status(200))
	der := r.Certificate().Raw
	ca := filepath.Join(t.TempDir(), "ca.pem")
	os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	sum := sha256.Sum256(der)
	for _, x := range []struct {
		name    string
		options map[string]string
		ok      bool
	}{
		{"ca", map[string]string{"ca": ca}, true},
		{"pin", map[string]string{"pin": hex.EncodeToString(sum[:])}, true},
		{"nothing", nil, false},
		{"other pin", map[string]string{"pin": fmt.Sprintf("%064d", 1)}, false},
		{"other name", map[string]string{"ca": ca, "server-name": "elsewhere.test"}, false},
	} {
		if err := path(t, r.URL, x.options).Send(within(t, 20*time.Second), records(1)); (err == nil) != x.ok {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, x := range []struct {
		address string
		options map[string]string
		ok      bool
	}{
		{"https://host/in", map[string]string{"secret": secret}, true},
		{"http://127.0.0.1:1/in", map[string]string{"secret": secret}, true},
		{"http://host/in", map[string]string{"secret": secret}, false},
		{"http://host/in", map[string]string{"secret": secret, "plain": "true"}, true},
		{"https://host/in", nil, false},
		{"https://host/in", map[string]string{"secret": "short"}, false},
		{"https://host/in", map[string]string{"secret": secret, "sekret": "x"}, false},
		{"https://u:p@host/in", map[string]string{"secret": secret}, false},
		{"ftp://host/in", map[string]string{"secret": secret}, false},
		{"host", map[string]string{"secret": secret}, false},
		{"https://host", map[string]string{"secret": secret, "ca": "/no/such/file"}, false},
	} {
		if _, err := New("x", x.address, x.options); (err == nil) != x.ok {
			t.Errorf("%s %v: %v", x.address, x.options, err)
		}
	}
}
