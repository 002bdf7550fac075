// Package trust says whom a channel on the network believes: the TLS settings of
// the site file's options, once for every channel that speaks TLS. Nothing here
// blocks longer than reading a file.
package trust

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

var errPin = errors.New("certificate is not the pinned one")

// Settings are those of the options ca, pin, cert with key, and server-name; host is
// the peer's name where the last is not given, empty to leave it to the client. With a
// pin the certificate itself is what is trusted: its date is not looked at, which
// matters on a box whose clock is unset. The error is a refused option.
func Settings(host string, options map[string]string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: cmp.Or(options["server-name"], host)}
	if file := options["ca"]; file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, driver.BadOption("ca", file, point.Words{Zh: "可读的 PEM 证书文件", En: "a readable file of certificates, PEM"})
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, driver.BadOption("ca", file, point.Words{Zh: "含有证书的 PEM 文件", En: "a file with certificates, PEM"})
		}
	}
	if pin := options["pin"]; pin != "" {
		want, err := hex.DecodeString(strings.ReplaceAll(pin, ":", ""))
		if err != nil || len(want) != sha256.Size {
			return nil, driver.BadOption("pin", pin, point.Words{Zh: "64 位十六进制数：证书的 SHA-256", En: "64 hexadecimal digits, the SHA-256 of the certificate"})
		}
		c.InsecureSkipVerify = true // replaced by the comparison
		c.VerifyConnection = func(s tls.ConnectionState) error {
			have := sha256.Sum256(s.PeerCertificates[0].Raw)
			if subtle.ConstantTimeCompare(have[:], want) != 1 {
				return fmt.Errorf("%w: it is %x", errPin, have)
			}
			return nil
		}
	}
	if options["cert"] != "" || options["key"] != "" {
		pair, err := tls.LoadX509KeyPair(options["cert"], options["key"])
		if err != nil {
			return nil, driver.BadOption("cert", options["cert"], point.Words{Zh: "可读的证书文件，与 key 的私钥相配，PEM", En: "a readable certificate that fits the key, PEM"})
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// Loopback is true for a host that is this machine: nothing has to be secured on the
// way to it.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
