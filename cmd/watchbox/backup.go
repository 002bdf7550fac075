package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"time"

	"watchbox/web"
)

// backupPatience covers the passphrase's slow key on a small box.
const backupPatience = 2 * time.Minute

func takeBackup(c *cli, args []string) error {
	if err := need("backup", args, 1); err != nil {
		return err
	}
	p, err := c.password("passphrase of the backup: ")
	if err != nil {
		return err
	}
	order, err := json.Marshal(web.BackupOrder{Passphrase: p})
	if err != nil {
		return err
	}
	r, err := c.request(http.MethodPost, "backup", bytes.NewReader(order), "application/json")
	if err != nil {
		return err
	}
	file, err := c.do(r, backupPatience)
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], file, 0o600)
}

func restoreBackup(c *cli, args []string) error {
	if err := need("restore", args, 1); err != nil {
		return err
	}
	file, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	p, err := c.password("passphrase of the backup: ")
	if err != nil {
		return err
	}
	r, err := c.request(http.MethodPost, "restore", file, "application/octet-stream")
	if err != nil {
		return err
	}
	r.Header.Set("X-Watchbox-Passphrase", url.QueryEscape(p))
	_, err = c.do(r, backupPatience)
	return err
}
