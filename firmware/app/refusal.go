package app

import "watchbox/firmware/point"

// Refusal is what the box itself cannot do, in words for the person who asked.
type Refusal struct {
	Code string // for programs; never changes
	point.Words
}

func (r *Refusal) Error() string { return r.En }

// Refused gives the code and the words.
func (r *Refusal) Refused() (string, point.Words) { return r.Code, r.Words }

func refusal(code, zh, en string) *Refusal { return &Refusal{code, point.Words{Zh: zh, En: en}} }

// What the box refuses.
var (
	errNoStore = refusal("no-store", "数据库不可用：存储卡故障或没有应答，请联系维护人员", "The database is not available: the disk failed or does not answer")
	errNoTrial = refusal("no-trial", "没有正在试用的站点文件", "No site file is on trial")
	errConfirm = refusal("bad-confirm", "试用时长须为 1 分钟至 24 小时", "A site file is on trial for 1 minute to 24 hours")
	errNoWay   = refusal("no-way", "没有这个通道或联系人，或该联系人没有此通道的号码或地址", "There is no such channel or contact, or the contact has no address for it")
	errOrphan  = refusal("no-administrator", "备份里没有管理员账号，恢复后将无人能登录", "The backup has no administrator: nobody could log in")
)
