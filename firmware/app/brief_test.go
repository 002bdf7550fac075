package app

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// oven is a meter that is hot, or does not answer.
type oven struct {
	meter
	dead *atomic.Bool
}

func (o oven) Poll(_ context.Context, _ int, emit driver.Emit) error {
	if o.dead.Load() {
		emit(point.Sample{Point: "meter/temperature", Quality: point.BadBecause(point.Timeout)})
		return errors.New("no answer")
	}
	emit(point.Sample{Point: "meter/temperature", Value: point.OfReal(35)})
	return nil
}

// TestAMessageSaysHowTheDeviceIs in the words of its map, as long as that is known.
func TestAMessageSaysHowTheDeviceIs(t *testing.T) {
	inHouse(t, func(h *house) {
		var dead atomic.Bool
		h.gauge = oven{dead: &dead}
		h.product = driver.Product{Template: true, Brief: point.Words{Zh: "温度 {temperature}，湿度 {humidity}", En: "temperature {temperature}, humidity {humidity}"}}
		h.start()
		defer h.end()
		h.pass(30 * time.Second)
		sent := h.messages()
		if len(sent) == 0 || !strings.Contains(sent[0].Text, "\n现状:温度 35，湿度 —") {
			t.Fatalf("messages: %+v", sent)
		}
		if d := h.View().Devices; len(d) == 0 || !d[0].Template || d[0].Brief != h.product.Brief {
			t.Errorf("devices: %+v", d)
		}
		dead.Store(true)
		h.pass(time.Minute)
		if d := h.View().Devices[0]; d.OK || d.Reason.Zh != "读取失败" || d.Reason.En != "cannot be read" || d.Error != "no answer" {
			t.Errorf("a dead device: %+v", d)
		}
		if b := h.brief("meter/temperature"); !b.IsZero() {
			t.Errorf("of a dead device: %v", b)
		}
		if b := h.brief("nobody/temperature"); !b.IsZero() {
			t.Errorf("of a device that is not there: %v", b)
		}
	})
}

// TestALineWithASimulatedValueSaysSo: it stands in messages and on the wall.
func TestALineWithASimulatedValueSaysSo(t *testing.T) {
	inHouse(t, func(h *house) {
		h.product = driver.Product{Brief: point.Words{Zh: "温度 {temperature}", En: "temperature {temperature}"}}
		h.start()
		defer h.end()
		h.pass(time.Second)
		order := engine.Command{Verb: engine.Simulate, Target: "meter/temperature", Value: point.OfReal(25), For: 10 * time.Second, Actor: "gong"}
		if err := h.Do(context.Background(), order); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Second)
		if b := h.brief("meter/temperature"); b.Zh != "【模拟】温度 25" || b.En != "[SIM] temperature 25" {
			t.Errorf("%v", b)
		}
	})
}
