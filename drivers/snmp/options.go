package snmp

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"

	"github.com/gosnmp/gosnmp"

	"watchbox/firmware/driver"
)

var optionNames = []string{"version", "community", "user", "auth", "auth-password", "priv", "priv-password", "interfaces", "phases", "map"}

// known refuses options that the driver would not heed.
func known(options map[string]string) error {
	for _, k := range slices.Sorted(maps.Keys(options)) {
		if !slices.Contains(optionNames, k) {
			return fmt.Errorf("option %q is not known: want one of %v", k, optionNames)
		}
	}
	return nil
}

var authNames = map[string]gosnmp.SnmpV3AuthProtocol{"": gosnmp.SHA256, "sha": gosnmp.SHA, "sha224": gosnmp.SHA224,
	"sha256": gosnmp.SHA256, "sha384": gosnmp.SHA384, "sha512": gosnmp.SHA512}

var privNames = map[string]gosnmp.SnmpV3PrivProtocol{"": gosnmp.AES, "aes": gosnmp.AES, "aes192": gosnmp.AES192, "aes256": gosnmp.AES256}

func newWire(spec driver.Spec) (wire, error) {
	host, port, err := target(spec.Address)
	if err != nil {
		return nil, err
	}
	address, o := net.JoinHostPort(host, strconv.Itoa(int(port))), spec.Options
	switch o["version"] {
	case "", "2c":
		secret := o["community"]
		if secret == "" {
			secret = "public"
		}
		if len(secret) > 64 {
			return nil, fmt.Errorf("option community: %d bytes, want at most 64", len(secret))
		}
		return newCommunity(address, secret), nil
	case "3":
		return newUser(address, o)
	}
	return nil, fmt.Errorf("option version %q: want 2c or 3", o["version"])
}

func newUser(address string, o map[string]string) (*user, error) {
	auth, okAuth := authNames[o["auth"]]
	priv, okPriv := privNames[o["priv"]]
	u := &user{address: address, line: &community{}}
	u.secret.UserName, u.flags = o["user"], gosnmp.NoAuthNoPriv
	authWord, privWord := o["auth-password"], o["priv-password"]
	switch {
	case u.secret.UserName == "" || len(u.secret.UserName) > 32:
		return nil, fmt.Errorf("option user %q: want 1–32 bytes for version 3", u.secret.UserName)
	case !okAuth:
		return nil, fmt.Errorf("option auth %q: want sha, sha224, sha256, sha384 or sha512", o["auth"])
	case !okPriv:
		return nil, fmt.Errorf("option priv %q: want aes, aes192 or aes256", o["priv"])
	case authWord == "" && privWord != "":
		return nil, fmt.Errorf("option priv-password: privacy needs auth-password too")
	case authWord != "" && len(authWord) < 8, privWord != "" && len(privWord) < 8:
		return nil, fmt.Errorf("option auth-password, priv-password: want at least 8 characters")
	}
	if authWord != "" {
		u.flags, u.secret.AuthenticationProtocol, u.secret.AuthenticationPassphrase = gosnmp.AuthNoPriv, auth, authWord
	}
	if privWord != "" {
		u.flags, u.secret.PrivacyProtocol, u.secret.PrivacyPassphrase = gosnmp.AuthPriv, priv, privWord
	}
	return u, nil
}
