package main

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	if err := os.WriteFile(args[0], file, 0o600); err != nil {
		return err
	}
	fmt.Fprintln(c.out, c.text("不含事件日志、历史数据和调试照片；照片请打印或另存调试报告留存", "journal, samples and the pictures of the checklist are not in it; keep the pictures by printing the commissioning report"))
	return nil
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
