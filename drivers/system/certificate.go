package system

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The page's certificate and key, in a folder of data.
const (
	CertificateFile = "cert.pem"
	KeyFile         = "key.pem"
)

// lifetime of a certificate that nobody renews: a person pins it or trusts it by hand.
const lifetime = 10 * 365 * 24 * time.Hour

// builtAfter is a time before which no box of this release ran.
var builtAfter = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// NewCertificate makes a self-signed certificate and its key (ECDSA P-256: every
// browser takes it) for the names and addresses of one box. A clock that was
// never set does not make a certificate of 1970. Waits for random numbers.
func NewCertificate(host string, addresses []net.IP, now time.Time) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	if now.Before(builtAfter) {
		now = builtAfter
	}
	template := x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: host, Organization: []string{"Watchbox"}},
		NotBefore: builtAfter, NotAfter: now.Add(lifetime), DNSNames: []string{host, host + ".local"}, IPAddresses: addresses,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), nil
}

// KeepCertificate makes the box's own certificate in a folder of data unless
// both files are there, and tells its fingerprint. The key comes first: a power
// cut in between leaves no certificate, and the next start makes both anew. The
// daemon, whose group is gid, may read the key.
func KeepCertificate(data *os.Root, folder, host string, addresses []net.IP, now time.Time, gid int) (fingerprint string, err error) {
	at := func(name string) string { return filepath.Join(folder, name) }
	if old, err := data.ReadFile(at(CertificateFile)); err == nil {
		if _, err := data.Stat(at(KeyFile)); err == nil {
			return Fingerprint(old)
		}
	}
	certificate, key, err := NewCertificate(host, addresses, now)
	if err != nil {
		return "", fmt.Errorf("make certificate: %w", err)
	}
	if err := data.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("make certificate: %w", err)
	}
	if err := writeWhole(data, at(KeyFile), key, 0o640); err != nil {
		return "", fmt.Errorf("make certificate: %w", err)
	}
	if err := data.Chown(at(KeyFile), 0, gid); err != nil {
		return "", fmt.Errorf("make certificate: %w", err)
	}
	if err := writeWhole(data, at(CertificateFile), certificate, 0o644); err != nil {
		return "", fmt.Errorf("make certificate: %w", err)
	}
	return Fingerprint(certificate)
}

// Fingerprint is the SHA-256 of a certificate as browsers show it: AB:CD:…
func Fingerprint(certificate []byte) (string, error) {
	block, _ := pem.Decode(certificate)
	if block == nil {
		return "", fmt.Errorf("certificate: it is not PEM")
	}
	var parts []string
	for _, b := range sha256.Sum256(block.Bytes) {
		parts = append(parts, fmt.Sprintf("%02X", b))
	}
	return strings.Join(parts, ":"), nil
}
