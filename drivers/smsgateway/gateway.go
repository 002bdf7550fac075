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
	"crypto/md5"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// answerLimit bounds what is read of an answer, in bytes.
const answerLimit = 64 << 10

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

// condition is "path=value", or "path" alone for any value but nothing.
type condition struct{ path, value string }

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

func (c *Channel) option(key, value string, config *tls.Config) error {
	switch key {
	case "body":
		if err := json.Unmarshal([]byte(value), &c.body); err != nil {
			return driver.BadOption(key, driver.Hidden(value), point.Words{Zh: "JSON", En: "JSON"})
		}
	case "mac":
		c.mac = value
	case "secret":
		c.secret = value
	case "header":
		if strings.ContainsAny(value, "\r\n") {
			return driver.BadOption(key, driver.Hidden(value), point.Words{Zh: "一个请求头的名字", En: "one header's name"})
		}
		c.header = value
	case "encoding":
		if value != "json" && value != "base64" {
			return driver.BadOption(key, value, driver.OneOf("json", "base64"))
		}
		c.base64 = value == "base64"
	case "success":
		c.success.path, c.success.value, _ = strings.Cut(value, "=")
	case "reference":
		c.reference = value
	case "balance":
		c.balance = value
	case "security":
		if value != "tls" && value != "none" {
			return driver.BadOption(key, value, driver.OneOf("tls", "none"))
		}
		c.open = value == "none"
	case "ca":
		return trust(config, value)
	default:
		return driver.UnknownOption(key, "body", "secret", "header", "mac", "encoding", "success", "reference", "balance", "ca", "security")
	}
	return nil
}

// noCertificate shows nothing of what it read: a text as long as that says nothing.
var noCertificate = driver.BadOption("ca", "…", point.Words{Zh: "PEM 证书，或证书文件名", En: "certificates as PEM, or the name of a file with them"})

// trust takes PEM text or the name of a PEM file.
func trust(config *tls.Config, value string) error {
	pem := []byte(value)
	if !strings.Contains(value, "-----BEGIN") {
		var err error
		if pem, err = os.ReadFile(value); err != nil {
			return noCertificate
		}
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return noCertificate
	}
	return nil
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

// read looks for the sign of success in the answer.
func (c *Channel) read(m dialout.Message, text []byte) (dialout.Receipt, bool, error) {
	var answer any
	notJSON := json.Unmarshal(text, &answer)
	if c.success.path != "" {
		got, there := look(answer, c.success.path)
		switch {
		case notJSON != nil:
			return dialout.Receipt{}, true, fmt.Errorf("sms gateway %s: send %s: %w: %s", c.name, m.ID, driver.ErrGarbage, c.shown(text))
		case !there || c.success.value != "" && got != c.success.value:
			return dialout.Receipt{}, true, fmt.Errorf("sms gateway %s: send %s: %w: %s", c.name, m.ID, driver.ErrRefused, c.shown(text))
		}
	}
	if left, ok := look(answer, c.balance); ok {
		c.mutex.Lock()
		c.left, c.asOf = left, time.Now()
		c.mutex.Unlock()
	}
	reference, _ := look(answer, c.reference)
	return dialout.Receipt{Reference: reference}, false, nil
}

// Balance is what the gateway last said is left, in its own unit; empty before.
func (c *Channel) Balance() (left string, asOf time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.left, c.asOf
}

// compose fills the template in.
func (c *Channel) compose(m dialout.Message) []byte {
	words := []string{"{to}", m.To, "{mobile}", mobile(m.To), "{text}", strings.ToValidUTF8(m.Text, "?"), "{id}", m.ID, "{secret}", c.secret}
	sum := md5.Sum([]byte(strings.NewReplacer(words...).Replace(c.mac)))
	filler := strings.NewReplacer(append(words, "{mac}", hex.EncodeToString(sum[:]))...)
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(fill(c.body, filler)); err != nil {
		return nil // the template came from JSON: it goes back
	}
	body := bytes.TrimSpace(b.Bytes())
	if c.base64 {
		return []byte(base64.StdEncoding.EncodeToString(body))
	}
	return body
}

// fill replaces words in every string of a JSON value.
func fill(v any, filler *strings.Replacer) any {
	switch v := v.(type) {
	case string:
		return filler.Replace(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = fill(v[i], filler)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = fill(v[k], filler)
		}
		return out
	}
	return v
}

// mobile is the number as Chinese gateways want it: 11 digits.
func mobile(number string) string {
	n := strings.TrimPrefix(strings.TrimPrefix(number, "+"), "00")
	if len(n) == 13 && strings.HasPrefix(n, "861") {
		return n[2:]
	}
	return n
}

// look finds a dotted path in a JSON value and gives it as text.
func look(v any, path string) (text string, ok bool) {
	if path == "" {
		return "", false
	}
	for part := range strings.SplitSeq(path, ".") {
		object, isObject := v.(map[string]any)
		if !isObject {
			return "", false
		}
		if v, ok = object[part]; !ok {
			return "", false
		}
	}
	switch v := v.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	}
	b, err := json.Marshal(v)
	return string(b), err == nil
}

// shown is the beginning of an answer, without the secret, for an error.
func (c *Channel) shown(text []byte) string {
	s := strings.ToValidUTF8(string(text), "?")
	if c.secret != "" {
		s = strings.ReplaceAll(s, c.secret, "***")
	}
	if r := []rune(s); len(r) > 120 {
		s = string(r[:120])
	}
	return fmt.Sprintf("%q", s)
}

// classed adds the error class; the URL, which may hold a secret, is left out.
func classed(ctx context.Context, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %v", driver.ErrTimeout, err)
	}
	return fmt.Errorf("%w: %v", driver.ErrDisconnect, err)
}
