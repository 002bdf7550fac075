package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// caller talks to a running fieldsim.
type caller struct{ address string }

// callerOf finds it: the address given, else that of the folder given or named
// by WATCHBOX_SIM, else the usual one.
func callerOf(address, dir string) (caller, error) {
	if dir == "" {
		dir = os.Getenv("WATCHBOX_SIM")
	}
	if address == "" && dir != "" {
		a, err := readAddresses(dir)
		return caller{a.Page}, err
	}
	if address == "" {
		address = usual().Page
	}
	return caller{address}, nil
}

// do has the words done; the error says why not.
func (c caller) do(words string) error {
	_, err := c.ask(http.MethodPost, "/do", words)
	return err
}

// state gives the site's state as JSON.
func (c caller) state() (string, error) { return c.ask(http.MethodGet, "/state", "") }

func (c caller) ask(method, path, body string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), longestWait+10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set(guard, "1")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", fmt.Errorf("no fieldsim answers at %s: %w", c.address, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4<<20))
	if err == nil && answer.StatusCode/100 != 2 {
		err = errors.New(strings.TrimSpace(string(text)))
	}
	return string(text), err
}
