package mqtt

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/forward"
	"watchbox/firmware/point"
)

func record(n uint64) event.Record {
	return event.Record{ID: event.ID{Box: "box1", Epoch: "ep1", Sequence: n}, Type: event.AlarmRaised, Journaled: true,
		Subject: "zone/panic", Text: point.Words{Zh: "紧急按钮", En: "panic button"}}
}

func records(from, to uint64) (all []event.Record) {
	for n := from; n <= to; n++ {
		all = append(all, record(n))
	}
	return all
}

// heard is what an inline subscriber of the broker got.
type heard struct {
	mu       sync.Mutex
	messages []packets.Packet
	more     chan struct{}
}

func (h *heard) take(_ *broker.Client, _ packets.Subscription, p packets.Packet) {
	h.mu.Lock()
	h.messages = append(h.messages, p)
	h.mu.Unlock()
	h.more <- struct{}{}
}

// until waits for a message that fits.
func (h *heard) until(t *testing.T, what string, fits func(p packets.Packet) bool) packets.Packet {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		h.mu.Lock()
		for _, p := range h.messages {
			if fits(p) {
				h.mu.Unlock()
				return p
			}
		}
		h.mu.Unlock()
		select {
		case <-h.more:
		case <-deadline:
			t.Fatalf("no %s", what)
		}
	}
}

func topicIs(topic, contains string) func(packets.Packet) bool {
	return func(p packets.Packet) bool {
		return p.TopicName == topic && strings.Contains(string(p.Payload), contains)
	}
}

// serve starts a broker on a free port of loopback.
func serve(t *testing.T, settings *tls.Config) (address string, s *broker.Server, h *heard) {
	t.Helper()
	s = broker.New(&broker.Options{InlineClient: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	s.AddHook(new(auth.Hook), &auth.Options{Ledger: &auth.Ledger{Auth: auth.AuthRules{{Username: "box", Password: "right", Allow: true}}}})
	l := listeners.NewTCP(listeners.Config{ID: "t", Address: "127.0.0.1:0", TLSConfig: settings})
	if err := s.AddListener(l); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	h = &heard{more: make(chan struct{}, 10_000)}
	if err := s.Subscribe("#", 1, h.take); err != nil {
		t.Fatal(err)
	}
	return l.Address(), s, h
}

func path(t *testing.T, address string, options map[string]string) *Path {
	t.Helper()
	all := map[string]string{"user": "box", "password": "right"}
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

func TestEventsStatusAndHeartbeat(t *testing.T) {
	address, s, h := serve(t, nil)
	p := path(t, "mqtt://"+address, nil)
	ctx := within(t, 20*time.Second)
	if err := p.Send(ctx, records(1, 100)); err != nil {
		t.Fatal(err)
	}
	last := h.until(t, "event 100", topicIs("watchbox/box1/events/alarm.raised", "box1/ep1/100"))
	if r, err := forward.Decode(last.Payload); err != nil || r.ID.Sequence != 100 || last.FixedHeader.Qos != 1 || last.FixedHeader.Retain {
		t.Errorf("%+v %v %+v", r, err, last.FixedHeader)
	}
	h.until(t, "online", topicIs("watchbox/box1/status", `"online":true`))
	if err := p.Beat(ctx, forward.Heartbeat{Box: "box1", Epoch: "ep1", Last: 100}); err != nil {
		t.Fatal(err)
	}
	h.until(t, "heartbeat", topicIs("watchbox/box1/heartbeat", `"last":100`))
	if n := s.Info.ClientsTotal; n > 2 { // the inline one and ours
		t.Errorf("%d connections", n)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	h.until(t, "offline", topicIs("watchbox/box1/status", `"online":false`))
	if kept := s.Topics.Messages("watchbox/box1/status"); len(kept) != 1 || !strings.Contains(string(kept[0].Payload), "false") {
		t.Errorf("retained: %v", kept)
	}
}

func TestWillTellsThatTheBoxIsGone(t *testing.T) {
	address, _, h := serve(t, nil)
	p := path(t, "mqtt://"+address, map[string]string{"base": "site7/box"})
	if err := p.Send(within(t, 20*time.Second), records(1, 1)); err != nil {
		t.Fatal(err)
	}
	p.session.conn.Close() // as a pulled cable, only quicker
	h.until(t, "will", topicIs("site7/box/box1/status", `"online":false`))
	if err := p.Send(within(t, 20*time.Second), records(2, 2)); err != nil && p.Send(within(t, 20*time.Second), records(2, 2)) != nil {
		t.Errorf("the attempt after a lost connection connects again: %v", err)
	}
	h.until(t, "event 2", topicIs("site7/box/box1/events/alarm.raised", "box1/ep1/2"))
}

func TestWrongPassword(t *testing.T) {
	address, _, _ := serve(t, nil)
	p := path(t, "mqtt://"+address, map[string]string{"password": "wrong"})
	err := p.Send(within(t, 20*time.Second), records(1, 1))
	if !errors.Is(err, driver.ErrRefused) || strings.Contains(err.Error(), "wrong") || !strings.HasPrefix(err.Error(), "mqtt platform: connect 127.0.0.1:") {
		t.Errorf("%v", err)
	}
}

// mute is a TCP server that does with a connection what it is told.
func mute(t *testing.T, with func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			go with(c)
		}
	}()
	return l.Addr().String()
}

func TestBrokersThatMisbehave(t *testing.T) {
	// CONNACK, and the PUBACK of packet 1, the status.
	const welcome, first = "\x20\x02\x00\x00", "\x40\x02\x00\x01"
	readSome := func(c net.Conn) { c.Read(make([]byte, 1024)) }
	for _, x := range []struct {
		name string
		with func(net.Conn)
		want error
	}{
		{"says nothing", func(net.Conn) {}, driver.ErrTimeout},
		{"hangs up", func(c net.Conn) { c.Close() }, driver.ErrDisconnect},
		{"speaks another language", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n"+strings.Repeat("<br>", 50)) }, driver.ErrDisconnect},
		{"refuses", func(c net.Conn) { readSome(c); io.WriteString(c, "\x20\x02\x00\x05") }, driver.ErrRefused},
		{"never acknowledges", func(c net.Conn) { readSome(c); io.WriteString(c, welcome); io.Copy(io.Discard, c) }, driver.ErrTimeout},
		{"hangs up before acknowledging", func(c net.Conn) {
			readSome(c)
			io.WriteString(c, welcome)
			readSome(c)
			io.WriteString(c, first)
			readSome(c)
			c.Close()
		}, driver.ErrDisconnect},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			p := path(t, "mqtt://"+mute(t, x.with), nil)
			limit := 20 * time.Second
			if x.want == driver.ErrTimeout {
				limit = 300 * time.Millisecond
			}
			if err := p.Send(within(t, limit), records(1, 3)); !errors.Is(err, x.want) {
				t.Errorf("%v, want %v", err, x.want)
			}
		})
	}
}

func TestPartOfABatch(t *testing.T) {
	address := mute(t, func(c net.Conn) {
		taken := 0
		for taken < 4 { // the status and three events, then nothing more
			p, err := packets.Packet{}, error(nil)
			if err = next(c, &p); err != nil {
				return
			}
			switch p.FixedHeader.Type {
			case packets.Connect:
				io.WriteString(c, "\x20\x02\x00\x00")
			case packets.Publish:
				taken++
				c.Write([]byte{0x40, 2, byte(p.PacketID >> 8), byte(p.PacketID)})
			}
		}
		io.Copy(io.Discard, c)
	})
	p := path(t, "mqtt://"+address, nil)
	err := p.Send(within(t, 2*time.Second), records(1, 10))
	var part *forward.Part
	if !errors.As(err, &part) || !errors.Is(err, driver.ErrTimeout) || len(part.Taken) != 3 || part.Taken[0] != 0 {
		t.Errorf("%v %+v", err, part)
	}
}

// next reads one packet, as far as this test needs it.
func next(c net.Conn, p *packets.Packet) error {
	head := make([]byte, 1)
	if _, err := io.ReadFull(c, head); err != nil {
		return err
	}
	length, one := 0, make([]byte, 1)
	for shift := 0; ; shift += 7 {
		if _, err := io.ReadFull(c, one); err != nil {
			return err
		}
		if length |= int(one[0]&127) << shift; one[0] < 128 {
			break
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(c, body); err != nil {
		return err
	}
	p.FixedHeader.Type = head[0] >> 4
	if p.FixedHeader.Type == packets.Publish {
		topic := int(body[0])<<8 | int(body[1])
		p.PacketID = uint16(body[2+topic])<<8 | uint16(body[3+topic])
	}
	return nil
}

// certificate makes a self-signed one for 127.0.0.1, as files and as the pin.
func certificate(t *testing.T) (pair tls.Certificate, file, pin string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.pem")
	os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	sum := sha256.Sum256(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file, hex.EncodeToString(sum[:])
}

func TestTLS(t *testing.T) {
	pair, ca, pin := certificate(t)
	_, otherCA, otherPin := certificate(t)
	address, _, _ := serve(t, &tls.Config{Certificates: []tls.Certificate{pair}})
	for _, x := range []struct {
		name    string
		options map[string]string
		ok      bool
	}{
		{"ca", map[string]string{"ca": ca}, true},
		{"pin", map[string]string{"pin": strings.ToUpper(pin)}, true},
		{"pin and another name", map[string]string{"pin": pin, "server-name": "elsewhere"}, true},
		{"nothing", nil, false},
		{"other ca", map[string]string{"ca": otherCA}, false},
		{"other pin", map[string]string{"pin": otherPin}, false},
		{"other name", map[string]string{"ca": ca, "server-name": "elsewhere"}, false},
	} {
		p := path(t, "mqtts://"+address, x.options)
		if err := p.Send(within(t, 20*time.Second), records(1, 1)); (err == nil) != x.ok {
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
		{"mqtts://host", nil, true},
		{"mqtt://127.0.0.1", nil, true},
		{"mqtt://localhost:1883", nil, true},
		{"mqtt://host", nil, false},
		{"mqtt://host", map[string]string{"plain": "true"}, true},
		{"host:8883", nil, false},
		{"https://host", nil, false},
		{"mqtts://user@host", nil, false},
		{"mqtts://host/topic", nil, false},
		{"mqtts://host", map[string]string{"pasword": "x"}, false},
		{"mqtts://host", map[string]string{"base": "a/#"}, false},
		{"mqtts://host", map[string]string{"pin": "abc"}, false},
		{"mqtts://host", map[string]string{"ca": "/no/such/file"}, false},
		{"mqtts://host", map[string]string{"cert": "/no/such/file"}, false},
	} {
		p, err := New("x", x.address, x.options)
		if (err == nil) != x.ok {
			t.Errorf("%s %v: %v", x.address, x.options, err)
		}
		if err == nil {
			p.Close() // before any attempt
		}
	}
}

func TestStatusPayload(t *testing.T) {
	s := &session{box: "b", status: "t"}
	var got map[string]any
	if json.Unmarshal(s.word(false, time.Time{}).body, &got); got["online"] != false || got["box"] != "b" || len(got) != 2 {
		t.Errorf("%v", got)
	}
}
