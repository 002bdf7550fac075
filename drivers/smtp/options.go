package smtp

import (
	"net/mail"

	"watchbox/drivers/trust"
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
		var err error
		c.tls.RootCAs, err = trust.Authority(value)
		return err
	default:
		return driver.UnknownOption(key, "from", "user", "password", "security", "ca", "server-name")
	}
	return nil
}

var mailAddress = point.Words{Zh: "邮箱地址 name@host", En: "a mail address, name@host"}
