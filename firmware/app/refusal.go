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
	errNoBus   = refusal("no-bus", "没有这条总线，也没有这样一台自有线路的设备", "There is no such bus, and no such device with a wire of its own")
	errSearch  = refusal("search-runs", "这条总线正在搜索", "This bus is being searched already")
	errNoSeek  = refusal("no-search", "这条总线没有搜索过", "This bus was not searched")
	errEars    = refusal("too-many-listeners", "已有 4 处在监听这条总线；请先关闭其中一处", "Four listen to this bus already: close one of them first")
	errNoWay   = refusal("no-way", "没有这个通道或联系人，或该联系人没有此通道的号码或地址", "There is no such channel or contact, or the contact has no address for it")
	errOrphan  = refusal("no-administrator", "备份里没有管理员账号，恢复后将无人能登录", "The backup has no administrator: nobody could log in")
)
