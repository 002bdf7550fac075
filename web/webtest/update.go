package webtest

import (
	"context"
	"crypto/ed25519"
	"io"

	"watchbox/firmware/point"
	"watchbox/firmware/update"
)

// BundleKey signs what the fake takes for an update.
var BundleKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

// Firmware is the fake's update; the zero value is a box without slots.
type Firmware struct {
	Status   update.Status
	Switched []string // reasons of the switches
}

var noSlots = &update.Refusal{Code: update.NoSlots, Why: words("没有双系统分区", "no slots")}

// Update tells where the fake stands.
func (b *Box) Update() update.Status {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.Firmware.Status.Phase == "" {
		return update.Status{Phase: update.Idle, Version: "test"}
	}
	return b.Firmware.Status
}

// StageUpdate reads a bundle to its end and keeps its manifest.
func (b *Box) StageUpdate(_ context.Context, in io.Reader, insist bool, actor string) error {
	s := b.Update()
	if !s.Slots {
		return noSlots
	}
	u, err := update.Open(in, update.Trust{Keys: []ed25519.PublicKey{BundleKey.Public().(ed25519.PublicKey)}, Board: "sim", Room: s.Room})
	if err != nil {
		return err
	}
	running, _ := update.ParseVersion(s.Version)
	if err := u.Manifest.Admit(running, insist); err != nil {
		return err
	}
	if err := u.Slot(io.Discard); err != nil {
		return err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.Firmware.Status.Phase, b.Firmware.Status.Next, b.Firmware.Status.By = update.Staged, u.Manifest.Version.String(), actor
	return nil
}

// SwitchUpdate goes on trial; with Obstacles only for somebody who insists.
func (b *Box) SwitchUpdate(_ context.Context, insist bool, reason, _ string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	s := &b.Firmware.Status
	switch {
	case !s.Slots:
		return noSlots
	case s.Phase != update.Staged:
		return &update.Refusal{Code: update.Nothing, Why: words("没有待启用的升级", "nothing is staged")}
	case len(s.Obstacles) > 0 && !insist:
		return &update.Refusal{Code: update.Situation, Why: words("现在不宜升级", "no moment for an update"), Reasons: s.Obstacles}
	case len(s.Obstacles) > 0 && reason == "":
		return &update.Refusal{Code: update.NoReason, Why: point.Words{Zh: "须写明原因", En: "a reason is missing"}}
	}
	s.Phase, s.Obstacles = update.Trying, nil
	b.Firmware.Switched = append(b.Firmware.Switched, reason)
	return nil
}

// ForgetUpdate goes back to idle.
func (b *Box) ForgetUpdate(string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if !b.Firmware.Status.Slots {
		return noSlots
	}
	b.Firmware.Status.Phase, b.Firmware.Status.Next = update.Idle, ""
	return nil
}
