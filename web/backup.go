package web

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"watchbox/firmware/backup"
)

// BackupOrder asks for a backup.
type BackupOrder struct {
	Passphrase string `json:"passphrase" doc:"10–128 characters; nobody can open the file without it"`
}

// passphraseHeader carries the passphrase of a restore beside the file, as in a
// URL's query: a header has room for plain letters only.
const passphraseHeader = "X-Watchbox-Passphrase"

// takeBackup answers with the file itself.
func takeBackup(c *call) {
	file, err := c.seal()
	if err != nil {
		writeFailure(c.w, backupFailure(err))
		return
	}
	c.w.Header().Set("Content-Type", "application/octet-stream")
	c.w.Header().Set("Content-Disposition", `attachment; filename="watchbox.backup"`)
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.Write(file)
}

func (c *call) seal() ([]byte, error) {
	in, err := read[BackupOrder](c)
	if err != nil {
		return nil, err
	}
	leave, ok := c.throttle.enter(c.r, address(c.r))
	if !ok {
		return nil, errThrottled
	}
	defer leave()
	return c.box.Backup(c.r.Context(), in.Passphrase, c.user.Name)
}

func restoreBackup(c *call) (any, error) {
	passphrase, err := url.QueryUnescape(c.r.Header.Get(passphraseHeader))
	if err != nil || passphrase == "" {
		return nil, badRequest(passphraseHeader + " is missing")
	}
	leave, ok := c.throttle.enter(c.r, address(c.r))
	if !ok {
		return nil, errThrottled
	}
	defer leave()
	in := &slow{http.MaxBytesReader(c.w, c.r.Body, backup.Limit), http.NewResponseController(c.w)}
	file, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	return nil, backupFailure(c.box.Restore(c.r.Context(), file, passphrase, c.user.Name))
}

// backupFailure puts the classes of package backup into a person's words.
func backupFailure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, backup.ErrWeak):
		return failure(400, "weak-passphrase", "口令须为 10–128 个字符", "The passphrase must have 10–128 characters")
	case errors.Is(err, backup.ErrNoBackup):
		return failure(400, "no-backup", "这不是整机备份文件", "This is no backup of a box")
	case errors.Is(err, backup.ErrPassphrase):
		return failure(403, "wrong-passphrase", "口令不对，或备份文件已损坏", "The passphrase is wrong, or the backup is damaged")
	case errors.Is(err, backup.ErrMisfit):
		f := failure(409, "misfit", "本机用不了备份中的站点文件", "This box cannot run the backup's site file")
		f.Reasons = lines(err)
		return f
	}
	return err
}
