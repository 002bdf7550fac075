package trust

import (
	"crypto/x509"
	"os"
	"strings"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// noCertificate shows nothing of what it read: a text as long as that says nothing.
var noCertificate = driver.BadOption("ca", "…", point.Words{Zh: "PEM 证书，或证书文件名", En: "certificates as PEM, or the name of a file with them"})

// Authority is who may sign the peer's certificate: PEM text or the name of a PEM
// file. The error is a refused option ca.
func Authority(value string) (*x509.CertPool, error) {
	pem := []byte(value)
	if !strings.Contains(value, "-----BEGIN") {
		var err error
		if pem, err = os.ReadFile(value); err != nil {
			return nil, noCertificate
		}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, noCertificate
	}
	return pool, nil
}
