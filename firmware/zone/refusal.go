package zone

import (
	"errors"
	"fmt"
	"strings"

	"watchbox/firmware/point"
)

// The classes of refusals, for errors.Is.
var (
	ErrNotReady = errors.New("not ready")
	ErrUnknown  = errors.New("no such partition or zone")
	ErrRefused  = errors.New("refused")
	ErrCode     = errors.New("a panel code is needed")
	ErrConsent  = errors.New("a user's consent is needed")
)

// Code tells a program why the panel refuses an order. It never changes.
type Code string

// Why the panel refuses an order.
const (
	NotReady        Code = "not-ready"
	UnknownTarget   Code = "unknown-target"
	UnknownOrder    Code = "unknown-order"
	UnknownMode     Code = "unknown-mode"
	NeverBypassed   Code = "never-bypassed"
	ArmedNow        Code = "armed"
	WalkRuns        Code = "walk-test-runs"
	NothingToWalk   Code = "nothing-to-walk"
	NobodyInside    Code = "nobody-inside"
	ListsFrozen     Code = "lists-frozen"
	CodeRequired    Code = "code-required"
	ConsentRequired Code = "consent-required"
	ConsentOwn      Code = "consent-own"
	ConsentVoid     Code = "consent-void"
	ConsentOff      Code = "consent-off"
	ConsentLength   Code = "consent-length"
	ConsentNobody   Code = "consent-nobody"
	RestReal        Code = "rest-not-simulated"
	OrderReal       Code = "order-not-simulated"
	SilentReal      Code = "silent-not-simulated"
)

// whys are the codes' classes, and their words: what it is, and what to do.
var whys = map[Code]struct {
	class error
	point.Words
}{
	NotReady:        {ErrNotReady, point.Words{Zh: "不能布防，防区未就绪", En: "Cannot be armed, zones are not ready"}},
	UnknownTarget:   {ErrUnknown, point.Words{Zh: "没有名为「%s」的分区或防区", En: "There is no partition or zone %s"}},
	UnknownOrder:    {ErrRefused, point.Words{Zh: "不认识的操作", En: "Unknown order: want arm, force-arm, disarm, bypass, unbypass, walk-test, end-walk-test, consent or end-consent"}},
	UnknownMode:     {ErrRefused, point.Words{Zh: "布防方式「%s」不对：只有 away（外出）、stay（留守）、night（夜间）", En: "Mode %q: want away, stay or night"}},
	NeverBypassed:   {ErrRefused, point.Words{Zh: "「%s」类防区全天设防，不能旁路", En: "A %s zone guards always, it is never bypassed"}},
	ArmedNow:        {ErrRefused, point.Words{Zh: "「%s」已布防：请先撤防", En: "%s is armed: disarm it first"}},
	WalkRuns:        {ErrRefused, point.Words{Zh: "「%s」正在步行测试：请先结束", En: "A walk test of %s runs already: end it first"}},
	NothingToWalk:   {ErrUnknown, point.Words{Zh: "「%s」不能做步行测试：须选一个有防区的分区，或一个紧急按钮防区", En: "%s takes no walk test: want a partition with zones, or a panic zone"}},
	NobodyInside:    {ErrUnknown, point.Words{Zh: "「%s」不是有门禁的房间，在内名单上也没有这个人", En: "%s is neither a room that doors lead into nor the name of somebody inside"}},
	ListsFrozen:     {ErrRefused, point.Words{Zh: "火警期间在内名单保持不变，火警解除后再操作", En: "A fire zone is in alarm, the lists of those inside stand still until it is over"}},
	CodeRequired:    {ErrCode, point.Words{Zh: "该分区撤防须输入操作密码", En: "Disarming this partition takes a panel code"}},
	ConsentRequired: {ErrConsent, point.Words{Zh: "须先由用户授权维护：请操作员在“布防”页授权", En: "A user has to let the installer in first: on the page Security, or by watchbox consent 4h"}},
	ConsentOwn:      {ErrConsent, point.Words{Zh: "不能给自己授权：须由另一位用户授权维护", En: "Nobody lets himself in: another user has to give the consent"}},
	ConsentVoid:     {ErrConsent, point.Words{Zh: "分区「%s」正在外出布防，授权对它无效：先撤防", En: "Partition %s is armed away, the consent is void for it: disarm it first"}},
	ConsentOff:      {ErrRefused, point.Words{Zh: "站点文件没有要求维护授权（consent: required）", En: "The site file does not ask for a consent (consent: required)"}},
	ConsentLength:   {ErrRefused, point.Words{Zh: "授权时长须为 1–24 小时", En: "A consent lasts 1 to 24 hours"}},
	ConsentNobody:   {ErrRefused, point.Words{Zh: "所有分区都在外出布防：先撤防，再授权", En: "Every partition is armed away: disarm first"}},
	RestReal:        {ErrRefused, point.Words{Zh: "「%s」只能模拟报警状态：静止值会掩盖真实报警", En: "Of %s only its alarm can be simulated: a value at rest would hide a real one"}},
	OrderReal:       {ErrRefused, point.Words{Zh: "「%s」的按钮、钥匙或读卡器等于下命令，不能模拟：请到现场操作", En: "A button, key or card reader of %s gives orders and is not simulated: use it on site"}},
	SilentReal:      {ErrRefused, point.Words{Zh: "「%s」是静默紧急按钮，不能模拟：请用步行测试", En: "%s is a silent hold-up button and is not simulated: use its walk test"}},
}

// Refusal is an order that the panel did not carry out, and why, as a person reads
// it. It wraps one of the classes.
type Refusal struct {
	Order string // "arm main"
	Code  Code
	point.Words
	Reasons []point.Words // what is not ready, one by one
}

// Refuse makes the refusal of a code of this package; args are the names in its words.
func Refuse(order string, code Code, args ...point.Words) *Refusal {
	var zh, en []any
	for _, a := range args {
		zh, en = append(zh, a.In("zh")), append(en, a.In("en"))
	}
	w := whys[code]
	return &Refusal{Order: order, Code: code, Words: point.Words{Zh: fmt.Sprintf(w.Zh, zh...), En: fmt.Sprintf(w.En, en...)}}
}

// Error is one line: the order, and why in English.
func (r *Refusal) Error() string {
	why := r.En
	if !strings.HasPrefix(whys[r.Code].En, "%") { // a name stays as the site file has it
		why = strings.ToLower(why[:1]) + why[1:]
	}
	for i, x := range r.Reasons {
		why += map[bool]string{true: ": ", false: ", "}[i == 0] + x.En
	}
	return r.Order + ": " + why
}

// Unwrap gives the class.
func (r *Refusal) Unwrap() error { return whys[r.Code].class }

// same is a name that reads the same in every language.
func same(name string) point.Words { return point.Words{Zh: name, En: name} }
