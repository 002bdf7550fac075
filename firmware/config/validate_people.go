package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"watchbox/firmware/dialout"
	"watchbox/firmware/point"
)

func peopleIDs(c *checker) (contacts, channels []string) {
	contacts = ids(c, "contacts", c.site.Contacts, func(x dialout.Contact) string { return x.ID })
	channels = ids(c, "channels", c.site.Channels, func(x Channel) string { return x.ID })
	ids(c, "upstream", c.site.Upstream, func(x Upstream) string { return x.ID })
	return contacts, channels
}

// checkDialOut checks who is told by what, and that each can be reached so.
func (c *checker) checkDialOut() {
	for i, x := range c.site.Contacts {
		c.phone(at("contacts", i, "phone"), x.Phone)
		if x.Mail != "" && !isSecret(x.Mail) && (strings.Count(x.Mail, "@") != 1 || strings.ContainsAny(x.Mail, " \t\n\r<>,;")) {
			c.refuse(at("contacts", i, "mail"), quoted(x.Mail), say("one mail address: name@host"))
		}
	}
	for i, x := range c.site.Channels {
		if x.Address == "" {
			c.refuse(at("channels", i, "address"), say("nothing"), say("a value: terminal of the modem, host:port of the mail host, URL of the gateway"))
		}
		if x.Driver == "modem" && c.world.Terminals != nil && !isSecret(x.Address) {
			if _, ok := c.world.Terminals[x.Address]; !ok && !strings.HasPrefix(x.Address, "/dev/") {
				c.put(at("channels", i, "address"), UnknownReference, quoted(x.Address), say("a terminal of the board: %s", oneOf(x.Address, c.terminals("modem"))))
			}
		}
	}
	if c.site.DialOut == nil {
		return
	}
	if c.site.DialOut.Steps == nil {
		return
	}
	for i, s := range c.site.DialOut.Steps {
		path := fmt.Sprintf("dial-out.steps[%d]", i)
		c.references(path+".contacts", s.Contacts, c.contacts)
		c.references(path+".channels", s.Channels, c.channels)
		c.reachable(path, s)
	}
}

func isSecret(s string) bool { return strings.HasPrefix(s, secretPrefix) }

func (c *checker) phone(path, number string) {
	if number == "" || isSecret(number) {
		return
	}
	digits, ok := strings.CutPrefix(number, "+")
	if !ok || len(digits) < 6 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		c.refuse(path, quoted(number), say("the international form: + and 6 to 15 digits, such as +8613800000000"))
	}
}

// reachable checks that each contact of a step has an address for one of its
// channels at least, and warns where one of several is missing.
func (c *checker) reachable(path string, s dialout.Step) {
	for i, id := range s.Contacts {
		n := slices.Index(c.contacts, id)
		if n < 0 {
			continue
		}
		ways, missing := 0, point.Words{}
		for _, channel := range s.Channels {
			m := slices.Index(c.channels, channel)
			if m < 0 {
				ways++ // refused already
			} else if key, ok := addressFor(c.site.Contacts[n], c.site.Channels[m]); ok {
				ways++
			} else {
				missing = say("%s for the channel %s", key, channel)
			}
		}
		here := fmt.Sprintf("%s.contacts[%d]", path, i)
		switch {
		case ways == 0:
			c.refuse(here, say("%s, whom no channel of this step reaches", id), say("a contact with %s", missing))
		case !missing.IsZero():
			c.warn(here, say("%s without %s", id, missing), say("a contact with an address for each channel of the step"))
		}
	}
}

func addressFor(x dialout.Contact, channel Channel) (key string, ok bool) {
	if channel.Driver == "smtp" {
		return "mail", x.Mail != ""
	}
	return "phone", x.Phone != ""
}

var upstreamSchemes = map[string][]string{"mqtt": {"mqtts", "mqtt", "ssl", "tls", "tcp"}, "webhook": {"https", "http"}}

// checkUpstream checks the ways to the platform.
func (c *checker) checkUpstream() {
	for i, u := range c.site.Upstream {
		if isSecret(u.Address) {
			continue
		}
		path := at("upstream", i, "address")
		address, err := url.Parse(u.Address)
		schemes := upstreamSchemes[u.Driver]
		switch {
		case err != nil || address.Host == "" || !slices.Contains(schemes, address.Scheme):
			c.refuse(path, quoted(u.Address), say("a URL that begins with %s", strings.Join(schemes, "://, ")+"://"))
		case address.User != nil:
			c.refuse(path, say("a password within the URL"), say("a URL without it, and options with secret:NAME"))
		case !slices.Contains([]string{"https", "mqtts", "ssl", "tls"}, address.Scheme) && !loopback(address.Hostname()):
			c.warn(path, quoted(u.Address), say("a path with TLS: what goes by this one can be read and altered on the way"))
		}
	}
}

func loopback(host string) bool {
	return host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
}
