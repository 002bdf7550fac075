package webtest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/store"
)

// Messages is the ledger.
func (b *Box) Messages(_ context.Context, most int) ([]store.Message, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	m := slices.Clone(b.messages)
	slices.Reverse(m)
	return m[:min(len(m), most)], nil
}

// SendTest puts a message into the ledger.
func (b *Box) SendTest(_ context.Context, channel, contact, actor string) (string, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if !slices.ContainsFunc(b.site.Channels, func(c config.Channel) bool { return c.ID == channel }) {
		return "", fmt.Errorf("send test: no channel %q", channel)
	}
	b.Tests = append(b.Tests, [2]string{channel, contact})
	m := store.Message{ID: fmt.Sprintf("m%d", len(b.messages)+1), Channel: channel, Contact: contact, To: "+8613800000001",
		Text: "值守测试消息，操作人 " + actor, State: "sent", Attempts: 1, Queued: time.Now(), Sent: time.Now()}
	b.messages = append(b.messages, m)
	return m.ID, nil
}
