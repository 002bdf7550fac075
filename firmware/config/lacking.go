package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
)

// A box that has lost its data has lost its secrets too, and guards by a site file that
// refers to them. What needs none works; a value whose secret is not there stays the
// reference that it is, and whoever would use it finds that out by Lacks: nothing is
// ever sent in its place.

// Forgiving answers with the reference itself for a secret that nobody has stored.
func Forgiving(secrets Secrets) Secrets {
	return func(name string) (string, bool) {
		if value, known := secrets(name); known {
			return value, true
		}
		return secretPrefix + name, true
	}
}

// LackedSecret is why something does not work: the name of a secret that is not there.
type LackedSecret string

func (s LackedSecret) Error() string {
	return fmt.Sprintf("the secret %q is not stored: it was on the data partition", string(s))
}

// Unwrap gives its class: asking again does not help.
func (LackedSecret) Unwrap() error { return driver.ErrUnsupported }

// Lacks names the secret that a value of a resolved site is without; "" is none.
func Lacks(value string) (secret string) {
	if secret, lacks := strings.CutPrefix(value, secretPrefix); lacks {
		return secret
	}
	return ""
}

// LacksAny names one secret that these values are without, the first by key; "" is none.
func LacksAny(address string, options map[string]string) (secret string) {
	for _, key := range slices.Sorted(maps.Keys(options)) {
		if secret = Lacks(options[key]); secret != "" {
			return secret
		}
	}
	return Lacks(address)
}

// Lacking names every secret that a resolved site is without, sorted.
func (s *Site) Lacking() (secrets []string) {
	note := func(values ...string) {
		for _, v := range values {
			if secret := Lacks(v); secret != "" {
				secrets = append(secrets, secret)
			}
		}
	}
	for _, c := range s.Cards {
		note(c.Number)
	}
	for _, c := range s.Contacts {
		note(c.Phone, c.Mail)
	}
	for _, d := range s.Devices {
		note(slices.Collect(maps.Values(d.Options))...)
	}
	for _, c := range s.Channels {
		note(append(slices.Collect(maps.Values(c.Options)), c.Address)...)
	}
	for _, u := range s.Upstream {
		note(append(slices.Collect(maps.Values(u.Options)), u.Address)...)
	}
	slices.Sort(secrets)
	return slices.Compact(secrets)
}

// Reachable are the contacts of a resolved site, without the numbers and addresses that
// it lacks.
func (s *Site) Reachable() []dialout.Contact {
	contacts := slices.Clone(s.Contacts)
	for i := range contacts {
		for _, way := range []*string{&contacts[i].Phone, &contacts[i].Mail} {
			if Lacks(*way) != "" {
				*way = ""
			}
		}
	}
	return contacts
}
