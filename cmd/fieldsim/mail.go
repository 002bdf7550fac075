package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"
)

// The bounds of the mail host: it listens on loopback, and still.
const (
	mostMails    = 200 // kept; the oldest goes first
	mostCallers  = 16
	largestMail  = 256 << 10
	mailPatience = time.Minute
)

// mailHost takes every mail and keeps it. It speaks plain SMTP, as a relay on
// loopback does.
type mailHost struct {
	listener net.Listener
	tell     func(zh, en string)
	places   chan struct{}
	done     sync.WaitGroup

	mutex sync.Mutex
	mails []message
	open  map[net.Conn]bool
}

func newMailHost(address string, tell func(zh, en string)) (*mailHost, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("mail host: %w", err)
	}
	h := &mailHost{listener: l, tell: tell, places: make(chan struct{}, mostCallers), open: map[net.Conn]bool{}}
	h.done.Go(h.accept)
	return h, nil
}

func (h *mailHost) accept() {
	for {
		conn, err := h.listener.Accept()
		if err != nil {
			return
		}
		select {
		case h.places <- struct{}{}:
			h.note(conn, true)
			h.done.Go(func() {
				h.talk(conn)
				h.note(conn, false)
				<-h.places
			})
		default:
			conn.Close()
		}
	}
}

func (h *mailHost) note(conn net.Conn, here bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.open[conn] = here; !here {
		conn.Close()
		delete(h.open, conn)
	}
}

// talk is one session of RFC 5321.
func (h *mailHost) talk(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(mailPatience))
	t := textproto.NewReader(bufio.NewReader(io.LimitReader(conn, 4*largestMail)))
	var to []string
	fmt.Fprint(conn, "220 fieldsim ESMTP\r\n")
	for {
		line, err := t.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		answer := "250 OK"
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			answer = "250-fieldsim\r\n250-8BITMIME\r\n250 SMTPUTF8"
		case "RCPT":
			to = append(to[:min(len(to), 9)], recipient(rest))
		case "DATA":
			fmt.Fprint(conn, "354 go on\r\n")
			if answer = h.take(t, to); answer == "" {
				return
			}
			to = nil
		case "RSET":
			to = nil
		case "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		case "MAIL", "NOOP":
		default:
			answer = "502 not here"
		}
		fmt.Fprint(conn, answer+"\r\n")
	}
}

func recipient(rest string) string {
	_, rest, _ = strings.Cut(rest, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}

// take reads one mail and keeps it; the answer is empty when the caller left.
func (h *mailHost) take(t *textproto.Reader, to []string) string {
	raw, err := io.ReadAll(io.LimitReader(t.DotReader(), largestMail+1))
	switch {
	case err != nil:
		return ""
	case len(raw) > largestMail:
		return "552 too long"
	case len(to) == 0:
		return "503 to whom?"
	}
	who := strings.Join(to, ", ")
	h.mutex.Lock()
	h.mails = append(h.mails, message{time.Now(), who, subjectOf(raw), true})
	h.mails = h.mails[max(0, len(h.mails)-mostMails):]
	h.mutex.Unlock()
	h.tell("邮件发往 "+who, "mail sent to "+who)
	return "250 OK"
}

// subjectOf is what the mail is about, in clear.
func subjectOf(raw []byte) string {
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		return "undecodable: " + err.Error()
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return "undecodable: " + err.Error()
	}
	return subject
}

// received lists the last mails, oldest first.
func (h *mailHost) received() []message {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return append([]message{}, slices.Clone(h.mails)[max(0, len(h.mails)-shownMessages):]...)
}

func (h *mailHost) close() error {
	err := h.listener.Close()
	h.mutex.Lock()
	for conn := range h.open {
		err = errors.Join(err, conn.Close())
	}
	h.mutex.Unlock()
	h.done.Wait()
	return err
}
