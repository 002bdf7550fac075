package smtp

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
)

// certificate makes a self-signed certificate for 127.0.0.1 and its PEM texts.
func certificate(t *testing.T) (pair tls.Certificate, certPEM, keyPEM string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	keyPEM = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, certPEM, keyPEM
}

// host is a mail host that answers as told.
type host struct {
	pair    tls.Certificate
	noTLS   bool
	auth    string // mechanisms
	answers map[string]string
	silent  bool

	mutex   sync.Mutex
	heard   []string
	body    string
	secured bool
}

// said is what the host heard, and the body.
func (h *host) said() ([]string, string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return slices.Clone(h.heard), h.body
}

func (h *host) start(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go h.serve(conn)
		}
	}()
	return l.Addr().String()
}

func (h *host) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	if h.silent {
		io.Copy(io.Discard, conn)
		return
	}
	fmt.Fprint(conn, "220 fake\r\n")
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		h.mutex.Lock()
		h.heard = append(h.heard, line)
		h.mutex.Unlock()
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch answer := h.answers[verb]; {
		case answer != "":
			fmt.Fprint(conn, answer+"\r\n")
		case verb == "EHLO":
			fmt.Fprint(conn, "250-fake\r\n"+h.extensions()+"250 8BITMIME\r\n")
		case verb == "STARTTLS":
			fmt.Fprint(conn, "220 go\r\n")
			conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{h.pair}})
			r, h.secured = bufio.NewReader(conn), true
		case verb == "AUTH":
			h.login(conn, r, line)
		case verb == "DATA":
			fmt.Fprint(conn, "354 go\r\n")
			h.read(r)
			fmt.Fprint(conn, "250 taken\r\n")
		case verb == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		default:
			fmt.Fprint(conn, "250 fine\r\n")
		}
	}
}

func (h *host) extensions() (s string) {
	if !h.noTLS && !h.secured {
		s += "250-STARTTLS\r\n"
	}
	if h.auth != "" {
		s += "250-AUTH " + h.auth + "\r\n"
	}
	return s
}

func (h *host) login(conn net.Conn, r *bufio.Reader, line string) {
	good := strings.Contains(line, base64.StdEncoding.EncodeToString([]byte("\x00box\x00sécret")))
	if strings.Contains(line, "LOGIN") {
		var said []string
		for _, q := range []string{"Username:", "Password:"} {
			fmt.Fprintf(conn, "334 %s\r\n", base64.StdEncoding.EncodeToString([]byte(q)))
			a, _ := r.ReadString('\n')
			b, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(a))
			said = append(said, string(b))
		}
		good = said[0] == "box" && said[1] == "sécret"
	}
	if good {
		fmt.Fprint(conn, "235 welcome\r\n")
		return
	}
	fmt.Fprint(conn, "535 no\r\n")
}

func (h *host) read(r *bufio.Reader) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return
		}
		h.body += line
	}
}

var message = dialout.Message{ID: "abc-1", To: "wang@example.com", Subject: "【财务机房】报警:市电失电", Text: "【财务机房】报警:市电失电 0 V\n处置:查看😀\n.\n", Priority: 1}

func send(t *testing.T, address string, options map[string]string, m dialout.Message) (dialout.Receipt, bool, error) {
	t.Helper()
	c, err := New("mail", address, options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return c.Send(ctx, m)
}

func TestSend(t *testing.T) {
	pair, ca, _ := certificate(t)
	for _, auth := range []string{"PLAIN LOGIN", "LOGIN", ""} {
		h := &host{pair: pair, auth: auth}
		options := map[string]string{"from": "Watchbox <box@example.com>", "ca": ca, "user": "box", "password": "sécret"}
		if auth == "" {
			delete(options, "user")
			delete(options, "password")
		}
		r, _, err := send(t, h.start(t), options, message)
		if err != nil {
			t.Fatalf("auth %q: %v", auth, err)
		}
		_, body := h.said()
		got, err := mail.ReadMessage(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		subject, _ := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
		text, _ := io.ReadAll(base64.NewDecoder(base64.StdEncoding, got.Body))
		if subject != "‼ "+message.Subject || string(text) != message.Text+"\n" {
			t.Errorf("subject %q, text %q", subject, text)
		}
		heard, _ := h.said()
		if !slices.Contains(heard, "STARTTLS") {
			t.Errorf("the connection was not secured: %q", heard)
		}
		if got.Header.Get("Message-Id") != r.Reference {
			t.Errorf("id %q, receipt %q", got.Header.Get("Message-Id"), r.Reference)
		}
	}
}

func TestRefusals(t *testing.T) {
	pair, ca, _ := certificate(t)
	login := map[string]string{"from": "box@example.com", "ca": ca, "user": "box", "password": "sécret"}
	open := map[string]string{"from": "box@example.com", "ca": ca}
	tests := map[string]struct {
		host    *host
		options map[string]string
		retry   bool
		class   error
		want    string
	}{
		"no STARTTLS":           {&host{pair: pair, noTLS: true}, login, false, driver.ErrRefused, "no STARTTLS"},
		"wrong password":        {&host{pair: pair, auth: "PLAIN"}, map[string]string{"from": "box@example.com", "ca": ca, "user": "box", "password": "x"}, false, driver.ErrRefused, "AUTH: 535"},
		"unknown AUTH":          {&host{pair: pair, auth: "CRAM-MD5"}, login, false, driver.ErrRefused, "neither AUTH PLAIN nor LOGIN"},
		"unknown authority":     {&host{pair: pair}, map[string]string{"from": "box@example.com"}, false, driver.ErrDisconnect, "certificate"},
		"no such user":          {&host{pair: pair, answers: map[string]string{"RCPT": "550 no such user"}}, open, false, driver.ErrRefused, "RCPT TO: 550"},
		"busy":                  {&host{pair: pair, answers: map[string]string{"MAIL": "451 later"}}, open, true, driver.ErrRefused, "MAIL FROM: 451"},
		"full after the body":   {&host{pair: pair, answers: map[string]string{"DATA": "452 full"}}, open, true, driver.ErrRefused, "DATA: 452"},
		"speaks another tongue": {&host{pair: pair, answers: map[string]string{"EHLO": "HTTP/1.1 400", "HELO": "HTTP/1.1 400"}}, open, true, driver.ErrDisconnect, "EHLO"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			_, retry, err := send(t, c.host.start(t), c.options, message)
			if err == nil || retry != c.retry || !errors.Is(err, c.class) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("retry %v, error %v", retry, err)
			}
			if err != nil && (strings.Contains(err.Error(), "sécret") || !strings.HasPrefix(err.Error(), "smtp mail: send abc-1: ")) {
				t.Errorf("error %q", err)
			}
		})
	}
}

func TestDeadHostEndsByTheDeadline(t *testing.T) {
	h := &host{silent: true}
	c, err := New("mail", h.start(t), map[string]string{"from": "box@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, retry, err := c.Send(ctx, message); !retry || !errors.Is(err, driver.ErrTimeout) {
		t.Errorf("retry %v, error %v", retry, err)
	}
	if _, retry, err := send(t, "127.0.0.1:1", map[string]string{"from": "box@example.com"}, message); !retry || !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("nobody listens: retry %v, error %v", retry, err)
	}
}

func TestNothingInAMessageBreaksOut(t *testing.T) {
	pair, ca, _ := certificate(t)
	h := &host{pair: pair}
	address := h.start(t)
	options := map[string]string{"from": "box@example.com", "ca": ca}
	evil := dialout.Message{ID: "x\r\nBcc: a@b.c", To: "wang@example.com", Subject: "s\r\nBcc: evil@example.com\r\n\r\nbody\u2028x", Text: "a\r\n.\r\nMAIL FROM:<evil@example.com>\r\n\x00"}
	if _, _, err := send(t, address, options, evil); err != nil {
		t.Fatal(err)
	}
	heard, body := h.said()
	got, err := mail.ReadMessage(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("Bcc") != "" || strings.Contains(body, "\nBcc") {
		t.Errorf("a header was smuggled in:\n%s", body)
	}
	for _, line := range heard {
		if strings.Contains(line, "evil") {
			t.Errorf("a command was smuggled in: %q", line)
		}
	}
	for _, to := range []string{"", "wang", "a@b.c\r\nRCPT TO:<evil@example.com>", "<a@b.c> SIZE=1", strings.Repeat("a", 300) + "@b.c"} {
		if _, retry, err := send(t, address, options, dialout.Message{To: to, Text: "x"}); err == nil || retry {
			t.Errorf("address %q: retry %v, error %v", to, retry, err)
		}
	}
}

func TestPasswordNeverTravelsOpen(t *testing.T) {
	c, err := New("mail", "127.0.0.1:25", map[string]string{"from": "a@b.c", "user": "u", "password": "p", "security": "none"})
	if err != nil {
		t.Fatal(err)
	}
	h := &host{noTLS: true, auth: "PLAIN LOGIN"}
	c.address, c.host = h.start(t), "mail.example.com"
	if _, retry, err := c.Send(t.Context(), message); err == nil || retry || !errors.Is(err, driver.ErrRefused) {
		t.Errorf("retry %v, error %v", retry, err)
	}
	heard, _ := h.said()
	for _, line := range heard {
		if strings.HasPrefix(line, "AUTH") {
			t.Errorf("sent %q", line)
		}
	}
}

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		address string
		options map[string]string
	}{
		"no port":    {"mail.example.com", map[string]string{"from": "a@b.c"}},
		"no from":    {"mail.example.com:587", nil},
		"bad from":   {"mail.example.com:587", map[string]string{"from": "nobody"}},
		"bad key":    {"mail.example.com:587", map[string]string{"from": "a@b.c", "form": "x"}},
		"bad safety": {"mail.example.com:587", map[string]string{"from": "a@b.c", "security": "maybe"}},
		"bad ca":     {"mail.example.com:587", map[string]string{"from": "a@b.c", "ca": "-----BEGIN nothing"}},
		"no user":    {"mail.example.com:587", map[string]string{"from": "a@b.c", "password": "hush"}},
	} {
		if _, err := New("mail", c.address, c.options); !errors.Is(err, driver.ErrUnsupported) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
