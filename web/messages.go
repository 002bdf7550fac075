package web

import (
	"context"
	"slices"
	"time"

	"watchbox/firmware/store"
)

// TestOrder asks for a test message.
type TestOrder struct {
	Channel string `json:"channel"`
	Contact string `json:"contact"`
}

// TestAnswer names the message in the ledger.
type TestAnswer struct {
	Message string `json:"message"`
}

// Messages is the ledger, newest first.
type Messages struct {
	Messages []store.Message `json:"messages"`
}

func testContact(c *call) (any, error) {
	in, err := read[TestOrder](c)
	if err != nil {
		return nil, err
	}
	if in.Channel == "" || in.Contact == "" {
		return nil, badRequest("channel and contact are required")
	}
	ctx, stop := context.WithTimeout(c.r.Context(), 20*time.Second)
	defer stop()
	id, err := c.box.SendTest(ctx, in.Channel, in.Contact, c.user.Name)
	return TestAnswer{id}, err
}

func listMessages(c *call) (any, error) {
	most, err := parseCount("limit", c.r.URL.Query().Get("limit"), 100, 1, 1000)
	if err != nil {
		return nil, err
	}
	m, err := c.box.Messages(c.r.Context(), int(most))
	if c.blind(c.session) {
		m = slices.DeleteFunc(m, func(x store.Message) bool { return x.Silent })
	}
	if m == nil {
		m = []store.Message{}
	}
	return Messages{m}, err
}
