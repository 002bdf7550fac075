package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	wires "watchbox/firmware/bus"
)

// playBack serves a recording of a bus: what the slaves said then they say again, to the
// same requests and after the same time, with all their faults.
func playBack(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("fieldsim play", flag.ContinueOnError)
	at := flags.String("at", "recording", "`path` of the wire")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("play: want one recording, as `watchbox bus trace --save` makes it")
	}
	file, err := os.Open(flags.Arg(0))
	if err != nil {
		return err
	}
	defer file.Close()
	lines, err := wires.ReadCapture(file)
	if err != nil {
		return fmt.Errorf("play %s: %w", flags.Arg(0), err)
	}
	r := newRecording(lines)
	w, err := newWire(*at, func(master *os.File) { r.serve(master) })
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "录音总线 recorded bus: %s（%d 种问询 kinds of request）\n", *at, len(r.replies))
	<-ctx.Done()
	return w.cut()
}

// said is what was heard after a request, and how long after it.
type said struct {
	after time.Duration
	data  []byte
}

// recording knows each request with its replies in the order in which they came;
// after the last they begin anew.
type recording struct {
	replies map[string][][]said
	turn    map[string]int
	longest int
}

func newRecording(lines []wires.Line) *recording {
	r := &recording{replies: map[string][][]said{}, turn: map[string]int{}}
	request, sent := "", time.Time{}
	for _, l := range lines {
		switch {
		case l.Kind == wires.Sent:
			request, sent = string(l.Data), l.At
			r.longest = max(r.longest, len(request))
			r.replies[request] = append(r.replies[request], nil)
		case request != "" && len(l.Data) > 0:
			n := len(r.replies[request]) - 1
			r.replies[request][n] = append(r.replies[request][n], said{l.At.Sub(sent), l.Data})
		}
	}
	return r
}

// serve answers until the wire fails.
func (r *recording) serve(wire io.ReadWriter) error {
	var input []byte
	b := make([]byte, 512)
	for {
		n, err := wire.Read(b)
		if errors.Is(err, syscall.EIO) && !errors.Is(err, os.ErrClosed) {
			time.Sleep(20 * time.Millisecond) // nobody has the other end open just now
			continue
		}
		if err != nil {
			return err
		}
		input = append(input, b[:n]...)
		if request := r.heard(input); request != "" {
			input = input[:0]
			if err := r.answer(wire, request); err != nil {
				return err
			}
		}
		input = append(input[:0:0], input[max(0, len(input)-r.longest):]...)
	}
}

// heard is the recorded request that the input ends with.
func (r *recording) heard(input []byte) (found string) {
	for request := range r.replies {
		if len(request) > len(found) && bytes.HasSuffix(input, []byte(request)) {
			found = request
		}
	}
	return found
}

func (r *recording) answer(wire io.Writer, request string) error {
	all := r.replies[request]
	now := all[r.turn[request]%len(all)]
	r.turn[request]++
	began := time.Now()
	for _, s := range now {
		time.Sleep(s.after - time.Since(began))
		if _, err := wire.Write(s.data); err != nil {
			return err
		}
	}
	return nil
}
