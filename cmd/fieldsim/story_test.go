package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func any1(string) bool { return true }

func TestStoryNamesEveryWrongLine(t *testing.T) {
	known := func(w string) bool { return w != "dance" }
	_, err := readStory(strings.NewReader("mains off\nafter soon press panic\n# calm\nafter -3s mains on\ndance\n"), known)
	for _, line := range []string{"line 2", "line 4", "line 5"} {
		if err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("%s is not named: %v", line, err)
		}
	}
	s, err := readStory(strings.NewReader("mains off # the storm\n\nafter 5s mains on\n"), any1)
	if err != nil || len(s) != 2 || s[1].after != 5*time.Second || s[1].words != "mains on" {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestEveryBuiltInStoryCanHappen(t *testing.T) {
	table := (&field{}).everything()
	list := storyNames()
	if len(list) < 5 {
		t.Fatalf("only %v", list)
	}
	for _, s := range list {
		r, err := openStory(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		scenes, err := readStory(r, table.knows)
		if err != nil || len(scenes) < 3 || s.Title == "" {
			t.Errorf("story %s %q: %d scenes, %v", s.Name, s.Title, len(scenes), err)
		}
	}
}

func TestStoryKeepsItsPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Duration
		scenes := []scene{{1, 0, "a"}, {2, time.Hour, "b"}, {3, time.Minute, "c"}}
		err := play(t.Context(), scenes, func(w string) error {
			at = append(at, time.Since(began))
			if w == "c" {
				return errors.New("no")
			}
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "line 3") || at[1] != time.Hour || at[2] != time.Hour+time.Minute {
			t.Errorf("at %v: %v", at, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := play(ctx, scenes, func(string) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled story ended with %v", err)
		}
	})
}
