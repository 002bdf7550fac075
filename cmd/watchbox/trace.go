package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"time"

	"watchbox/firmware/bus"
	"watchbox/web"
)

// traceBus shows what goes over a wire until the time is over or Ctrl-C; with
// --save it is kept for Wireshark.
func traceBus(c *cli, args []string) error {
	flags := flag.NewFlagSet("watchbox bus trace", flag.ContinueOnError)
	seconds := flags.Int("seconds", 3600, "how long to listen, 1 to 3600")
	save := flags.String("save", "", "a pcapng `file` for Wireshark")
	names, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return errors.New("usage: watchbox bus trace BUS [--seconds N] [--save FILE.pcapng]")
	}
	show := func(l bus.Line) error { c.traceLine(l); return nil }
	if *save != "" {
		file, err := os.Create(*save)
		if err != nil {
			return err
		}
		defer file.Close()
		capture, err := bus.NewCapture(file, names[0])
		if err != nil {
			return err
		}
		show = func(l bus.Line) error { c.traceLine(l); return capture.Add(l) }
	}
	return c.listen(names[0], *seconds, show)
}

// parseMixed takes flags before and behind the other words.
func parseMixed(flags *flag.FlagSet, args []string) (words []string, err error) {
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if args = flags.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	return words, nil
}

// listen follows the stream of frames.
func (c *cli) listen(name string, seconds int, take func(bus.Line) error) error {
	r, err := c.request(http.MethodGet, fmt.Sprintf("buses/%s/trace?seconds=%d", url.PathEscape(name), seconds), nil, "application/json")
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	a, err := http.DefaultClient.Do(r.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("%s: %w", c.text("%s 没有值守应答", "no box answers at %s", c.server), err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		answer, _ := io.ReadAll(io.LimitReader(a.Body, maxAnswer))
		return c.refusal(a.StatusCode, answer)
	}
	err = frames(a.Body, take)
	if ctx.Err() != nil {
		return nil // Ctrl-C
	}
	return err
}

// frames reads server-sent events; those that are no frame are skipped.
func frames(in io.Reader, take func(bus.Line) error) error {
	name := ""
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case key == "event":
			name = value
		case key == "data" && name == "frame":
			l, err := lineOf(value)
			if err == nil {
				err = take(l)
			}
			if err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

func lineOf(text string) (l bus.Line, err error) {
	var t web.TraceLine
	if err = json.Unmarshal([]byte(text), &t); err != nil {
		return l, fmt.Errorf("the box sent a frame that cannot be read: %w", err)
	}
	data, err := hex.DecodeString(t.Data)
	l.Frame = bus.Frame{At: t.At, Kind: t.Kind, Wait: time.Duration(t.Wait * float64(time.Second)), Data: data, Lost: t.Lost}
	l.Meaning = bus.Meaning{Protocol: t.Protocol, Unit: t.Unit, Check: t.Check, Text: t.Text}
	return l, err
}

var kindWords = map[bus.Kind][2]string{
	bus.Sent: {"→ 发送", "→ sent"}, bus.Answer: {"← 应答", "← answer"}, bus.Late: {"← 迟到", "← late"}, bus.Doubled: {"← 重复", "← doubled"},
	bus.Foreign: {"← 外来", "← foreign"}, bus.Damaged: {"← 受损", "← damaged"}, bus.Noise: {"← 无法识别", "← noise"}, bus.Silence: {"· 无应答", "· silence"},
}

// traceLine shows one frame: time, direction, check sum, words, bytes.
func (c *cli) traceLine(l bus.Line) {
	if c.json {
		json.NewEncoder(c.out).Encode(web.LineOf(l))
		return
	}
	if l.Lost > 0 {
		c.say("  … 丢了 %d 帧：读得太慢", "  … %d frames lost: read too slowly", l.Lost)
	}
	kind := kindWords[l.Kind]
	check := map[string]string{bus.Good: c.text("校验对", "sum ok"), bus.Bad: c.text("校验错", "BAD SUM")}[l.Check]
	wait := ""
	if l.Wait > 0 && l.Kind != bus.Silence {
		wait = " +" + milliseconds(l.Wait.Seconds())
	}
	fmt.Fprintf(c.out, "%s  %s%s  %s  %s  [% X]\n", l.At.In(atSite).Format("15:04:05.000"), c.text(kind[0], kind[1]), wait, check, l.Text.In(c.lang), l.Data)
}
