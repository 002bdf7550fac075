package snmp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gosnmp/gosnmp"

	"watchbox/firmware/driver"
)

// user is SNMPv3 with the user-based security model, by gosnmp. After any error
// the engine is discovered anew: the agent may have been restarted or replaced.
type user struct {
	address string
	flags   gosnmp.SnmpV3MsgFlags
	secret  gosnmp.UsmSecurityParameters // as configured, never changed

	usm     *gosnmp.UsmSecurityParameters // with what was learned of the engine; nil before
	context string                        // context engine id, learned too
	line    *community                    // its socket only
}

// sessions hold gosnmp's receive buffer of 64 KiB each; a device has one only
// while it is being asked.
var sessions sync.Pool

// session gives a gosnmp client without a socket.
func session() (*gosnmp.GoSNMP, error) {
	if x, ok := sessions.Get().(*gosnmp.GoSNMP); ok {
		return x, nil
	}
	// Connect is the only way to get the buffer; it opens a socket and sends nothing.
	x := &gosnmp.GoSNMP{Target: "127.0.0.1", Port: 9, Timeout: time.Second, Version: gosnmp.Version2c}
	if err := x.Connect(); err != nil {
		return nil, fmt.Errorf("%w: %w", driver.ErrDisconnect, err)
	}
	return x, x.Close()
}

func (u *user) close() error { return u.line.close() }

func (u *user) ask(ctx context.Context, r *request) ([]gosnmp.SnmpPDU, error) {
	if u.line.conn == nil {
		conn, err := dial(ctx, u.address)
		if err != nil {
			return nil, err
		}
		u.line.conn = conn
	}
	answer, err := u.exchange(ctx, r)
	if err != nil {
		u.usm, u.context = nil, ""
		u.close()
		return nil, err
	}
	return answer.Variables, refusal(answer)
}

func (u *user) exchange(ctx context.Context, r *request) (*gosnmp.SnmpPacket, error) {
	x, err := session()
	if err != nil {
		return nil, err
	}
	defer func() { x.Conn, x.SecurityParameters, x.Context = nil, nil, nil; sessions.Put(x) }()
	fresh := u.usm == nil
	if fresh {
		u.usm = u.secret.Copy().(*gosnmp.UsmSecurityParameters)
	}
	x.Version, x.MsgFlags, x.SecurityModel = gosnmp.Version3, u.flags|gosnmp.Reportable, gosnmp.UserSecurityModel
	x.SecurityParameters, x.ContextEngineID = u.usm, u.context
	x.Conn, x.Context, x.Retries, x.Timeout, x.MaxOids = u.line.conn, ctx, 0, time.Minute, gosnmp.MaxOids
	if fresh {
		// Decoding nothing fails, but first it draws a random salt for the privacy
		// key stream; otherwise only Connect does that.
		x.SnmpDecodePacket(nil)
	}
	defer cutShort(ctx, u.line.conn)()
	var p *gosnmp.SnmpPacket
	if r.repeat > 0 {
		p, err = x.GetBulk(r.oids, 0, r.repeat)
	} else {
		p, err = x.Get(r.oids)
	}
	if err != nil {
		return nil, userError(ctx, err)
	}
	if p.PDUType != gosnmp.GetResponse {
		return nil, fmt.Errorf("agent answered with %v: %w", p.PDUType, driver.ErrGarbage)
	}
	u.context = x.ContextEngineID
	return p, nil
}

// userError gives gosnmp's errors their class.
func userError(ctx context.Context, err error) error {
	for _, no := range []error{gosnmp.ErrUnknownUsername, gosnmp.ErrWrongDigest, gosnmp.ErrDecryption,
		gosnmp.ErrUnknownSecurityLevel, gosnmp.ErrNotInTimeWindow, gosnmp.ErrUnknownEngineID, gosnmp.ErrUnknownSecurityModels} {
		if errors.Is(err, no) {
			return fmt.Errorf("%v: %w", no, driver.ErrRefused)
		}
	}
	text := err.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded), strings.Contains(text, "timeout"), ctx.Err() != nil:
		return fmt.Errorf("timeout: %w", driver.ErrTimeout)
	case strings.Contains(text, "not authentic"): // a report that nobody signed: that is how an agent says no
		return fmt.Errorf("agent's answer is not authentic, user name or passwords may be wrong: %w", driver.ErrRefused)
	case strings.Contains(text, "connection refused"):
		return fmt.Errorf("the host has no agent at this port: %w", driver.ErrDisconnect)
	case strings.Contains(text, "socket"):
		return fmt.Errorf("%w: %w", driver.ErrDisconnect, err)
	}
	if len(text) > 200 {
		text = text[:200]
	}
	return fmt.Errorf("%s: %w", text, driver.ErrGarbage)
}
