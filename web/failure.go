package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"watchbox/firmware/alarm"
	"watchbox/firmware/command"
	"watchbox/firmware/engine"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
	"watchbox/firmware/team"
	"watchbox/firmware/update"
	"watchbox/firmware/zone"
)

// Failure is what went wrong, for a person in two languages and for a program
// as a code that never changes.
type Failure struct {
	point.Words
	Code    string        `json:"code" doc:"for programs; never changes"`
	Reasons []point.Words `json:"reasons,omitempty" doc:"why, one by one: what keeps a partition from being armed"`
	status  int
}

// FailureBody is the body of every answer that is not a success.
type FailureBody struct {
	Error Failure `json:"error"`
}

func (f *Failure) Error() string { return f.En }

func failure(status int, code, zh, en string) *Failure {
	return &Failure{Words: point.Words{Zh: zh, En: en}, Code: code, status: status}
}

// The failures that need no further words.
var (
	errNoLogin     = failure(401, "unauthenticated", "请先登录", "Log in first")
	errRefused     = failure(401, "login-refused", "用户名或密码不对，或账号已锁定", "Wrong name or password, or the account is locked")
	errRole        = failure(403, "forbidden", "您的角色没有此权限", "Your role does not allow this")
	errForgery     = failure(403, "csrf", "请求缺少 X-Watchbox 头或 JSON 类型", "The request lacks the X-Watchbox header or a JSON content type")
	errNotFound    = failure(404, "not-found", "没有这个接口地址", "There is no such address")
	errMethod      = failure(405, "method-not-allowed", "此地址不支持该方法", "This address does not take that method")
	errLongComment = failure(400, "bad-request", "附言过长，最多 500 字节（约 160 个汉字）", "The comment is longer than 500 bytes")
	errTooLarge    = failure(413, "too-large", "请求过大", "The request is too large")
	errThrottled   = failure(429, "throttled", "尝试过多，请稍后再试", "Too many attempts; try again later")
	errInternal    = failure(500, "internal", "内部错误", "Internal error")
	errNotStarted  = failure(503, "unavailable", "设备正在启动", "The box is still starting")
	errManyStreams = failure(503, "too-many-streams", "同时打开的页面过多", "Too many pages are open")
	errTimeout     = failure(504, "timeout", "设备未及时回答", "The box did not answer in time")
)

func badRequest(what string) *Failure {
	return failure(400, "bad-request", "请求有误："+what, "Bad request: "+what)
}

// refuser is an error that says in both languages what the box cannot do.
type refuser interface {
	Refused() (code string, why point.Words)
}

// asFailure turns what the box answered into a failure: a time-out is one, all
// else is the box's own refusal.
func asFailure(err error) *Failure {
	var f *Failure
	var large *http.MaxBytesError
	var refusal *alarm.Refusal
	var panel *zone.Refusal
	var box refuser
	var lock *person.CodeLock
	var written *command.Refusal
	var firmware *update.Refusal
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &firmware):
		return updateFailure(firmware)
	case errors.Is(err, alarm.ErrUnknown) && errors.As(err, &refusal):
		return failure(404, "not-found", refusal.Why.Zh, refusal.Why.En)
	case errors.Is(err, alarm.ErrGuarded):
		return failure(409, "guarded", "紧急与防拆报警不可搁置", "Panic and tamper alarms cannot be shelved")
	case errors.As(err, &refusal):
		return failure(409, "refused", "被拒绝："+refusal.Why.Zh, "Refused: "+refusal.Why.En)
	case errors.As(err, &lock):
		return lockFailure(lock)
	case errors.As(err, &panel):
		return panelFailure(panel)
	case errors.As(err, &written):
		return failure(409, "refused", "被拒绝："+written.Why.Zh, "Refused: "+written.Why.En)
	case errors.Is(err, team.ErrState):
		return failure(409, "refused", "被拒绝：机组已是此状态", "Refused: the unit is so already")
	case errors.Is(err, command.ErrUnknown):
		return failure(409, "selection-over", "选择已过期或不属于您，请重新选择", "The selection is over or not yours; select again")
	case errors.As(err, &box):
		code, why := box.Refused()
		return failure(409, code, why.Zh, why.En)
	case errors.As(err, &large):
		return errTooLarge
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errTimeout
	case errors.Is(err, engine.ErrUnknownVerb):
		return badRequest(err.Error())
	}
	if f := personFailure(err); f != nil {
		return f
	}
	text := strings.TrimSpace(err.Error())
	return failure(409, "refused", "被拒绝："+text, "Refused: "+text)
}

// panelFailure is an order that the panel refuses, in its own words and code.
func panelFailure(r *zone.Refusal) *Failure {
	status := 409
	switch {
	case errors.Is(r, zone.ErrCode), errors.Is(r, zone.ErrConsent):
		status = 403
	case errors.Is(r, zone.ErrUnknown):
		status = 404
	}
	return &Failure{Words: r.Words, Code: string(r.Code), Reasons: r.Reasons, status: status}
}

// writeFailure answers with the failure.
func writeFailure(w http.ResponseWriter, err error) {
	f := asFailure(err)
	if f.status == 429 || f.status == 503 {
		w.Header().Set("Retry-After", "10")
	}
	writeJSON(w, f.status, FailureBody{*f})
}

// writeJSON answers with v. A nil v with status 204 has no body.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Cache-Control", "no-store")
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		status, b = 500, []byte(`{"error":{"zh":"内部错误","en":"Internal error","code":"internal"}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
}
