package point

import (
	"testing"
	"time"
)

func TestSpans(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0 秒/0 s", 90 * time.Second: "1 分 30 秒/1 min 30 s", 2 * time.Hour: "2 小时/2 h", 400 * time.Millisecond: "0 秒/0 s"} {
		if w := Span(d); w.Zh+"/"+w.En != want {
			t.Errorf("%v: %q %q, want %s", d, w.Zh, w.En, want)
		}
	}
}
