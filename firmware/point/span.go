package point

import (
	"strconv"
	"strings"
	"time"
)

// Span is a duration as a person says it: 1 分 30 秒, 1 min 30 s.
func Span(d time.Duration) Words {
	var zh, en []string
	rest := d.Round(time.Second)
	for _, u := range []struct {
		length time.Duration
		zh, en string
	}{{time.Hour, " 小时", " h"}, {time.Minute, " 分", " min"}, {time.Second, " 秒", " s"}} {
		if n := rest / u.length; n > 0 || u.length == time.Second && len(zh) == 0 {
			zh, en = append(zh, strconv.Itoa(int(n))+u.zh), append(en, strconv.Itoa(int(n))+u.en)
			rest -= n * u.length
		}
	}
	return Words{Zh: strings.Join(zh, " "), En: strings.Join(en, " ")}
}
