package smtp

import (
	"fmt"
	"net/smtp"
	"strings"
)

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
