package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/backup"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
)

const pass = "a passphrase for tests"

// withSecrets keeps the house's secrets in a folder.
func (h *house) withSecrets(ended *int) {
	h.extra = func(o *Options) {
		o.SecretsDir, o.Version = filepath.Join(h.data, "secrets"), "1.0.0"
		o.Again = func(string) { *ended++ }
	}
}

func TestAWholeBoxGoesIntoAFileAndIntoAnotherBox(t *testing.T) {
	var file []byte
	var first string
	inHouse(t, func(h *house) {
		ended := 0
		h.withSecrets(&ended)
		h.start()
		defer h.end()
		if err := errors.Join(os.Mkdir(filepath.Join(h.data, "secrets"), 0o700), os.WriteFile(filepath.Join(h.data, "secrets", "hook"), []byte("hush\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Persons().SetUp(context.Background(), h.code, "chief", "long enough"); err != nil {
			t.Fatal(err)
		}
		h.write(changedSite)
		if err := h.Reload(context.Background(), "chief"); err != nil {
			t.Fatal(err)
		}
		h.pass(10 * time.Second)
		if err := h.Do(context.Background(), engine.Command{Verb: engine.Shelve, Target: hotKey, Actor: "chief", Comment: "being repaired", Until: h.clock().Wall.Add(5 * time.Hour)}); err != nil {
			t.Fatal(err)
		}
		h.pass(5 * time.Second)
		if err := h.Do(context.Background(), engine.Command{Verb: engine.PassItem, Target: "output/oc/siren", Actor: "chief", Comment: "heard"}); err != nil {
			t.Fatal(err)
		}
		if err := h.AttachPhoto(context.Background(), "output/oc/siren", picture(8), "chief"); err != nil {
			t.Fatal(err)
		}
		var err error
		if _, err = h.Backup(context.Background(), "short", "chief"); !errors.Is(err, backup.ErrWeak) {
			t.Errorf("a weak passphrase: %v", err)
		}
		if file, err = h.Backup(context.Background(), pass, "chief"); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Second)
		if r := h.record(event.BackupMade, ""); r.Text.Zh != "导出了整机备份，不含调试照片 1 张" || !strings.HasSuffix(r.Text.En, "pictures of the checklist that are not in it: 1") {
			t.Errorf("%+v", r.Text)
		}
		first, _ = h.Identity()
	})
	inHouse(t, func(h *house) {
		ended := 0
		h.withSecrets(&ended)
		h.start()
		defer func() { h.end() }()
		own, epoch := h.Identity()
		if err := h.Restore(context.Background(), file, "another passphrase", "li"); !errors.Is(err, backup.ErrPassphrase) {
			t.Errorf("another passphrase: %v", err)
		}
		if err := h.Restore(context.Background(), file, pass, "li"); err != nil {
			t.Fatal(err)
		}
		h.pass(5 * time.Second)
		h.record(event.BackupRestored, "")
		if ended != 1 {
			t.Fatalf("the daemon was ended %d times", ended)
		}
		h.end()
		h.start()
		h.pass(10 * time.Second)
		if box, now := h.Identity(); box != own || box == first || now != epoch {
			t.Errorf("the box calls itself %s/%s, was %s/%s; the backup is of %s", box, now, own, epoch, first)
		}
		if text, err := os.ReadFile(h.site); err != nil || string(text) != changedSite {
			t.Errorf("site file: %v", err)
		}
		if b, err := os.ReadFile(filepath.Join(h.data, "secrets", "hook")); err != nil || strings.TrimSpace(string(b)) != "hush" {
			t.Errorf("secret: %q %v", b, err)
		}
		if _, u, err := h.Persons().LogIn(context.Background(), "chief", "long enough"); err != nil || u.Role != "administrator" {
			t.Errorf("log-in: %v", err)
		}
		shelved := false
		for _, a := range h.View().Alarms {
			shelved = shelved || a.Key == hotKey && a.ShelvedBy == "chief"
		}
		if !shelved {
			t.Errorf("the shelf is lost: %+v", h.View().Alarms)
		}
		if list, _ := h.SiteHistory(); len(list) < 2 || list[0].Digest == list[1].Digest {
			t.Errorf("history: %+v", list)
		}
		if _, err := os.Stat(filepath.Join(h.data, restoreName)); !os.IsNotExist(err) {
			t.Errorf("the restore is still pending: %v", err)
		}
	})
}

func TestABackupThatDoesNotFitChangesNothing(t *testing.T) {
	inHouse(t, func(h *house) {
		ended := 0
		h.withSecrets(&ended)
		h.start()
		defer h.end()
		for name, c := range map[string]backup.Content{
			"bad site":      {Site: strings.Replace(siteFile, "type: panic", "type: picnic", 1)},
			"nobody inside": {Site: siteFile},
		} {
			file, err := backup.Seal(c, pass)
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Restore(context.Background(), file, pass, "li"); err == nil {
				t.Errorf("%s: restored", name)
			}
		}
		h.pass(time.Minute)
		if _, err := os.Stat(filepath.Join(h.data, restoreName)); ended != 0 || !os.IsNotExist(err) {
			t.Errorf("ended %d, %v", ended, err)
		}
	})
}
