package registers

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

const siteFile = `version: 1
id: x
board: sim
inputs:
  - {terminal: DI1, point: oc/quiet}
partitions:
  - {id: main, label: {zh: 机房, en: Machine room}}
zones:
  - {id: quiet, input: oc/quiet, type: panic, silent: true}
modbus-server:
  interface: eth0
  from: [192.0.2.7/32]
  points:
    - {number: 7, point: ups/charge}
    - {number: 1, point: ups/serial}
    - {number: 2, point: door/contact}
    - {number: 3, point: ups/runtime, scale: 1}
    - {number: 4, point: ups/mode}
    - {number: 5, point: ups/never}
    - {number: 6, point: ups/gone}
    - {number: 999, point: ups/energy}
  partitions: [{number: 32, partition: main}]
`

func site(t testing.TB) *config.Site {
	t.Helper()
	s, problems := config.Parse("site.yaml", []byte(siteFile))
	if s == nil {
		t.Fatal(problems)
	}
	return s
}

var described = []point.Point{{Name: "ups/charge", Kind: point.Real, Unit: "%", Label: point.Words{Zh: "电量", En: "Charge"}, Owner: point.Words{Zh: "主机", En: "UPS"}},
	{Name: "ups/serial", Kind: point.Text}, {Name: "ups/runtime", Kind: point.Int}, {Name: "ups/never", Kind: point.Real}, {Name: "ups/energy", Kind: point.Count},
	{Name: "ups/mode", Kind: point.Int, States: map[int64]point.Words{2: {Zh: "市电", En: "mains"}, 3: {Zh: "电池", En: "battery"}}},
	{Name: "door/contact", Kind: point.Bool, States: map[int64]point.Words{0: {Zh: "关", En: "closed"}, 1: {Zh: "开", En: "open"}}}, {Name: "oc/quiet", Kind: point.Bool}}

func view(t testing.TB, samples ...point.Sample) *engine.View {
	t.Helper()
	table, err := live.New(described)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		table.Put(s)
	}
	return &engine.View{At: point.Instant{Mono: 65537 * time.Second, Clock: point.ClockRTC}, Points: table.Freeze(), Health: engine.Health{JournalOK: true}}
}

func one16(t testing.TB, i *Image, address int) uint16 {
	t.Helper()
	w, ok := i.Registers(address, 1)
	if !ok {
		t.Fatalf("no register %d", address)
	}
	return w[0]
}

func float32At(t testing.TB, i *Image, address int) float32 {
	t.Helper()
	w, ok := i.Registers(address, 2)
	if !ok {
		t.Fatalf("no registers %d", address)
	}
	return math.Float32frombits(uint32(w[0])<<16 | uint32(w[1]))
}

func TestAValueInEachForm(t *testing.T) {
	i := New(site(t)).At(view(t, point.Sample{Point: "ups/charge", Value: point.OfReal(-51.26)}, point.Sample{Point: "door/contact", Value: point.OfBool(true), Quality: point.UncertainBecause(point.Overflow)},
		point.Sample{Point: "ups/runtime", Value: point.OfInt(40000)}, point.Sample{Point: "ups/energy", Value: point.OfCount(123456)}, point.Sample{Point: "ups/serial", Value: point.OfText("12")}))
	for _, c := range []struct {
		number          int
		float           float32
		scaled, quality uint16
		truth, usable   bool
	}{
		{7, -51.26, 0x10000 - 513, 0, true, true},
		{2, 1, 10, 256 + 7, true, true},
		{3, 40000, noScaled, 0, true, true}, // too much for 16 bits
		{999, 123456, noScaled, 0, true, true},
		{1, float32(math.NaN()), noScaled, 512 + 101, false, false},
		{5, float32(math.NaN()), noScaled, 512 + 100, false, false},
		{6, float32(math.NaN()), noScaled, 512 + 102, false, false},
		{8, float32(math.NaN()), noScaled, unassigned, false, false},
	} {
		f := float32At(t, i, floatAt+2*c.number)
		same := f == c.float || f != f && c.float != c.float
		bits, _ := i.Bits(truthAt+c.number, 1)
		usable, _ := i.Bits(usableAt+c.number, 1)
		if s, q := one16(t, i, scaledAt+c.number), one16(t, i, statusAt+c.number); !same || s != c.scaled || q != c.quality || bits[0] != c.truth || usable[0] != c.usable {
			t.Errorf("number %d: %v, %#x, quality %d, %v %v; want %+v", c.number, f, s, q, bits, usable, c)
		}
	}
}

func TestABadValueIsNoNumber(t *testing.T) {
	tb := New(site(t))
	good := point.Sample{Point: "ups/charge", Value: point.OfReal(51)}
	i := tb.At(view(t, good, point.Sample{Point: "ups/charge", Quality: point.BadBecause(point.Timeout)}))
	if w, _ := i.Registers(floatAt+14, 2); w[0] != 0x7fc0 || w[1] != 0 || one16(t, i, scaledAt+7) != 0x8000 || one16(t, i, statusAt+7) != 516 {
		t.Errorf("the last good value is told as if it were one: %#x", w)
	}
}

// TestEveryReasonHasItsNumber: numbers on the wire stay when package point changes.
func TestEveryReasonHasItsNumber(t *testing.T) {
	names := []string{"", "not-present", "device-fault", "comm-failure", "timeout", "stale", "out-of-range", "overflow", "substituted", "blocked", "simulated", "clock-unset"}
	for r := point.NoReason; !strings.HasPrefix(r.String(), "reason("); r++ {
		if n, ok := reasons[r]; !ok || int(n) >= len(names) || names[n] != r.String() {
			t.Errorf("reason %s is number %d", r, n)
		}
	}
}

func TestTheBoxItself(t *testing.T) {
	v := view(t)
	raised := func(key string, priority int, change func(*alarm.Alarm)) *alarm.Alarm {
		a := &alarm.Alarm{Definition: alarm.Definition{Key: key, Priority: priority}, Occurrence: event.ID{Sequence: 1}, Active: true}
		change(a)
		return a
	}
	v.Alarms = []*alarm.Alarm{raised("a", 1, func(*alarm.Alarm) {}), raised("b", 3, func(a *alarm.Alarm) { a.Acknowledged = true }),
		raised("c", 3, func(a *alarm.Alarm) { a.Shelved = time.Now() }), raised("zone/quiet", 1, func(a *alarm.Alarm) { a.Silent = true }),
		raised("partition/main/duress", 1, func(a *alarm.Alarm) { a.Silent = true })}
	v.Outputs = []annunciate.Level{{Output: "oc/siren", Sounds: true}}
	v.Devices = []engine.DeviceView{{ID: "a", OK: true}, {ID: "b"}}
	v.Panel.Partitions = []zone.PartitionView{{ID: "main", Mode: zone.Armed, As: zone.Night}}
	i := New(site(t)).At(v)
	w, _ := i.Registers(0, 100)
	want := map[int]uint16{0: 1, 1: 1, 2: 1, 4: 2, 5: 1, 6: 1, 10: 2, 11: 1, 13: 1, 15: 1, 16: 1, 20: 1, 62: 3*256 + 2}
	for n := 31; n < 62; n++ {
		want[n] = noPartition
	}
	for a := range w {
		if w[a] != want[a] {
			t.Errorf("register %d holds %d, want %d", a, w[a], want[a])
		}
	}
	if b, _ := i.Bits(0, 6); fmt.Sprint(b) != "[true true true false true false]" {
		t.Errorf("bits %v", b)
	}
}

// TestASilentHoldUpIsNotTold: by no register, whoever pressed it.
func TestASilentHoldUpIsNotTold(t *testing.T) {
	s := site(t)
	s.ModbusServer.Points = append(s.ModbusServer.Points, config.NumberedPoint{Number: 900, Point: "oc/quiet", Scale: 1})
	tb := New(s)
	before := everything(t, tb.At(view(t, point.Sample{Point: "oc/quiet", Value: point.OfBool(false)})))
	v := view(t, point.Sample{Point: "oc/quiet", Value: point.OfBool(true)})
	v.Alarms = []*alarm.Alarm{{Definition: alarm.Definition{Key: "zone/quiet", Priority: 1, Silent: true}, Active: true, Occurrence: event.ID{Sequence: 1}}}
	if after := everything(t, tb.At(v)); before != after {
		t.Error("a register tells of the silent hold-up")
	}
}

// everything that can be read.
func everything(t testing.TB, i *Image) string {
	var all strings.Builder
	for a := -2; a < 70000; a++ {
		w, ok := i.Registers(a, 1)
		b, bit := i.Bits(a, 1)
		fmt.Fprint(&all, w, ok, b, bit, ";")
	}
	return all.String()
}

// TestTheLayoutStays: whoever typed a register finds it there in every release.
func TestTheLayoutStays(t *testing.T) {
	var blocks []string
	i := New(site(t)).At(view(t))
	was, wasBit := false, false
	for a := range 70000 {
		_, r := i.Registers(a, 1)
		_, b := i.Bits(a, 1)
		if r != was {
			blocks = append(blocks, fmt.Sprint("r", a))
		}
		if b != wasBit {
			blocks = append(blocks, fmt.Sprint("b", a))
		}
		was, wasBit = r, b
	}
	if got := strings.Join(blocks, " "); got != "r0 b0 r100 b100 r1000 b1000 r3000 b3000 r4000 r6000" {
		t.Errorf("blocks %s", got)
	}
	if _, ok := i.Registers(99, 2); ok {
		t.Error("a block was left over its end")
	}
}

func TestThePrintedTable(t *testing.T) {
	var b bytes.Buffer
	if err := WriteCSV(&b, Rows(site(t), view(t))); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		"03 04,4014,404015,float32,1,%,7,ups/charge,主机 电量,UPS Charge,,\r\n",
		"03 04,2007,402008,int16,10,%,7,ups/charge,主机 电量,UPS Charge,,\r\n",
		"03 04,1007,401008,uint16,,,7,ups/charge,主机 电量：质量,UPS Charge: quality,0=好；",
		"01 02,1002,101003,bit,,,2,door/contact,door/contact,door/contact,0=关；1=开,0=closed; 1=open\r\n",
		"01 02,2002,102003,bit,,,2,door/contact,door/contact：数值可用,door/contact: value may be used,0=否；1=是,0=no; 1=yes\r\n",
		"03 04,62,400063,uint16,,,32,partition/main,机房,Machine room,",
		"03 04,4008,404009,float32,1,,4,ups/mode,ups/mode,ups/mode,2=市电；3=电池,2=mains; 3=battery\r\n",
		"03 04,1,400002,uint16,,,,box,心跳,Heartbeat,",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, mark))).ReadAll()
	if err != nil || len(rows) != 1+len(boxRows)+1+5*8-4 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	i := New(site(t)).At(view(t))
	for _, r := range Rows(site(t), view(t)) {
		_, ok := i.Registers(r.Address, 1)
		if r.Bit {
			_, ok = i.Bits(r.Address, 1)
		}
		if !ok {
			t.Errorf("printed, but not there: %+v", r)
		}
	}
}

// TestTheProposalKeepsWhatIsGiven and can be pasted.
func TestTheProposalKeepsWhatIsGiven(t *testing.T) {
	s := site(t)
	s.ModbusServer.Points = s.ModbusServer.Points[:1] // number 7
	var b bytes.Buffer
	if err := WriteProposal(&b, s, view(t)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"- {number: 7, point: ups/charge, scale: 10} # 主机 电量 UPS Charge\n", "- {number: 8, point: door/contact, scale: 1}", "- {number: 32, partition: main}\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
	for _, not := range []string{"ups/serial", "oc/quiet"} {
		if strings.Contains(b.String(), not) {
			t.Errorf("%s is proposed", not)
		}
	}
	head, _, _ := strings.Cut(siteFile, "modbus-server:")
	pasted, problems := config.Parse("site.yaml", []byte(head+b.String()))
	if pasted == nil || len(pasted.ModbusServer.Points) != 6 {
		t.Errorf("pasted: %v\n%s", problems, &b)
	}
	s.ModbusServer.Points[0].Number = 998
	if list, left := Propose(s, view(t)); len(list) != 2 || left != 4 {
		t.Errorf("%d numbers, %d left over", len(list), left)
	}
}
