package smtp

import (
	"crypto/x509"
	"net/mail"
	"os"
	"strings"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

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
