package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"watchbox/firmware/backup"
	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// Backup seals the whole box but for journal and samples. Blocks on the disk and
// for a second of the processor.
func (a *App) Backup(ctx context.Context, passphrase, actor string) ([]byte, error) {
	c, err := a.gather(ctx, actor)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	file, err := backup.Seal(c, passphrase)
	if err == nil {
		out := leftOut(c)
		a.Journal(event.Record{Type: event.BackupMade, Actor: actor, Text: point.Words{Zh: "导出了整机备份" + out.Zh, En: "A backup of the box was taken" + out.En}})
	}
	return file, err
}

// leftOut tells of the pictures that are not in the backup; nothing when there are none.
func leftOut(c backup.Content) (w point.Words) {
	if c.Pictures > 0 {
		w.Zh = fmt.Sprintf("，不含调试照片 %d 张", c.Pictures)
		w.En = fmt.Sprintf("; pictures of the checklist that are not in it: %d", c.Pictures)
	}
	return w
}

func (a *App) gather(ctx context.Context, actor string) (c backup.Content, err error) {
	s := a.store.Load()
	if s == nil {
		return c, errNoStore
	}
	box, _ := a.Identity()
	c = backup.Content{Box: box, Board: a.site.Load().Board, Firmware: a.options.Version, At: a.clock().Wall, By: actor}
	text, err := config.LoadAccepted(a.options.DataDir)
	if err != nil {
		return c, err
	}
	c.Site = string(text)
	c.Maps = a.soundMaps()
	if c.Former, err = a.former(); err != nil {
		return c, err
	}
	if c.Secrets, err = config.AllSecrets(a.options.SecretsDir); err != nil {
		return c, err
	}
	if c.Accounts, err = s.Accounts(ctx); err != nil {
		return c, err
	}
	if c.Credentials, err = tokens(ctx, s); err != nil {
		return c, err
	}
	here, _, err := a.engine.Photos(ctx)
	if err != nil {
		return c, err
	}
	c.Pictures = len(here)
	c.Retained, err = s.Retained(ctx)
	return c, err
}

func (a *App) former() (list []backup.Former, err error) {
	entries, err := a.history().List()
	for _, e := range entries {
		if e, text, err := a.history().Get(e.Number); err == nil {
			list = append(list, backup.Former{Accepted: e, Text: string(text)})
		}
	}
	return list, err
}

// tokens are the programs' credentials; sessions of people end with a restore.
func tokens(ctx context.Context, s *store.Store) (list []person.Credential, err error) {
	all, err := s.Credentials(ctx)
	for _, c := range all {
		if c.Token {
			list = append(list, c)
		}
	}
	return list, err
}

// Restore opens a backup and, when this box could run its site file, ends the
// daemon in order: the next start takes the backup in place of what is here. A
// backup that cannot be used changes nothing. The journal goes on, and the box
// keeps its own id.
func (a *App) Restore(ctx context.Context, file []byte, passphrase, actor string) error {
	c, err := backup.Open(file, passphrase)
	if err != nil {
		return err
	}
	if err := a.fits(c); err != nil {
		return err
	}
	return a.alone(ctx, func() error {
		c.By = actor
		if err := a.keepRestore(c); err != nil {
			return err
		}
		out := leftOut(c)
		a.Journal(event.Record{Type: event.BackupRestored, Actor: actor, Text: point.Words{
			Zh: "恢复整机备份（" + c.Box + "，" + c.At.Format("2006-01-02") + out.Zh + "），重新启动", En: "Restores a backup of box " + c.Box + " of " + c.At.Format("2006-01-02") + out.En + ", and starts again"}})
		go a.again("a backup is restored")
		return nil
	})
}

// fits checks the backup's site file with the backup's own secrets and maps. A map that
// was lost when the backup was made costs its device, as at a start.
func (a *App) fits(c backup.Content) error {
	o := a.options
	o.Secrets = func(name string) (string, bool) { v, ok := c.Secrets[name]; return v, ok }
	if err := mapsFit(c.Maps); err != nil {
		return err
	}
	if o.Maps != nil {
		o.Builder = o.Maps.With(c.Maps)
	}
	if site, problems := checkSite(o, "backup", []byte(c.Site), config.LostMap); site == nil {
		return fmt.Errorf("%w:\n%w", backup.ErrMisfit, config.Problems(problems))
	}
	administrators := 0
	for _, x := range c.Accounts {
		if x.Role == person.Administrator {
			administrators++
		}
	}
	if administrators == 0 {
		return errOrphan
	}
	return nil
}

const restoreName = "restore.json"

func (a *App) keepRestore(c backup.Content) error {
	b, err := json.Marshal(c)
	if err == nil {
		err = config.SaveWhole(a.options.DataDir, restoreName, b)
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

// pending is the restore that the last life left; nil when there is none.
func (a *App) pending() *backup.Content {
	path := filepath.Join(a.options.DataDir, restoreName)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var c backup.Content
	if err := json.Unmarshal(b, &c); err != nil {
		a.log("restore: %v: given up", err)
		os.Remove(path)
		return nil
	}
	return &c
}

// restoreFiles takes secrets, history, own maps and site file of a pending restore, before
// the site file is read. Each step may be done twice; what is done is taken out
// of the pending restore, so that a later start does not undo a person's work.
func (a *App) restoreFiles() {
	c := a.pending()
	if c == nil || c.Site == "" {
		return
	}
	if err := a.putFiles(c); err != nil {
		a.log("restore: %v: again at the next start", err)
		return
	}
	c.Site, c.Former, c.Secrets, c.Maps = "", nil, nil, nil
	if err := a.keepRestore(*c); err != nil {
		a.log("%v", err)
	}
}

func (a *App) putFiles(c *backup.Content) error {
	if err := config.KeepSecrets(a.options.SecretsDir, c.Secrets); err != nil {
		return err
	}
	for i := len(c.Former) - 1; i >= 0; i-- { // oldest first
		if _, err := a.history().Add([]byte(c.Former[i].Text), c.Former[i].Accepted); err != nil {
			return err
		}
	}
	if err := a.keepMaps(c.Maps); err != nil {
		return err
	}
	a.unmark()
	return a.writeSite([]byte(c.Site))
}

// restoreStore takes people and retained state of a pending restore, before
// anybody reads them.
func (a *App) restoreStore(s *store.Store) {
	c := a.pending()
	if c == nil || c.Site != "" { // without its files it waits
		return
	}
	if err := s.Adopt(context.Background(), c.Accounts, c.Credentials, c.Retained); err != nil {
		a.log("restore: %v: again at the next start", err)
		return
	}
	if err := os.Remove(filepath.Join(a.options.DataDir, restoreName)); err != nil {
		a.log("restore: %v", err)
	}
	a.log("restored the backup of box %s of %s: %d users, %d retained states", c.Box, c.At.Format("2006-01-02"), len(c.Accounts), len(c.Retained))
}

// again ends the daemon in order, so that it is started anew.
func (a *App) again(why string) {
	a.restartAfter(context.Background(), why, a.options.Again)
}
