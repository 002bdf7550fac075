// Package smtp sends dial-out messages as mail. It speaks RFC 5321 by the
// standard library's client under one deadline for the whole attempt. STARTTLS
// with a checked certificate is required unless the options say otherwise.
package smtp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"time"

	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Channel is one mail host. Send may be called from any goroutine; each call is
// a connection of its own.
type Channel struct {
	name     string
	address  string
	host     string
	from     mail.Address
	user     string
	password string
	security string
	tls      *tls.Config
}

// New makes a channel to the host at address (host:port; 587 is the usual one).
//
// Options: from (required, a mail address, with a name if wanted), user and
// password (AUTH PLAIN or LOGIN as the host offers), security (starttls, the
// default; tls for port 465; none only for a host on a trusted wire, and then
// no password leaves the box except to loopback), ca (a PEM file, or the PEM
// text, of the authority that signed the host's certificate), server-name (in
// the certificate when it differs from the address).
func New(name, address string, options map[string]string) (*Channel, error) {
	c := &Channel{name: name, address: address, security: "starttls", tls: &tls.Config{MinVersion: tls.VersionTLS12}}
	wrong := func(err error) (*Channel, error) { return nil, fmt.Errorf("smtp %s: %w", name, err) }
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return wrong(driver.Bad("address", address, point.Words{Zh: "主机:端口", En: "host:port"}))
	}
	c.host, c.tls.ServerName = host, host
	for key, value := range options {
		if err := c.option(key, value); err != nil {
			return wrong(err)
		}
	}
	if c.from.Address == "" {
		return wrong(driver.BadOption("from", "", mailAddress))
	}
	if c.password != "" && c.user == "" {
		return wrong(driver.BadOption("user", "", point.Words{Zh: "密码所属的用户名", En: "the user whose password it is"}))
	}
	return c, nil
}

// plain is true for an address that cannot end a line or a command.
func plain(address string) bool {
	return address != "" && len(address) <= 254 && !strings.ContainsAny(address, "\r\n<> \t\x00")
}

// Send makes one attempt. A host that refuses for good (5xx), or an address
// that is none, is not tried again. The reference is the Message-ID.
func (c *Channel) Send(ctx context.Context, m dialout.Message) (dialout.Receipt, bool, error) {
	to, err := mail.ParseAddress(m.To)
	if err != nil || !plain(to.Address) {
		return dialout.Receipt{}, false, fmt.Errorf("smtp %s: send %s: %.64q is not a mail address: %w", c.name, m.ID, m.To, driver.ErrUnsupported)
	}
	id := messageID(c.from.Address)
	if err := c.deliver(ctx, to.Address, compose(c.from, *to, m, id, time.Now())); err != nil {
		return dialout.Receipt{}, retryable(err), fmt.Errorf("smtp %s: send %s: %w", c.name, m.ID, classed(err))
	}
	return dialout.Receipt{Reference: id}, false, nil
}

// deliver is the dialogue with the host.
func (c *Channel) deliver(ctx context.Context, to string, body []byte) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	client, err := smtp.NewClient(conn, c.host)
	if err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	if err := c.begin(client); err != nil {
		return err
	}
	if err := client.Mail(c.from.Address); err != nil {
		return fmt.Errorf("MAIL FROM: %w", err)
	}
	if err := client.Rcpt(to); err != nil {
		return fmt.Errorf("RCPT TO: %w", err)
	}
	w, err := client.Data()
	if err != nil {
		return fmt.Errorf("DATA: %w", err)
	}
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("write body: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("end of body: %w", err)
	}
	client.Quit() // the host has the mail: what it says now changes nothing
	return nil
}

func (c *Channel) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if c.security != "tls" {
		return conn, nil
	}
	secured := tls.Client(conn, c.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return secured, nil
}

var _ dialout.Channel = (*Channel)(nil)
