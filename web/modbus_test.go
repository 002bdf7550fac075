package web

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestTheTableOfRegistersIsPrinted(t *testing.T) {
	b := newBench(t)
	viewer, engineer := b.box.People().Session("viewer"), b.box.People().Session("engineer")
	w := b.ask(viewer, "GET", base+"modbus-map.csv", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "03 04,4010,404011,float32,1,%,5,ups1/battery.charge,电池电量,Battery charge,,\r\n") ||
		w.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := b.ask(engineer, "GET", base+"modbus-server.yaml", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "{number: 5, point: ups1/battery.charge, scale: 10} # ") ||
		!strings.Contains(w.Body.String(), "{number: 6, point: ac1/return.humidity, scale: 1} # 回风湿度 Return humidity\n") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.want(403, "viewer", "GET", "modbus-server.yaml", "", nil)
	var site SiteView
	if b.want(200, "engineer", "GET", "site", "", &site); site.Modbus != 502 {
		t.Errorf("%+v", site)
	}
	if told, _ := json.Marshal(site.Proxies); string(told) != `[{"bus":"rs485-1","interface":"eth1","from":["192.0.2.7/32"],"port":1502,`+
		`"writes":[{"unit":5,"table":"holding","first":349,"last":350},{"unit":5,"table":"coil","first":3,"last":3}]},`+
		`{"bus":"rs485-3","terminal":"RS485-2","writes":[]}]` {
		t.Errorf("%s", told)
	}
	b.box.Site().ModbusServer = nil
	var f FailureBody
	if b.want(404, "viewer", "GET", "modbus-map.csv", "", &f); f.Error.Code != "no-modbus-server" {
		t.Errorf("%+v", f)
	}
}
