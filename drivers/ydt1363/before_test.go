package ydt1363

import (
	"io"
	"testing"
	"time"

	"watchbox/drivers/ydt1363/ydt1363test"
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
