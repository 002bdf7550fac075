package system

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// SetRTC writes the wall clock, which somebody has just set right. At the start the
// kernel itself takes it from there (CONFIG_RTC_HCTOSYS).
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
func toRTC(at time.Time) *unix.RTCTime {
	at = at.UTC()
	return &unix.RTCTime{Year: int32(at.Year() - 1900), Mon: int32(at.Month() - 1), Mday: int32(at.Day()),
		Hour: int32(at.Hour()), Min: int32(at.Minute()), Sec: int32(at.Second())}
}
