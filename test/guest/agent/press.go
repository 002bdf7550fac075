package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	lookEvery  = 20 * time.Microsecond // and what the kernel adds to a sleep, some 50 µs
	pressLimit = 5 * time.Second
)

// press moves an input up and gives the microseconds until an output is up. The
// output has to be down before. The level is looked at with pauses: with one
// processor the daemon could not run otherwise.
func press(w []string) (string, error) {
	in, _, err := place(w[0], w[1])
	if err != nil {
		return "", err
	}
	out, _, err := place(w[2], w[3])
	if err != nil {
		return "", err
	}
	level, err := os.Open(out + "/value")
	if err != nil {
		return "", err
	}
	defer level.Close()
	if now := levelAt(int(level.Fd())); now != "0" {
		return "", fmt.Errorf("press: the output is %s already", now)
	}
	began := time.Now()
	if err := pullAt(in, true); err != nil {
		return "", err
	}
	pause := unix.NsecToTimespec(lookEvery.Nanoseconds())
	for levelAt(int(level.Fd())) != "1" {
		if time.Since(began) > pressLimit {
			return "", fmt.Errorf("press: the output does not rise in %v", pressLimit)
		}
		unix.Nanosleep(&pause, nil)
	}
	return strconv.FormatInt(time.Since(began).Microseconds(), 10), nil
}

// bounce moves an input to and fro every millisecond as a bad contact does, and
// leaves it the other way round.
func bounce(w []string) (string, error) {
	folder, _, err := place(w[0], w[1])
	if err != nil {
		return "", err
	}
	last, err := strconv.Atoi(w[2])
	if err != nil {
		return "", err
	}
	began, up := time.Now(), word(folder+"/pull") != "pull-up"
	for end := began.Add(time.Duration(last) * time.Millisecond); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if err := pullAt(folder, up); err != nil {
			return "", err
		}
		time.Sleep(time.Millisecond)
		if err := pullAt(folder, !up); err != nil {
			return "", err
		}
	}
	return strconv.FormatInt(time.Since(began).Microseconds(), 10), pullAt(folder, up)
}
