package webhook

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

var errPin = errors.New("certificate is not the pinned one")

// secure makes the TLS settings. With a pin the certificate itself is what is
// trusted: its date is not looked at, which matters on a box whose clock is unset.
func secure(options map[string]string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: options["server-name"]}
	if file := options["ca"]; file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read ca: %w", err)
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read ca: no certificate in %s", file)
		}
	}
	if pin := options["pin"]; pin != "" {
		want, err := hex.DecodeString(strings.ReplaceAll(pin, ":", ""))
		if err != nil || len(want) != sha256.Size {
			return nil, fmt.Errorf("pin: want 64 hexadecimal digits, the SHA-256 of the certificate")
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
			return nil, fmt.Errorf("read own certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
