package main

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

//go:embed stories/*.story
var storyFiles embed.FS

// scene is one line of a story: after a pause, one deed.
type scene struct {
	line  int
	after time.Duration
	words string
}

// readStory reads a story: one scene per line, "after 5s mains off" or just
// "mains off"; "#" begins a comment. known tells whether words can happen at
// all. All faults are listed, with their lines.
func readStory(r io.Reader, known func(words string) bool) ([]scene, error) {
	var scenes []scene
	var wrong []string
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		s := scene{line: n}
		if words[0] == "after" && len(words) > 2 {
			d, err := time.ParseDuration(words[1])
			if err != nil || d < 0 {
				wrong = append(wrong, fmt.Sprintf("line %d: after %q: want a time such as 5s or 2m", n, words[1]))
				continue
			}
			s.after, words = d, words[2:]
		}
		if s.words = strings.Join(words, " "); !known(s.words) {
			wrong = append(wrong, fmt.Sprintf("line %d: %q is not something that can happen here", n, s.words))
		}
		scenes = append(scenes, s)
	}
	if wrong != nil {
		return nil, fmt.Errorf("read story: %s", strings.Join(wrong, "; "))
	}
	return scenes, lines.Err()
}

// openStory opens a built-in story by its name, or a file.
func openStory(name string) (io.ReadCloser, error) {
	if f, err := storyFiles.Open("stories/" + name + ".story"); err == nil {
		return f, nil
	}
	return os.Open(name)
}

// storyNames lists the built-in stories with their titles: their first lines.
func storyNames() (list []tale) {
	entries, err := storyFiles.ReadDir("stories")
	if err != nil {
		return nil // it is part of the program
	}
	for _, e := range entries {
		b, err := storyFiles.ReadFile("stories/" + e.Name())
		if err != nil {
			continue
		}
		title, _, _ := strings.Cut(string(b), "\n")
		list = append(list, tale{strings.TrimSuffix(e.Name(), ".story"), strings.TrimLeft(title, "# ")})
	}
	return list
}

// tale is a built-in story as the page shows it.
type tale struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// play does the scenes in turn.
func play(ctx context.Context, scenes []scene, do func(string) error) error {
	for _, s := range scenes {
		if err := pause(ctx, s.after); err != nil {
			return err
		}
		if err := do(s.words); err != nil {
			return fmt.Errorf("story line %d: %w", s.line, err)
		}
	}
	return nil
}

// pause waits, but not longer than ctx lives.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// stories plays one story at a time.
type stories struct {
	mutex sync.Mutex
	now   string // the one that plays
	end   func() // ends it, without waiting
	run   int
}

// stop ends the story that plays.
func (s *stories) stop() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.end != nil {
		s.end()
	}
	s.now, s.end = "", nil
}

// playing is the name of the story that plays, or empty.
func (s *stories) playing() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.now
}

// begin notes that a story plays; its end is told by ended(run).
func (s *stories) begin(name string, end func()) (run int) {
	s.stop()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.run++
	s.now, s.end = name, end
	return s.run
}

func (s *stories) ended(run int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.run == run {
		s.now, s.end = "", nil
	}
}

// tellStory plays a story beside everything else; "stop" ends the one that plays.
func (f *field) tellStory(name string) error {
	if name == "stop" {
		f.stories.stop()
		return nil
	}
	r, err := openStory(name)
	if err != nil {
		return err
	}
	defer r.Close()
	scenes, err := readStory(r, f.deeds.knows)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(f)
	run := f.stories.begin(name, cancel)
	f.done.Go(func() {
		defer cancel()
		err := play(ctx, scenes, f.do)
		f.stories.ended(run)
		if err != nil && !errors.Is(err, context.Canceled) {
			f.diary.tell("情景中断："+err.Error(), "story broke off: "+err.Error())
		}
	})
	return nil
}
