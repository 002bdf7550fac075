package app

import (
	"testing"
	"time"
)

func TestLossesAreToldWhileTheyRise(t *testing.T) {
	w := lossWatch{}
	for i, step := range []struct {
		at   time.Duration
		lost uint64
		want string
	}{
		{0, 0, ""},
		{time.Second, 3, "3 edges lost"},
		{lostQuiet, 3, "3 edges lost"},
		{lostQuiet + time.Second, 3, ""},
		{lostQuiet + 2*time.Second, 4, "4 edges lost"},
		{lostQuiet + 3*time.Second, 0, ""}, // the terminals were built anew
		{lostQuiet + 4*time.Second, 1, "1 edges lost"},
		{lostQuiet + 5*time.Second, 0, ""}, // they were found to be of an input
	} {
		got := ""
		if err := w.look(step.at, "input/a", step.lost); err != nil {
			got = err.Error()
		}
		if got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
}
