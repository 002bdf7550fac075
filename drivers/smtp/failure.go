package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"

	"watchbox/firmware/driver"
)

// errPolicy is what the host would have to change.
var errPolicy = errors.New("against the site's rule")

// errUnencrypted: a password goes only over TLS or to this host itself.
var errUnencrypted = errors.New("no password over an open connection")

// retryable: a host that says no for good (5xx), a certificate that is wrong or
// a rule that is broken stays so for minutes; everything else may pass.
func retryable(err error) bool {
	var said *textproto.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &said):
		return said.Code < 500
	case errors.As(err, &certificate), errors.Is(err, errPolicy), errors.Is(err, errUnencrypted):
		return false
	}
	return true
}

// classed adds the error class.
func classed(err error) error {
	var said *textproto.Error
	var timeout net.Error
	switch {
	case errors.As(err, &said), errors.Is(err, errPolicy), errors.Is(err, errUnencrypted):
		return fmt.Errorf("%w: %w", driver.ErrRefused, err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%w: %w", driver.ErrTimeout, err)
	}
	return fmt.Errorf("%w: %w", driver.ErrDisconnect, err)
}
