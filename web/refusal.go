package web

import (
	"errors"

	"watchbox/firmware/person"
)

// personal puts what the directory answers into a person's words.
var personal = []struct {
	class  error
	status int
	code   string
	zh, en string
}{
	{person.ErrSetUp, 403, "setup-refused", "首次设置已经完成", "Set-up is done already"},
	{person.ErrCode, 403, "setup-refused", "设置码不对", "The set-up code is wrong"},
	{person.ErrCodeSpent, 403, "setup-refused", "设置码错误次数过多，重启设备后会产生新的设置码", "Too many wrong codes; a restart of the box makes a new one"},
	{person.ErrName, 400, "bad-name", "用户名须为 1–32 个字母、数字、点、横线或下划线", "The name must be 1–32 letters, digits, '.', '-' or '_'"},
	{person.ErrPassword, 400, "bad-password", "密码须为 8–128 个字符，且不能与用户名相同", "The password must have 8–128 characters and not be the name"},
	{person.ErrRole, 400, "bad-role", "没有这个角色", "There is no such role"},
	{person.ErrExists, 409, "exists", "用户已存在", "The user exists already"},
	{person.ErrUnknown, 404, "not-found", "没有这个用户", "There is no such user"},
	{person.ErrLast, 409, "last-administrator", "不能删除最后一位管理员", "The last administrator cannot be removed"},
	{person.ErrTooMany, 409, "too-many", "用户或令牌过多", "Too many users or tokens"},
	{person.ErrDigits, 400, "bad-code", "操作密码须为 6–8 位数字", "A panel code has 6–8 digits"},
	{person.ErrTrivial, 400, "bad-code", "操作密码太容易猜：不能用 111111、123456、121212、112233 这类数字，也不能与用户名相同", "The panel code is too easy to guess: none like 111111, 123456, 121212, 112233, and not the name"},
	{person.ErrSameCode, 400, "bad-code", "胁迫密码不能与操作密码相同", "The duress code must differ from the panel code"},
	{person.ErrWrongCode, 403, "wrong-code", "用户或操作密码不对", "Wrong user or panel code"},
	{person.ErrOpening, 503, "opening", "正在打开数据库，暂时不能登录；设备照常警戒。请稍候重试；若一直如此，请检查存储卡", "The store is still opening, nobody can log in yet; the box guards. Try again shortly; if this lasts, check the flash card"},
	{person.ErrBusy, 429, "throttled", "同时登录过多，请稍后再试", "Too many log-ins at once; try again"},
}

// personFailure is nil when err is none of the directory's classes.
func personFailure(err error) *Failure {
	for _, p := range personal {
		if errors.Is(err, p.class) {
			return failure(p.status, p.code, p.zh, p.en)
		}
	}
	return nil
}
