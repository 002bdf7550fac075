package smtp

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/dialout"
)

// compose writes the mail: UTF-8 subject in encoded words, UTF-8 text in
// base64, so that nothing that a text holds can begin a header or end the body.
func compose(from, to mail.Address, m dialout.Message, id string, now time.Time) []byte {
	subject := m.Subject
	if subject == "" {
		subject, _, _ = strings.Cut(m.Text, "\n")
	}
	if m.Priority == 1 {
		subject = "‼ " + subject
	}
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", from.String())
	header("To", to.String())
	header("Subject", strings.ReplaceAll(mime.BEncoding.Encode("utf-8", oneLine(subject)), "?= =?", "?=\r\n =?"))
	header("Date", now.Format(time.RFC1123Z))
	header("Message-ID", id)
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "base64")
	header("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	if m.Priority == 1 || m.Priority == 2 {
		header("X-Priority", strconv.Itoa(m.Priority))
		header("Importance", "high")
	}
	header("X-Watchbox-Message", oneToken(m.ID))
	b.WriteString("\r\n")
	text := base64.StdEncoding.EncodeToString([]byte(strings.ToValidUTF8(m.Text, "?") + "\n"))
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n")
	return b.Bytes()
}

// oneLine takes out everything that could end a header line.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "?")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\u0085' {
			return ' '
		}
		return r
	}, s)
	if len([]rune(s)) > 120 {
		s = string([]rune(s)[:120])
	}
	return strings.TrimSpace(s)
}

// oneToken keeps what may stand in a header as it is.
func oneToken(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s[:min(len(s), 100)])
}

// messageID is unique for ever, in the sender's domain.
func messageID(from string) string {
	b := make([]byte, 16)
	rand.Read(b)
	_, domain, _ := strings.Cut(from, "@")
	return "<" + hex.EncodeToString(b) + "@" + domain + ">"
}
