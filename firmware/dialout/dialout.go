// Package dialout decides who is told, in which order, until someone
// acknowledges: contacts, roster, escalation, retry and receipts. The Desk is a
// pure state machine; a channel (a modem, a mail host, a gateway) is a driver
// behind the one-method Channel interface.
package dialout

import (
	"context"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Contact is one entry of `contacts:` in the site file.
type Contact struct {
	ID       string      `yaml:"id"`
	Label    point.Words `yaml:"label"`
	Phone    string      `yaml:"phone" doc:"international form: +86…"`
	Mail     string      `yaml:"mail"`
	Language string      `yaml:"language" allowed:"zh|en" default:"zh"`
}

// Plan is `dial-out:` in the site file.
type Plan struct {
	Upto      int           `yaml:"upto" min:"1" max:"4" default:"3" doc:"least urgent priority that is sent"`
	Wait      time.Duration `yaml:"wait" min:"30s" max:"1h" default:"3m" doc:"for an acknowledgement before the next step"`
	Steps     []Step        `yaml:"steps"`
	Repeat    int           `yaml:"repeat" min:"0" max:"10" default:"3" doc:"how often the whole list is gone through again"`
	OnClear   bool          `yaml:"on-clear" default:"true" doc:"tell those who were told when it is over"`
	HourlyCap int           `yaml:"hourly-cap" min:"1" max:"500" default:"60" doc:"messages per contact and hour; the rest is counted in the next one; priority 1 is never capped"`
}

// Step is one rung of the escalation: these contacts by these channels.
type Step struct {
	Contacts []string `yaml:"contacts"`
	Channels []string `yaml:"channels" doc:"tried in order; all at once for priority 1 and 2"`
}

// Message is one text to one person by one channel.
type Message struct {
	ID       string // unique for ever, kept in the ledger
	Channel  string
	Contact  string
	To       string // phone number or mail address
	Language string
	Subject  string
	Text     string   // whole; the first 67 UCS-2 units stand alone: site, point, value, time
	Code     string   // what a reply must carry to acknowledge; empty when nothing is to be acknowledged
	Alarm    event.ID // the raise record
	Key      string   // the alarm's key
	Priority int
	Attempt  int // from 1
	Due      point.Instant
	Drill    bool
}

// Receipt is what a channel says of a message it took.
type Receipt struct {
	Reference string // the channel's own: TP-MR list, message-id; matches a later Report
}

// Channel sends one message: one attempt, by ctx's deadline. retry tells
// whether trying again may help (no coverage: yes; a number that does not exist: no).
type Channel interface {
	Send(ctx context.Context, m Message) (r Receipt, retry bool, err error)
}

// Report is a delivery report that came later.
type Report struct {
	Channel   string
	Reference string
	Delivered bool
	Why       string
}

// Reply is a message that a person sent to the box.
type Reply struct {
	Channel string
	From    string
	Text    string
}

// Inbox is what a channel that can also hear tells; never blocks.
type Inbox interface {
	Report(Report)
	Reply(Reply)
}
