package forward

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func full() event.Record {
	return event.Record{ID: event.ID{Box: "box1", Epoch: "ep1", Sequence: 42},
		At:   point.Instant{Boot: "b", Mono: time.Second, Wall: time.Date(2025, 6, 1, 8, 0, 0, 123e6, time.FixedZone("", 8*3600)), Clock: point.ClockRTC},
		Type: event.AlarmRaised, Subject: "zone/panic", Origin: event.ID{Box: "box1", Epoch: "ep1", Sequence: 41}, Priority: 1, Class: "alarm",
		Room: "oc", Actor: "box", Text: point.Words{Zh: "监控中心 紧急按钮", En: "panic button"}, Detail: json.RawMessage(`{"value":"1"}`), Journaled: true}
}

func TestCloudEventAttributes(t *testing.T) {
	b, err := Encode(full())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	json.Unmarshal(b, &got)
	delete(got, "data")
	want := map[string]any{"specversion": "1.0", "id": "box1/ep1/42", "source": "watchbox/box1", "type": "watchbox.alarm.raised", "subject": "zone/panic",
		"time": "2025-06-01T00:00:00.123Z", "datacontenttype": "application/json", "sequence": "42", "epoch": "ep1", "journaled": true, "clock": "rtc"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s", b)
	}
	for name := range want { // CloudEvents 1.0: lower-case letters and digits, at most 20
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || len(name) > 20 {
			t.Errorf("attribute name %q", name)
		}
	}
}

func TestCloudEventWithoutTime(t *testing.T) {
	r := full()
	r.At.Clock, r.Journaled = point.ClockUnknown, false
	b, _ := Encode(r)
	if strings.Contains(string(b), `"time":`) || !strings.Contains(string(b), `"journaled":false,"clock":"unknown"`) {
		t.Errorf("%s", b)
	}
}

func TestCloudEventsComeBack(t *testing.T) {
	r := full()
	r.At.Wall = r.At.Wall.UTC()
	b, _ := Encode(r)
	if got, err := Decode(b); err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("%v\n%+v\n%+v", err, got, r)
	}
	second := r
	second.ID.Sequence++
	b, _ = EncodeBatch([]event.Record{r, second})
	if got, err := DecodeBatch(b); err != nil || !reflect.DeepEqual(got, []event.Record{r, second}) {
		t.Errorf("%v\n%+v", err, got)
	}
	if b, _ = EncodeBatch(nil); string(b) != "[]" {
		t.Errorf("%s", b)
	}
}

func TestWhatIsNotACloudEventOfABox(t *testing.T) {
	good, _ := Encode(full())
	beat, _ := EncodeHeartbeat(Heartbeat{Box: "box1", Epoch: "ep1", Last: 42, At: time.Unix(1, 0)})
	for _, b := range []string{``, `[]`, `{}`, `null`, string(beat),
		strings.Replace(string(good), `"1.0"`, `"2.0"`, 1),
		strings.Replace(string(good), `"watchbox.`, `"other.`, 1),
		strings.Replace(string(good), `box1/ep1/42`, `box1/ep1/43`, 1),
		strings.Replace(string(good), `"data":{`, `"data":[{`, 1),
	} {
		if r, err := Decode([]byte(b)); !errors.Is(err, ErrEvent) {
			t.Errorf("%s: %+v %v", b, r, err)
		}
	}
	many := "[" + strings.Repeat(string(good)+",", BatchMost) + string(good) + "]"
	for _, b := range []string{``, `{}`, `[`, `[{}]`, `[` + string(good), many} {
		if _, err := DecodeBatch([]byte(b)); !errors.Is(err, ErrEvent) {
			t.Errorf("%.50s: %v", b, err)
		}
	}
}

func FuzzDecodeCloudEvents(f *testing.F) {
	one, _ := Encode(full())
	two, _ := EncodeBatch([]event.Record{full(), full()})
	beat, _ := EncodeHeartbeat(Heartbeat{Box: "b"})
	for _, b := range [][]byte{one, two, beat, []byte(`[]`), []byte(`[{"specversion":"1.0"}]`)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := Decode(b); err == nil {
			again, err := Encode(r)
			if err != nil {
				return // a time that JSON cannot say
			}
			if back, err := Decode(again); err != nil || back.ID != r.ID || back.Type != r.Type {
				t.Fatalf("%v: %+v, %+v", err, back, r)
			}
		}
		if all, err := DecodeBatch(b); err == nil && len(all) > BatchMost {
			t.Fatal(len(all))
		}
	})
}
