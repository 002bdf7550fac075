package mqtt

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"watchbox/firmware/driver"
)

const (
	keepAlive      = 30 * time.Second
	pingTime       = 10 * time.Second
	writeTime      = 10 * time.Second
	attemptDefault = 30 * time.Second // when the caller has no deadline
)

// message is one PUBLISH at QoS 1.
type message struct {
	topic    string
	retained bool
	body     []byte
}

// session is one connection, from CONNECT until it is lost or left.
type session struct {
	client paho.Client
	conn   net.Conn
	held   func() bool // until open returns, the end of ctx closes conn
	status string      // topic
	box    string
	lost   chan struct{} // closed when the client noticed that it is gone
}

type status struct {
	Box    string    `json:"box"`
	Online bool      `json:"online"`
	Since  time.Time `json:"since,omitzero"`
}

func (s *session) word(online bool, since time.Time) message {
	body, _ := json.Marshal(status{s.box, online, since}) // always possible
	return message{s.status, true, body}
}

// connect makes one attempt and says that the box is online.
func (p *Path) connect(ctx context.Context, box string) (*session, error) {
	s := &session{box: box, status: p.topic(box, "status"), lost: make(chan struct{})}
	if err := s.open(ctx, p.settings(ctx, s)); err != nil {
		return nil, err
	}
	if _, err := s.publish(ctx, []message{s.word(true, time.Now().UTC().Truncate(time.Second))}); err != nil {
		s.drop()
		return nil, fmt.Errorf("publish status: %w", err)
	}
	return s, nil
}

// settings: the client never connects again by itself and keeps nothing; that
// is the runner's and the outbox's part.
func (p *Path) settings(ctx context.Context, s *session) *paho.ClientOptions {
	left := attemptDefault
	if deadline, ok := ctx.Deadline(); ok {
		left = max(time.Until(deadline), time.Millisecond)
	}
	var once sync.Once
	will := s.word(false, time.Time{})
	return paho.NewClientOptions().
		AddBroker("tcp://"+p.host). // only a name: dial below opens it, with TLS
		SetProtocolVersion(4).SetClientID(or(p.client, "watchbox-"+level(s.box)+"-"+level(p.name))).
		SetUsername(p.user).SetPassword(p.password).SetCleanSession(true).SetOrderMatters(false).
		SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(left).
		SetKeepAlive(keepAlive).SetPingTimeout(pingTime).SetWriteTimeout(writeTime).
		SetBinaryWill(will.topic, will.body, 1, true).
		SetConnectionLostHandler(func(paho.Client, error) { once.Do(func() { close(s.lost) }) }).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
			conn, err := p.dial(ctx)
			if err == nil {
				s.conn, s.held = conn, context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		})
}

func (p *Path) dial(ctx context.Context) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: attemptDefault, KeepAlive: keepAlive}
	if p.tls == nil {
		return dialer.DialContext(ctx, "tcp", p.host)
	}
	return (&tls.Dialer{NetDialer: dialer, Config: p.tls}).DialContext(ctx, "tcp", p.host)
}

func (s *session) open(ctx context.Context, settings *paho.ClientOptions) error {
	s.client = paho.NewClient(settings)
	token := s.client.Connect()
	<-token.Done() // soon after ctx ended: that ends the dialling and closes the connection
	err := token.Error()
	if s.held != nil && !s.held() {
		err = context.Cause(ctx)
	}
	if c, ok := token.(*paho.ConnectToken); ok && err != nil && c.ReturnCode() > 0 && c.ReturnCode() < 6 {
		err = fmt.Errorf("%w: %w", driver.ErrRefused, err)
	}
	if err != nil {
		s.drop()
	}
	return err
}

// over is true when the connection is known to be gone.
func (s *session) over() bool {
	select {
	case <-s.lost:
		return true
	default:
		return !s.client.IsConnectionOpen()
	}
}

var errGone = errors.New("connection is gone")

// publish sends all messages and waits for their acknowledgements; it tells
// which of them were acknowledged when not all were.
func (s *session) publish(ctx context.Context, messages []message) (acknowledged []int, err error) {
	tokens := make([]paho.Token, 0, len(messages))
	for _, m := range messages {
		if ctx.Err() != nil || s.over() {
			break
		}
		tokens = append(tokens, s.client.Publish(m.topic, 1, m.retained, m.body))
	}
	for _, t := range tokens {
		if err = s.wait(ctx, t); err != nil {
			break
		}
	}
	if err == nil && len(tokens) < len(messages) {
		if err = context.Cause(ctx); err == nil {
			err = errGone
		}
	}
	if err == nil {
		return nil, nil
	}
	for i, t := range tokens {
		select {
		case <-t.Done():
			if t.Error() == nil {
				acknowledged = append(acknowledged, i)
			}
		default:
		}
	}
	return acknowledged, err
}

func (s *session) wait(ctx context.Context, t paho.Token) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return fmt.Errorf("wait for acknowledgement: %w", context.Cause(ctx))
	case <-s.lost:
		select { // what came just before counts
		case <-t.Done():
			return t.Error()
		default:
			return errGone
		}
	}
}

// drop cuts the connection, without a word, so that the broker tells the will.
func (s *session) drop() {
	if s.conn != nil {
		s.conn.Close()
	}
}

// leave says that the box goes, and goes.
func (s *session) leave(ctx context.Context) error {
	if s.over() {
		s.drop()
		return nil
	}
	_, err := s.publish(ctx, []message{s.word(false, time.Now().UTC().Truncate(time.Second))})
	s.client.Disconnect(250)
	return err
}
