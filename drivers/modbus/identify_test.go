package modbus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"watchbox/drivers/modbus/modbustest"
	"watchbox/firmware/driver"
)

// huawei answers as drivers/huawei-ups2000.c of NUT expects it: objects 0x87 and
// 0x88 of the extended kind, and nothing else.
func huawei(request []byte) []byte {
	if !bytes.Equal(request, []byte{0x2b, 0x0e, 3, 0x87}) {
		return []byte{0xab, 2}
	}
	const text = "1=UPS2000;2=V100R001C01SPC120;4=1234567890"
	return append([]byte{0x2b, 0x0e, 3, 3, 0, 0, 2, 0x87, 4, 0, 0, 0, 1, 0x88, byte(len(text))}, text...)
}

func TestIdentification(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		r.plant.Unit(1).Answer(0x2b, huawei)
		ask := func(unit, kind, first byte) (string, error) {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			i, err := r.bus.ReadDeviceIdentification(ctx, unit, r.m, kind, first)
			var told []string
			for _, o := range i.Objects {
				told = append(told, fmt.Sprintf("%02x=%q", o.ID, o.Value))
			}
			return fmt.Sprint(told), err
		}
		const want = `[87="\x00\x00\x00\x01" 88="1=UPS2000;2=V100R001C01SPC120;4=1234567890"]`
		for _, f := range []modbustest.Fault{{}, {Kind: modbustest.Noise}, {Kind: modbustest.Foreign}, {Kind: modbustest.Dribble, Delay: time.Millisecond}} {
			r.plant.Unit(1).Fault(f)
			if got, err := ask(1, ExtendedObjects, 0x87); err != nil || got != want {
				t.Errorf("%v: %s, %v", f.Kind, got, err)
			}
		}
		r.plant.Unit(1).Fault(modbustest.Fault{})
		r.plant.Echo(true)
		if got, err := ask(1, ExtendedObjects, 0x87); err != nil || got != want {
			t.Errorf("on a wire that echoes: %s, %v", got, err)
		}
		if _, err := ask(1, BasicObjects, 0); !errors.Is(err, driver.ErrNotPresent) {
			t.Errorf("no such objects: %v", err)
		}
		if _, err := ask(2, BasicObjects, 0); !errors.Is(err, driver.ErrNotPresent) {
			t.Errorf("a unit without the function: %v", err)
		}
		r.plant.Unit(1).Fault(modbustest.Fault{Kind: modbustest.Short})
		if _, err := ask(1, ExtendedObjects, 0x87); !errors.Is(err, driver.ErrGarbage) {
			t.Errorf("half an answer: %v", err)
		}
		r.plant.Unit(1).Fault(modbustest.Fault{})
		r.right(2, 20, 3)
	})
}

func TestIdentificationOnTCP(t *testing.T) {
	s := serve(t)
	s.plant.Unit(1).Answer(0x2b, huawei)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	i, err := busTo(t, s).ReadDeviceIdentification(ctx, 1, patient, ExtendedObjects, 0x87)
	if err != nil || len(i.Objects) != 2 || i.Objects[1].ID != 0x88 {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestAskGivesTheAnswerAsItCame(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		for _, c := range []struct {
			request, answer []byte
			class           error
		}{
			{[]byte{3, 0, 4, 0, 1}, []byte{3, 2, 1004 >> 8, 1004 & 0xff}, nil},
			{[]byte{3, 0x40, 0, 0, 1}, []byte{0x83, 2}, nil},
			{[]byte{6, 0, 4, 0, 9}, []byte{6, 0, 4, 0, 9}, nil},
			{[]byte{0x17, 0, 4, 0, 1, 0, 4, 0, 1, 2, 0, 1}, nil, driver.ErrUnsupported},
			{nil, nil, driver.ErrUnsupported},
		} {
			got, err := r.bus.Ask(context.Background(), 1, r.m, c.request)
			if !bytes.Equal(got, c.answer) || !errors.Is(err, c.class) {
				t.Errorf("% x: % x, %v", c.request, got, err)
			}
		}
	})
}

func FuzzIdentified(f *testing.F) {
	f.Add(huawei([]byte{0x2b, 0x0e, 3, 0x87}))
	f.Add([]byte{0x2b, 0x0e, 3, 1, 0xff, 9, 1, 0, 0})
	f.Fuzz(func(t *testing.T, answer []byte) {
		i, ok := identified(answer, 3)
		if !ok {
			return
		}
		frame := sealed(append([]byte{1}, answer...)...)
		n := identifiedLength(frame)
		if len(frame) > longestFrame && n == 0 {
			return
		}
		again, _ := identified(frame[1:n-2], 3)
		if !slices.EqualFunc(i.Objects, again.Objects, func(a, b Object) bool { return a.ID == b.ID && bytes.Equal(a.Value, b.Value) }) {
			t.Errorf("% x: the length %d leaves out objects", answer, n)
		}
	})
}
