// Package update decides about new firmware: what a bundle must prove before a
// byte of it is written, when a box may change its slot, what the new slot has
// to show before it stays, and when it goes back. It is pure: it is told facts
// and the time, and asks for slots through an interface. It knows no partition,
// no loader and no network.
//
// A slot is a raw partition with kernel and root. The box has two; one runs, an
// update is written into the other one.
package update

import (
	"fmt"

	"watchbox/firmware/point"
)

// Code says for a program why an update is refused; never changes.
type Code string

// The reasons.
const (
	Damaged   Code = "bundle-damaged"   // cut, altered, or no bundle at all
	Signature Code = "bad-signature"    // not signed by a key that this box trusts
	Format    Code = "unknown-format"   // made for a later firmware
	Board     Code = "wrong-board"      // made for another board
	TooLarge  Code = "too-large"        // the slot has no room for it
	Downgrade Code = "downgrade"        // older than what runs; a person may insist
	TooOld    Code = "too-old"          // what runs is older than the bundle can follow
	Situation Code = "alarm-situation"  // standards.md 5; a person may insist with a reason
	NoReason  Code = "reason-missing"   // who insists says why
	NoSlots   Code = "no-slots"         // this build runs on something without slots
	Busy      Code = "update-running"   // another update is being written
	OnTrial   Code = "on-trial"         // the slot that runs has not proven itself yet
	Nothing   Code = "nothing-staged"   // there is no update to switch to
	Unwritten Code = "slot-not-written" // the medium failed
)

// Refusal is why an update does not go on, for a person.
type Refusal struct {
	Code    Code
	Why     point.Words
	Reasons []point.Words // one by one, where there are several
	Cause   error         // for engineers; may be nil
}

func (r *Refusal) Error() string {
	text := "update: " + r.Why.En
	for _, x := range r.Reasons {
		text += "; " + x.En
	}
	if r.Cause != nil {
		text += ": " + r.Cause.Error()
	}
	return text
}

// Whole is why, with the reasons one by one.
func (r *Refusal) Whole() point.Words {
	w := r.Why
	for i, reason := range r.Reasons {
		if i == 0 {
			w = point.Words{Zh: w.Zh + "：" + reason.In("zh"), En: w.En + ": " + reason.In("en")}
			continue
		}
		w = point.Words{Zh: w.Zh + "；" + reason.In("zh"), En: w.En + "; " + reason.In("en")}
	}
	return w
}

// Unwrap is the cause.
func (r *Refusal) Unwrap() error { return r.Cause }

// MayInsist tells whether a person can have it all the same.
func (r *Refusal) MayInsist() bool { return r.Code == Downgrade || r.Code == Situation }

func refuse(code Code, cause error, zh, en string) *Refusal {
	return &Refusal{Code: code, Why: point.Words{Zh: zh, En: en}, Cause: cause}
}

func damaged(format string, a ...any) *Refusal {
	return refuse(Damaged, fmt.Errorf(format, a...), "升级包损坏或不完整", "the bundle is damaged or incomplete")
}
