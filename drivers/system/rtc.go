package system

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ClockFromRTC sets a wall clock that stands before the release's time from the
// clock with the battery, where the kernel did not. Without one the clock stays
// unset, and everybody is told so by its quality.
func ClockFromRTC(path string) error {
	if time.Now().After(builtAfter) {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("real-time clock: %w", err)
	}
	defer f.Close()
	t, err := unix.IoctlGetRTCTime(int(f.Fd()))
	if err != nil {
		return fmt.Errorf("real-time clock: read: %w", err)
	}
	at := fromRTC(t)
	if at.Before(builtAfter) {
		return fmt.Errorf("real-time clock: it shows %s: was its battery changed?", at.Format(time.DateTime))
	}
	s := unix.NsecToTimespec(at.UnixNano())
	return unix.ClockSettime(unix.CLOCK_REALTIME, &s)
}

// SetRTC writes the wall clock, which somebody has just set right.
func SetRTC(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("real-time clock: %w", err)
	}
	defer f.Close()
	if err := unix.IoctlSetRTCTime(int(f.Fd()), toRTC(time.Now())); err != nil {
		return fmt.Errorf("real-time clock: write: %w", err)
	}
	return nil
}

// The device counts months from 0 and years from 1900 (rtc(4)), in UTC.
func fromRTC(t *unix.RTCTime) time.Time {
	return time.Date(int(t.Year)+1900, time.Month(t.Mon+1), int(t.Mday), int(t.Hour), int(t.Min), int(t.Sec), 0, time.UTC)
}

func toRTC(at time.Time) *unix.RTCTime {
	at = at.UTC()
	return &unix.RTCTime{Year: int32(at.Year() - 1900), Mon: int32(at.Month() - 1), Mday: int32(at.Day()),
		Hour: int32(at.Hour()), Min: int32(at.Minute()), Sec: int32(at.Second())}
}
