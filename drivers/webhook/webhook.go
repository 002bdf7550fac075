// Package webhook takes events to an HTTPS receiver: a POST with a CloudEvents
// batch, signed with a shared secret.
//
//	POST /path
//	Content-Type: application/cloudevents-batch+json
//	X-Watchbox-Signature: t=1748736000,v1=<hex HMAC-SHA256(secret, t "." body)>
//
// Any 2xx says that the receiver has taken every event of the batch durably.
// The id of an event is box/epoch/sequence; an event may come twice when the
// answer was lost, with the same id. A receiver should refuse a t that is older
// than a few minutes unless an event says that the box's clock is unknown. What
// it misses it asks for at GET /api/v1/events?epoch=…&after=….
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"watchbox/drivers/trust"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/forward"
	"watchbox/firmware/point"
)

// SignatureHeader carries the signature.
const SignatureHeader = "X-Watchbox-Signature"

const (
	bodyMost   = 4 << 10 // of an answer, read so that the connection can be used again
	quoteMost  = 200     // of an answer, in an error
	headerMost = 64 << 10
	secretMin  = 16
)

// Path is one receiver. It meets forward.Path and forward.Beater; one goroutine
// uses it.
type Path struct {
	name   string
	url    string
	place  string // the url without its query, for errors: a query may hold a secret
	secret []byte
	token  string
	client *http.Client
	now    func() time.Time
}

var (
	_ forward.Path   = (*Path)(nil)
	_ forward.Beater = (*Path)(nil)
)

// Options that New takes; only the secret must be there.
var allowed = map[string]string{
	"secret":      "shared with the receiver, at least 16 characters",
	"token":       "sent as Authorization: Bearer …",
	"ca":          "file with the certificates that sign the receiver's, PEM",
	"pin":         "SHA-256 of the receiver's certificate, hex; then neither its name nor its date nor its signer matter",
	"cert":        "file with the box's own certificate, PEM",
	"key":         "file with its key, PEM",
	"server-name": "the name in the receiver's certificate, when it is not the address",
	"plain":       "true: allow http:// to another machine",
}

// New makes the path; nothing is sent yet. The address is https://host/path, or
// http:// to this machine or with plain: "true".
func New(name, address string, options map[string]string) (forward.Path, error) {
	p := &Path{name: name, url: address, secret: []byte(options["secret"]), token: options["token"], now: time.Now}
	if err := p.configure(address, options); err != nil {
		return nil, fmt.Errorf("webhook %s: %w", name, err)
	}
	return p, nil
}

func (p *Path) configure(address string, options map[string]string) error {
	for k := range options {
		if allowed[k] == "" {
			return driver.UnknownOption(k, slices.Sorted(maps.Keys(allowed))...)
		}
	}
	if len(p.secret) < secretMin {
		return driver.BadOption("secret", driver.Hidden(options["secret"]), point.Words{Zh: fmt.Sprintf("至少 %d 个字符", secretMin), En: fmt.Sprintf("at least %d characters", secretMin)})
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return driver.Bad("address", driver.Hidden(address), point.Words{Zh: "https://主机/路径", En: "https://host/path"})
	}
	if u.Scheme == "http" && options["plain"] != "true" && !trust.Loopback(u.Hostname()) {
		return driver.Bad("address", driver.Hidden(address), point.Words{Zh: "https://，或写选项 plain: \"true\"", En: "https://, or the option plain: \"true\""})
	}
	p.place = u.Scheme + "://" + u.Host + u.Path
	settings, err := trust.Settings("", options)
	if err != nil {
		return err
	}
	p.client = &http.Client{
		Transport: &http.Transport{TLSClientConfig: settings, ForceAttemptHTTP2: true, MaxIdleConns: 1, MaxConnsPerHost: 2,
			IdleConnTimeout: 2 * time.Minute, MaxResponseHeaderBytes: headerMost,
			DialContext: (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext},
		// Who may move the receiver is the site file, not an answer from the network.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return nil
}

// Send meets forward.Path: one POST.
func (p *Path) Send(ctx context.Context, records []event.Record) error {
	if len(records) == 0 {
		return nil
	}
	body, err := forward.EncodeBatch(records)
	if err != nil {
		return fmt.Errorf("webhook %s: %w", p.name, err)
	}
	return p.post(ctx, "post "+records[0].ID.String(), forward.BatchMedia, body)
}

// Beat meets forward.Beater: a single CloudEvent without a number.
func (p *Path) Beat(ctx context.Context, h forward.Heartbeat) error {
	body, err := forward.EncodeHeartbeat(h)
	if err != nil {
		return fmt.Errorf("webhook %s: %w", p.name, err)
	}
	return p.post(ctx, "post heartbeat", forward.EventMedia, body)
}

// Close lets the idle connection go.
func (p *Path) Close() error {
	p.client.CloseIdleConnections()
	return nil
}

func (p *Path) post(ctx context.Context, what, media string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook %s: %s: %w", p.name, what, err)
	}
	request.Header.Set("Content-Type", media)
	request.Header.Set("User-Agent", "watchbox")
	request.Header.Set(SignatureHeader, Sign(p.secret, p.now(), body))
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return p.wrap(what, err)
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(response.Body, bodyMost))
	if response.StatusCode/100 == 2 {
		return nil
	}
	return p.refused(what, response, answer)
}

// refused is the error of an answer that is not 2xx, with the beginning of what
// the receiver says about it.
func (p *Path) refused(what string, response *http.Response, answer []byte) error {
	quote := strings.ToValidUTF8(string(answer[:min(len(answer), quoteMost)]), "")
	return fmt.Errorf("webhook %s: %s to %s: %w: %s %q", p.name, what, p.place, driver.ErrRefused, response.Status, quote)
}

// wrap says where it happened and gives the class.
func (p *Path) wrap(what string, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // it repeats the whole url
	}
	class := driver.ErrDisconnect
	var timeout interface{ Timeout() bool }
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		class = driver.ErrTimeout
	}
	return fmt.Errorf("webhook %s: %s to %s: %w: %w", p.name, what, p.place, class, err)
}

// Sign makes the signature header of a body that is sent at t.
func Sign(secret []byte, t time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%d.", t.Unix())
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", t.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
