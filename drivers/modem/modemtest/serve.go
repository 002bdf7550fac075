package modemtest

import (
	"io"
	"strings"
)

// Serve answers on rw until reading or writing fails, and returns why. One line
// at a time.
func (m *Modem) Serve(rw io.ReadWriter) error {
	out := make(chan string, 256)
	m.locked(func() { m.out, m.state = out, dialog{} })
	failed := make(chan error, 1)
	go func() {
		for s := range out {
			if _, err := io.WriteString(rw, s); err != nil {
				failed <- err
				for range out { // the reader ends by itself
				}
				return
			}
		}
	}()
	err := m.read(rw)
	m.locked(func() { m.out = nil; close(out) })
	select {
	case err = <-failed:
	default:
	}
	return err
}

// read collects command lines and PDUs.
func (m *Modem) read(r io.Reader) error {
	var line []byte
	chunk := make([]byte, 256)
	for {
		n, err := r.Read(chunk)
		for _, c := range chunk[:n] {
			line = m.octet(line, c)
		}
		if err != nil {
			return err
		}
	}
}

// octet takes one character and returns the line as it stands then.
func (m *Modem) octet(line []byte, c byte) []byte {
	var wants, quiet bool
	m.locked(func() { wants, quiet = m.state.wantsPDU, m.state.quiet })
	if !quiet && c != 0x1a && c != 0x1b {
		m.reply(string(c))
	}
	switch {
	case c == 0x1b && wants:
		m.locked(func() { m.state.wantsPDU = false })
		m.reply("\r\nOK\r\n")
		return nil
	case c == 0x1a && wants:
		m.locked(func() { m.state.wantsPDU = false })
		m.submit(strings.TrimSpace(string(line)))
		return nil
	case c == '\r' && !wants:
		m.command(strings.TrimSpace(string(line)))
		return nil
	case c == '\n' || c == 0x1b || len(line) > 1024:
		return line
	}
	return append(line, c)
}

// reply answers; a deaf modem does not.
func (m *Modem) reply(s string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.out != nil && m.hang == Awake {
		select {
		case m.out <- s:
		default:
		}
	}
}

// say writes a line by itself; a deaf modem is dumb too.
func (m *Modem) say(line string) {
	if m.out != nil && m.hang == Awake {
		select {
		case m.out <- "\r\n" + line + "\r\n":
		default: // nobody reads the line: a real modem loses it too
		}
	}
}
