package smsgateway

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"os"
	"strings"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func (c *Channel) option(key, value string, config *tls.Config) error {
	switch key {
	case "body":
		if err := json.Unmarshal([]byte(value), &c.body); err != nil {
			return driver.BadOption(key, driver.Hidden(value), point.Words{Zh: "JSON", En: "JSON"})
		}
	case "mac":
		c.mac = value
	case "secret":
		c.secret = value
	case "header":
		if strings.ContainsAny(value, "\r\n") {
			return driver.BadOption(key, driver.Hidden(value), point.Words{Zh: "一个请求头的名字", En: "one header's name"})
		}
		c.header = value
	case "encoding":
		if value != "json" && value != "base64" {
			return driver.BadOption(key, value, driver.OneOf("json", "base64"))
		}
		c.base64 = value == "base64"
	case "success":
		c.success.path, c.success.value, _ = strings.Cut(value, "=")
	case "reference":
		c.reference = value
	case "balance":
		c.balance = value
	case "security":
		if value != "tls" && value != "none" {
			return driver.BadOption(key, value, driver.OneOf("tls", "none"))
		}
		c.open = value == "none"
	case "ca":
		return trust(config, value)
	default:
		return driver.UnknownOption(key, "body", "secret", "header", "mac", "encoding", "success", "reference", "balance", "ca", "security")
	}
	return nil
}

// noCertificate shows nothing of what it read: a text as long as that says nothing.
var noCertificate = driver.BadOption("ca", "…", point.Words{Zh: "PEM 证书，或证书文件名", En: "certificates as PEM, or the name of a file with them"})

// trust takes PEM text or the name of a PEM file.
func trust(config *tls.Config, value string) error {
	pem := []byte(value)
	if !strings.Contains(value, "-----BEGIN") {
		var err error
		if pem, err = os.ReadFile(value); err != nil {
			return noCertificate
		}
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return noCertificate
	}
	return nil
}
