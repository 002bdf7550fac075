package conformance

import "watchbox/firmware/alarm"

// moreLife names what is special about an alarm.
func moreLife(a alarm.Alarm) []string { return nil }
