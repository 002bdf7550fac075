package update

import (
	"cmp"
	"context"
	"fmt"
	"io"
)

// The reasons that only a USB stick has.
const (
	StickEmpty  Code = "stick-without-bundle"
	StickFormat Code = "stick-format"   // no file system that the box reads
	StickLost   Code = "stick-lost"     // pulled out, or it does not answer
	StickLeft   Code = "stick-left-in"  // it was in when the box started
	StickOff    Code = "stick-off"      // the site file says so
	Consent     Code = "consent-needed" // a user has to let the installer in first
	NotNewer    Code = "not-newer"      // nobody stands behind a stick: it brings newer firmware only
	FailedHere  Code = "failed-here"    // it did not prove itself on this box, and nobody has seen to that yet
)

// NoBundle is a stick without firmware for this board.
func NoBundle(board string) *Refusal {
	name := "watchbox-" + board + "-x.y.z.bundle"
	return refuse(StickEmpty, nil, "U盘根目录下没有本机型的升级包（"+name+"）", "the stick has no bundle for this box in its root directory ("+name+")")
}

// NotFAT is a stick whose file system is another one; format is "" when nobody knows.
func NotFAT(format string) *Refusal {
	return refuse(StickFormat, nil, "U盘格式不认识（"+cmp.Or(format, "未知")+"），请格式化为 FAT32",
		"the stick's format is not read ("+cmp.Or(format, "unknown")+"): format it as FAT32")
}

// LostStick is one that was pulled out, or that cannot be read.
func LostStick(cause error) *Refusal {
	return refuse(StickLost, cause, "U盘读取失败或被拔出，请重新插入", "the stick cannot be read or was pulled out: plug it in again")
}

// LeftStick is one that was in when the box started.
func LeftStick() *Refusal {
	return refuse(StickLeft, nil, "开机时U盘已插着，未读取；要升级请拔出，等十秒再插入", "the stick was in when the box started and is not read: to update, pull it out, wait ten seconds and plug it in again")
}

// SticksOff is a box whose site file wants none.
func SticksOff() *Refusal {
	return refuse(StickOff, nil, "配置文件不允许用U盘升级（usb-stick: ignore）", "the site file takes no update from a stick (usb-stick: ignore)")
}

// NeedsConsent is a box whose users let the installer in first.
func NeedsConsent() *Refusal {
	return refuse(Consent, nil, "须先由用户授权维护，再插入U盘", "a user has to let the installer in first: then plug the stick in again")
}

// AdmitStick is Admit for a bundle that no person stands behind: it must be newer
// than what runs.
func (m Manifest) AdmitStick(running Version) error {
	if err := m.Admit(running, false); err != nil {
		return err
	}
	if !running.Before(m.Version) {
		return refuse(NotNewer, nil, fmt.Sprintf("升级包 %s 不比本机 %s 新", m.Version, running), fmt.Sprintf("the bundle %s is not newer than what runs, %s", m.Version, running))
	}
	return nil
}

// StageStick is Stage for a bundle from a USB stick. Besides AdmitStick, firmware
// that went back is not tried again until a person has put that outcome aside: a
// stick that stays in must not make the box go round. What is staged already is
// read back, not written again; what is older than that replaces nothing. Its errors are *Refusal.
func (k *Keeper) StageStick(ctx context.Context, in io.Reader, actor string) (Record, error) {
	return k.stage(ctx, in, actor, func(m Manifest) (there bool, err error) {
		if err := m.AdmitStick(k.release()); err != nil {
			return false, err
		}
		r := k.Record()
		switch same := r.Manifest.SHA256 == m.SHA256 && r.Manifest.Version == m.Version; {
		case same && (r.Phase == RolledBack || r.Phase == Stranded):
			return false, refuse(FailedHere, nil, fmt.Sprintf("固件 %s 在本机未通过试运行：请先在“设置 → 升级”看原因并按“知道了”", m.Version),
				fmt.Sprintf("firmware %s did not prove itself on this box: see the reasons under settings, update, and press Seen first", m.Version))
		case same && r.Phase == Staged:
			return k.slots.Check(ctx, r.Slot, m.Size, m.SHA256) == nil, nil
		case r.Phase == Staged && m.Version.Before(r.Manifest.Version):
			return false, refuse(NotNewer, nil, fmt.Sprintf("升级包 %s 不比已写入待启动的 %s 新", m.Version, r.Manifest.Version),
				fmt.Sprintf("the bundle %s is not newer than %s, which is written already and waits to be started", m.Version, r.Manifest.Version))
		}
		return false, nil
	})
}
