package snmp

import "time"

// upTime follows an agent's sysUpTime, which wraps after 497 days. A smaller
// value than before is a wrap when the time that passed here explains it, else
// the agent was restarted.
type upTime struct {
	last uint32 // hundredths of a second
	at   time.Time
	high uint64 // what the wraps add
}

const wrap = 1 << 32

// slack is how far the agent's clock and ours may differ over a gap.
const slack = 60 * 100

// seen takes a reading and gives the time since start in hundredths, counted on
// over wraps.
func (u *upTime) seen(ticks uint32, now time.Time) uint64 {
	if !u.at.IsZero() && ticks < u.last {
		passed := now.Sub(u.at).Milliseconds() / 10
		off := int64(u.last) + passed - wrap - int64(ticks)
		if max(off, -off) < slack+passed/20 {
			u.high += wrap
		} else {
			u.high = 0
		}
	}
	u.last, u.at = ticks, now
	return u.high + uint64(ticks)
}

// since is how long counters have run that jumped last when sysUpTime showed
// jump (0: never), in seconds.
func (u *upTime) since(total uint64, jump uint32) float64 {
	if jump == 0 {
		return float64(total) / 100
	}
	ran := u.last - jump // modulo a wrap in between
	return float64(ran) / 100
}
