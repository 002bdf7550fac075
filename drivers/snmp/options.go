package snmp

import (
	"maps"
	"net"
	"slices"
	"strconv"

	"github.com/gosnmp/gosnmp"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

var optionNames = []string{"version", "community", "user", "auth", "auth-password", "priv", "priv-password", "interfaces", "phases", "map"}

// known refuses options that the driver would not heed.
func known(options map[string]string) error {
	for _, k := range slices.Sorted(maps.Keys(options)) {
		if !slices.Contains(optionNames, k) {
			return driver.UnknownOption(k, optionNames...)
		}
	}
	return nil
}

var authNames = map[string]gosnmp.SnmpV3AuthProtocol{"": gosnmp.SHA256, "sha": gosnmp.SHA, "sha224": gosnmp.SHA224,
	"sha256": gosnmp.SHA256, "sha384": gosnmp.SHA384, "sha512": gosnmp.SHA512}

var privNames = map[string]gosnmp.SnmpV3PrivProtocol{"": gosnmp.AES, "aes": gosnmp.AES, "aes192": gosnmp.AES192, "aes256": gosnmp.AES256}

// eight is the shortest password that SNMP knows: RFC 3414, 11.2.
var eight = point.Words{Zh: "至少 8 个字符", En: "at least 8 characters"}

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
			return nil, driver.BadOption("community", driver.Hidden(secret), point.Words{Zh: "最多 64 字节", En: "at most 64 bytes"})
		}
		return newCommunity(address, secret), nil
	case "3":
		return newUser(address, o)
	}
	return nil, driver.BadOption("version", o["version"], driver.OneOf("2c", "3"))
}

func newUser(address string, o map[string]string) (*user, error) {
	auth, okAuth := authNames[o["auth"]]
	priv, okPriv := privNames[o["priv"]]
	u := &user{address: address, line: &community{}}
	u.secret.UserName, u.flags = o["user"], gosnmp.NoAuthNoPriv
	authWord, privWord := o["auth-password"], o["priv-password"]
	switch {
	case u.secret.UserName == "" || len(u.secret.UserName) > 32:
		return nil, driver.BadOption("user", u.secret.UserName, point.Words{Zh: "version 3 要写用户名，1 至 32 字节", En: "a name of 1 to 32 bytes, for version 3"})
	case !okAuth:
		return nil, driver.BadOption("auth", o["auth"], driver.OneOf("sha", "sha224", "sha256", "sha384", "sha512"))
	case !okPriv:
		return nil, driver.BadOption("priv", o["priv"], driver.OneOf("aes", "aes192", "aes256"))
	case authWord == "" && privWord != "":
		return nil, driver.BadOption("auth-password", "", point.Words{Zh: "要写：有 priv-password 就须有 auth-password", En: "a password: priv-password needs it"})
	case authWord != "" && len(authWord) < 8:
		return nil, driver.BadOption("auth-password", driver.Hidden(authWord), eight)
	case privWord != "" && len(privWord) < 8:
		return nil, driver.BadOption("priv-password", driver.Hidden(privWord), eight)
	}
	if authWord != "" {
		u.flags, u.secret.AuthenticationProtocol, u.secret.AuthenticationPassphrase = gosnmp.AuthNoPriv, auth, authWord
	}
	if privWord != "" {
		u.flags, u.secret.PrivacyProtocol, u.secret.PrivacyPassphrase = gosnmp.AuthPriv, priv, privWord
	}
	return u, nil
}
