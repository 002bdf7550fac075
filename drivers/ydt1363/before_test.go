package ydt1363

import (
	"io"
	"testing"
	"time"

	"watchbox/drivers/ydt1363/ydt1363test"
	"watchbox/firmware/driver"
)

// The daemon dies after a question; the one that follows asks another while the unit
// still answers the first.
func TestAnswerToWhoAskedBeforeIsNotBelieved(t *testing.T) {
	inBubble(t, 0x21, func(r *rig) {
		time.AfterFunc(25*time.Millisecond, func() { // the question takes 19 ms, its answer begins 10 ms later
			io.WriteString(r.end, ydt1363test.Frame(0x21, 1, 0x2a, 0, make([]byte, 27)))
		})
		if err := r.poll("43H"); err == nil {
			r.want("output.source", "1", "good")
			r.want("battery.charger.status", "227", "good")
		} else if len(r.got) > 0 {
			t.Errorf("with %v it told of %v", err, r.got)
		}
		time.Sleep(5 * time.Second)
		if err := r.poll("43H"); err != nil {
			t.Fatal(err)
		}
		r.want("output.source", "1", "good")
		r.want("battery.charger.status", "227", "good")
	})
}

// On a fast line little time goes to the wire: a poll has the time for two slow answers
// all the same. One that is cut off would keep the pair quiet into the next poll.
func TestASlowUnitOnAFastLineIsReadAtOnce(t *testing.T) {
	onLine(t, 0x21, driver.Line{Baud: 115200}, 1900*time.Millisecond, func(r *rig) {
		var err error
		if r.device, err = New(driver.Spec{Name: "ups1", Unit: 1, Timeout: 2 * time.Second}, r.device.mapping, r.device.pair); err != nil {
			t.Fatal(err)
		}
		if err := r.poll("43H"); err != nil {
			t.Fatal(err)
		}
		r.want("output.source", "1", "good")
	})
}
