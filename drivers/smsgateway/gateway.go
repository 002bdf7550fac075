// Package smsgateway sends dial-out messages through a carrier's or provider's
// HTTPS short-message gateway: one JSON POST per message, whose fields, secret
// and sign of success the site file gives. It is the second path beside the
// modem, or the first where SIM cards may not send person to person.
//
// A gateway of China Mobile's 云MAS class is met by these options (the shape
// follows several public integrations; to be confirmed on site with the paper
// that comes with the account):
//
//	body:      {"ecName":"…","apId":"…","secretKey":"{secret}","mobiles":"{mobile}","content":"{text}","sign":"…","addSerial":"","mac":"{mac}"}
//	mac:       …ecName……apId…{secret}{mobile}{text}…sign…
//	encoding:  base64
//	success:   success=true
//	reference: msgGroup
package smsgateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Channel is one gateway. Send may be called from any goroutine.
type Channel struct {
	name      string
	url       string
	body      any // the template, parsed: what is filled in can not break out of its string
	mac       string
	secret    string
	header    string
	base64    bool
	success   condition
	reference string
	balance   string
	open      bool // http is allowed
	client    *http.Client

	mutex sync.Mutex
	left  string
	asOf  time.Time
}

var _ dialout.Channel = (*Channel)(nil)

// New makes a channel to the gateway at address, an https URL.
//
// Options: body (required: JSON; in its strings {to} is the number as the site
// file has it, {mobile} the same without + and China's 86, {text}, {id},
// {secret} and {mac} are filled in), secret, header (the secret is sent in it:
// "X-Api-Key" or "Authorization: Bearer"), mac (a text whose MD5 in lower-case
// hexadecimal is {mac}; the same words are filled in), encoding (json, or base64
// of the JSON), success (path=value in the JSON answer, such as code=0; any
// answer 200–299 when empty), reference and balance (paths in the answer), ca
// (PEM file or text), security (tls, or none to allow http on a trusted wire).
func New(name, address string, options map[string]string) (*Channel, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	c := &Channel{name: name, url: address, client: &http.Client{
		Transport: &http.Transport{TLSClientConfig: config, MaxIdleConns: 2, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		// A redirect would carry the secret to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	wrong := func(err error) (*Channel, error) { return nil, fmt.Errorf("sms gateway %s: %w", name, err) }
	for key, value := range options {
		if err := c.option(key, value, config); err != nil {
			return wrong(err)
		}
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && c.open) {
		return wrong(driver.Bad("address", driver.Hidden(address), point.Words{Zh: "https 网址；写了 security: none 时也可用 http", En: "an https URL, or http with security: none"}))
	}
	if c.body == nil {
		return wrong(driver.BadOption("body", "", point.Words{Zh: "要发送的 JSON", En: "the JSON to send"}))
	}
	return c, nil
}

// Send makes one attempt: one POST. Refusals by 4xx (but 408 and 429) are not tried
// again; an answer without the sign of success is.
func (c *Channel) Send(ctx context.Context, m dialout.Message) (dialout.Receipt, bool, error) {
	fail := func(retry bool, err error) (dialout.Receipt, bool, error) {
		return dialout.Receipt{}, retry, fmt.Errorf("sms gateway %s: send %s: %w", c.name, m.ID, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(c.compose(m)))
	if err != nil {
		return fail(false, fmt.Errorf("%w: %v", driver.ErrUnsupported, err))
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	if name, lead, _ := strings.Cut(c.header, ":"); name != "" {
		request.Header.Set(strings.TrimSpace(name), strings.TrimSpace(strings.TrimSpace(lead)+" "+c.secret))
	}
	response, err := c.client.Do(request)
	if err != nil {
		return fail(true, classed(ctx, err))
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return fail(true, classed(ctx, err))
	}
	if code := response.StatusCode; code < 200 || code > 299 {
		retry := code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout
		return fail(retry, fmt.Errorf("%w: %s: %s", driver.ErrRefused, response.Status, c.shown(text)))
	}
	return c.read(m, text)
}

// Balance is what the gateway last said is left, in its own unit; empty before.
func (c *Channel) Balance() (left string, asOf time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.left, c.asOf
}
