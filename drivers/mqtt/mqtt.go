// Package mqtt takes events to an MQTT 3.1.1 broker: TLS, QoS 1, one message
// per event with a CloudEvent in JSON.
//
// Topics, under a base that the site file may change:
//
//	watchbox/<box>/events/<type>   every event: watchbox/k3…/events/alarm.raised
//	watchbox/<box>/status          retained: {"online":true…}; the will says false
//	watchbox/<box>/heartbeat       every minute
//
// Send is one attempt: it connects when there is no connection, publishes, and
// waits until the broker has acknowledged every message. A connection that fails
// is thrown away as it stands, so that the broker publishes the will. Between
// attempts the client keeps the connection alive with goroutines of its own: the
// permanent reader of a wire that speaks by itself.
//
// QoS 1 means at least once: an acknowledgement that was lost on the way makes
// the same event, with the same id, come again. The id is what a receiver counts.
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
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

// Path is one broker. It meets forward.Path and forward.Beater; one goroutine
// uses it.
type Path struct {
	name     string
	host     string // host:port
	tls      *tls.Config
	base     string
	client   string // the client id; empty: made of box and name
	user     string
	password string
	session  *session // nil: not connected
}

var (
	_ forward.Path   = (*Path)(nil)
	_ forward.Beater = (*Path)(nil)
)

// Options that New takes; all may be missing.
var allowed = map[string]string{
	"ca":          "file with the certificates that sign the broker's, PEM",
	"pin":         "SHA-256 of the broker's certificate, hex; then neither its name nor its date nor its signer matter",
	"cert":        "file with the box's own certificate, PEM",
	"key":         "file with its key, PEM",
	"server-name": "the name in the broker's certificate, when it is not the address",
	"user":        "user name",
	"password":    "password",
	"base":        "first part of every topic; watchbox",
	"client-id":   "the client id; watchbox-<box>-<name>",
	"plain":       "true: allow mqtt:// without TLS to another machine",
}

// New makes the path; nothing is connected yet. The address is
// mqtts://host[:8883], or mqtt://host[:1883] to this machine or with plain: "true".
func New(name, address string, options map[string]string) (forward.Path, error) {
	p := &Path{name: name, base: "watchbox", client: options["client-id"], user: options["user"], password: options["password"]}
	if err := p.configure(address, options); err != nil {
		return nil, fmt.Errorf("mqtt %s: %w", name, err)
	}
	return p, nil
}

func (p *Path) configure(address string, options map[string]string) error {
	for k := range options {
		if allowed[k] == "" {
			return driver.UnknownOption(k, slices.Sorted(maps.Keys(allowed))...)
		}
	}
	if b := options["base"]; b != "" {
		p.base = strings.Trim(b, "/")
	}
	if p.base == "" || strings.ContainsAny(p.base, "+#\x00") {
		return driver.BadOption("base", p.base, point.Words{Zh: "不含 + 和 # 的主题", En: "a topic without + and #"})
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return driver.Bad("address", driver.Hidden(address), point.Words{Zh: "mqtts://主机:端口", En: "mqtts://host:port"})
	}
	switch port := u.Port(); u.Scheme {
	case "mqtts":
		p.host = net.JoinHostPort(u.Hostname(), or(port, "8883"))
		p.tls, err = trust.Settings(u.Hostname(), options)
		return err
	case "mqtt":
		p.host = net.JoinHostPort(u.Hostname(), or(port, "1883"))
		if options["plain"] != "true" && !trust.Loopback(u.Hostname()) {
			return driver.Bad("address", driver.Hidden(address), point.Words{Zh: "mqtts://，或写选项 plain: \"true\"", En: "mqtts://, or the option plain: \"true\""})
		}
		return nil
	}
	return driver.Bad("address", driver.Hidden(address), point.Words{Zh: "mqtts://主机:端口", En: "mqtts://host:port"})
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Send meets forward.Path. When the broker acknowledged only some of the
// records the error is a forward.Part.
func (p *Path) Send(ctx context.Context, records []event.Record) error {
	if len(records) == 0 {
		return nil
	}
	messages := make([]message, len(records))
	for i, r := range records {
		body, err := forward.Encode(r)
		if err != nil {
			return fmt.Errorf("mqtt %s: %w", p.name, err)
		}
		messages[i] = message{topic: p.topic(r.ID.Box, "events/"+string(r.Type)), body: body}
	}
	return p.publish(ctx, records[0].ID.Box, "publish "+records[0].ID.String(), messages)
}

// Beat meets forward.Beater.
func (p *Path) Beat(ctx context.Context, h forward.Heartbeat) error {
	body, err := forward.EncodeHeartbeat(h)
	if err != nil {
		return fmt.Errorf("mqtt %s: %w", p.name, err)
	}
	return p.publish(ctx, h.Box, "publish heartbeat", []message{{topic: p.topic(h.Box, "heartbeat"), body: body}})
}

// Close takes leave: the status turns to offline. It waits a second at most.
func (p *Path) Close() error {
	if p.session == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := p.session.leave(ctx)
	p.session = nil
	return p.wrap("close", err)
}

func (p *Path) topic(box, rest string) string { return p.base + "/" + level(box) + "/" + rest }

// level makes a name fit for one level of a topic.
func level(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("/+#\x00", r) {
			return '-'
		}
		return r
	}, s)
}

func (p *Path) publish(ctx context.Context, box, what string, messages []message) error {
	if p.session == nil || p.session.over() {
		s, err := p.connect(ctx, box)
		if err != nil {
			return p.wrap("connect "+p.host, err)
		}
		p.session = s
	}
	acknowledged, err := p.session.publish(ctx, messages)
	if err == nil {
		return nil
	}
	p.session.drop()
	p.session = nil
	err = p.wrap(what, err)
	if len(acknowledged) > 0 {
		return &forward.Part{Taken: acknowledged, Err: err}
	}
	return err
}

// wrap says where it happened and gives the class.
func (p *Path) wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	class := driver.ErrDisconnect
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, driver.ErrRefused):
		return fmt.Errorf("mqtt %s: %s: %w", p.name, what, err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		class = driver.ErrTimeout
	}
	return fmt.Errorf("mqtt %s: %s: %w: %w", p.name, what, class, err)
}
