package web

import (
	"strconv"
	"strings"

	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

// lasting is a span as a person says it, to the minute once it is one: "3 d 4 h 5 min".
func lasting(seconds float64) point.Words {
	if seconds < 60 {
		n := strconv.Itoa(int(seconds))
		return point.Words{Zh: n + " 秒", En: n + " s"}
	}
	minutes := int64(min(seconds, 1e12)) / 60
	var zh, en []string
	for _, part := range []struct {
		n      int64
		zh, en string
	}{{minutes / (24 * 60), "天", "d"}, {minutes / 60 % 24, "小时", "h"}, {minutes % 60, "分", "min"}} {
		if part.n > 0 {
			n := strconv.FormatInt(part.n, 10)
			zh, en = append(zh, n+" "+part.zh), append(en, n+" "+part.en)
		}
	}
	return point.Words{Zh: strings.Join(zh, " "), En: strings.Join(en, " ")}
}

// shown is a value as a person reads it, with its unit.
func shown(e live.Entry, language string) string {
	v := e.Last.Value
	f, isNumber := v.Float()
	switch {
	case v.IsNone():
		return "—"
	case isNumber && v.Kind() != point.Real && !e.Point.States[int64(f)].IsZero():
		return e.Point.States[int64(f)].In(language)
	case isNumber && e.Point.Unit == "s" && f >= 120:
		return lasting(f).In(language) // how long the box runs, or the battery lasts
	case v.Kind() == point.Real:
		return strconv.FormatFloat(f, 'f', e.Point.Decimals, 64) + " " + string(e.Point.Unit)
	}
	return v.String() + " " + string(e.Point.Unit)
}

var reasonWords = map[string]point.Words{
	"":             {Zh: "不可信", En: "uncertain"},
	"not-present":  {Zh: "无此项", En: "not present"},
	"device-fault": {Zh: "设备自报故障", En: "device fault"},
	"comm-failure": {Zh: "通信失败", En: "communication failure"},
	"timeout":      {Zh: "超时无应答", En: "no answer in time"},
	"stale":        {Zh: "数据过期", En: "stale"},
	"out-of-range": {Zh: "超出量程", En: "out of range"},
	"overflow":     {Zh: "丢失过边沿", En: "edges were lost"},
	"substituted":  {Zh: "人工置数", En: "substituted"},
	"blocked":      {Zh: "已停止读取", En: "reading is off"},
	"simulated":    {Zh: "模拟值", En: "simulated"},
	"clock-unset":  {Zh: "时钟未设", En: "clock unset"},
}

func qualityWords(r PointReading) point.Words {
	switch r.Quality {
	case "good":
		return point.Words{Zh: "正常", En: "good"}
	case "unknown":
		return point.Words{Zh: "尚未读到", En: "not read yet"}
	}
	return reasonWords[r.Reason]
}
