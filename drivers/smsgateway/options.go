package smsgateway

import (
	"crypto/tls"
	"encoding/json"
	"strings"

	"watchbox/drivers/trust"
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
		var err error
		config.RootCAs, err = trust.Authority(value)
		return err
	default:
		return driver.UnknownOption(key, "body", "secret", "header", "mac", "encoding", "success", "reference", "balance", "ca", "security")
	}
	return nil
}
