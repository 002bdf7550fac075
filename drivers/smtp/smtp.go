// Package smtp sends dial-out messages as mail. It speaks RFC 5321 by the
// standard library's client under one deadline for the whole attempt. STARTTLS
// with a checked certificate is required unless the options say otherwise.
package smtp

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"os"
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

func (c *Channel) option(key, value string) error {
	switch key {
	case "from":
		a, err := mail.ParseAddress(value)
		if err != nil || !plain(a.Address) {
			return driver.BadOption(key, value, mailAddress)
		}
		c.from = *a
	case "user":
		c.user = value
	case "password":
		c.password = value
	case "security":
		if value != "starttls" && value != "tls" && value != "none" {
			return driver.BadOption(key, value, driver.OneOf("starttls", "tls", "none"))
		}
		c.security = value
	case "server-name":
		c.tls.ServerName = value
	case "ca":
		return c.trust(value)
	default:
		return driver.UnknownOption(key, "from", "user", "password", "security", "ca", "server-name")
	}
	return nil
}

var (
	mailAddress = point.Words{Zh: "邮箱地址 name@host", En: "a mail address, name@host"}
	// noCertificate shows nothing of what it read: a text as long as that says nothing.
	noCertificate = driver.BadOption("ca", "…", point.Words{Zh: "PEM 证书，或证书文件名", En: "certificates as PEM, or the name of a file with them"})
)

// trust takes PEM text or the name of a PEM file.
func (c *Channel) trust(value string) error {
	pem := []byte(value)
	if !strings.Contains(value, "-----BEGIN") {
		var err error
		if pem, err = os.ReadFile(value); err != nil {
			return noCertificate
		}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return noCertificate
	}
	c.tls.RootCAs = pool
	return nil
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

// begin secures the connection and logs in.
func (c *Channel) begin(client *smtp.Client) error {
	if err := client.Hello("watchbox.local"); err != nil {
		return fmt.Errorf("EHLO: %w", err)
	}
	if c.security == "starttls" {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return fmt.Errorf("host offers no STARTTLS: %w", errPolicy)
		}
		if err := client.StartTLS(c.tls); err != nil {
			return fmt.Errorf("STARTTLS: %w", err)
		}
	}
	if c.user == "" {
		return nil
	}
	if _, secured := client.TLSConnectionState(); !secured && !loopback(c.host) {
		return errUnencrypted
	}
	_, mechanisms := client.Extension("AUTH")
	var auth smtp.Auth = smtp.PlainAuth("", c.user, c.password, c.host)
	if !offers(mechanisms, "PLAIN") {
		if !offers(mechanisms, "LOGIN") {
			return fmt.Errorf("host offers neither AUTH PLAIN nor LOGIN but %.64q: %w", mechanisms, errPolicy)
		}
		auth = &login{user: c.user, password: c.password}
	}
	if err := client.Auth(auth); err != nil {
		return fmt.Errorf("AUTH: %w", err)
	}
	return nil
}

func offers(mechanisms, one string) bool {
	for m := range strings.FieldsSeq(mechanisms) {
		if strings.EqualFold(m, one) {
			return true
		}
	}
	return false
}

// errPolicy is what the host would have to change.
var errPolicy = errors.New("against the site's rule")

// retryable: a host that says no for good (5xx), a certificate that is wrong or
// a rule that is broken stays so for minutes; everything else may pass.
func retryable(err error) bool {
	var said *textproto.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &said):
		return said.Code < 500
	case errors.As(err, &certificate), errors.Is(err, errPolicy), errors.Is(err, errUnencrypted):
		return false
	}
	return true
}

// classed adds the error class.
func classed(err error) error {
	var said *textproto.Error
	var timeout net.Error
	switch {
	case errors.As(err, &said), errors.Is(err, errPolicy), errors.Is(err, errUnencrypted):
		return fmt.Errorf("%w: %w", driver.ErrRefused, err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%w: %w", driver.ErrTimeout, err)
	}
	return fmt.Errorf("%w: %w", driver.ErrDisconnect, err)
}

var _ dialout.Channel = (*Channel)(nil)

// messageID is unique for ever, in the sender's domain.
func messageID(from string) string {
	b := make([]byte, 16)
	rand.Read(b)
	_, domain, _ := strings.Cut(from, "@")
	return "<" + hex.EncodeToString(b) + "@" + domain + ">"
}

// errUnencrypted: a password goes only over TLS or to this host itself.
var errUnencrypted = errors.New("no password over an open connection")

func loopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// login is AUTH LOGIN, which mail hosts offer though no standard has it.
type login struct{ user, password string }

// Start begins the dialogue.
func (l *login) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

// Next answers the host's two questions.
func (l *login) Next(question []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	switch q := strings.ToLower(string(question)); {
	case strings.HasPrefix(q, "user"):
		return []byte(l.user), nil
	case strings.HasPrefix(q, "pass"):
		return []byte(l.password), nil
	}
	return nil, fmt.Errorf("host asks %.32q", question)
}
