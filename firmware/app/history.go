package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"watchbox/firmware/config"
)

// SiteHistory lists the site files that were in force, newest first. Blocks on
// the disk.
func (a *App) SiteHistory() ([]config.Accepted, error) { return a.history().List() }

// SiteDiff compares an earlier site file with the one that is accepted now.
// Blocks on the disk.
func (a *App) SiteDiff(number int) ([]config.Line, error) {
	_, before, err := a.history().Get(number)
	if err != nil {
		return nil, err
	}
	now, err := config.LoadAccepted(a.options.DataDir)
	if err != nil {
		return nil, err
	}
	return config.Diff(string(before), string(now)), nil
}

// RestoreSite puts an earlier site file in place of the present one and in
// force. One that this box would refuse changes nothing.
func (a *App) RestoreSite(ctx context.Context, number int, actor string) error {
	_, text, err := a.history().Get(number)
	if err != nil {
		return err
	}
	return a.alone(ctx, func() error { return a.replaceSite(text, actor, 0) })
}

// PutSite takes a site file from a person in place of the one on the disk, and
// puts it in force: for good, or with confirm on trial. One that this box would
// refuse changes nothing. A box of the image has no other way to be given one.
func (a *App) PutSite(ctx context.Context, text []byte, actor string, confirm time.Duration) error {
	if confirm != 0 && (confirm < trialLeast || confirm > trialMost) {
		return errConfirm
	}
	return a.alone(ctx, func() error { return a.replaceSite(text, actor, confirm) })
}

// SiteText is the accepted site file as it was written. Blocks on the disk.
func (a *App) SiteText() ([]byte, error) { return config.LoadAccepted(a.options.DataDir) }

// replaceSite checks a site file, writes it and puts it in force; what cannot
// come into force does not stay on the disk either.
func (a *App) replaceSite(text []byte, actor string, confirm time.Duration) error {
	site, problems := checkSite(a.options, filepath.Base(a.options.SitePath), text)
	if site == nil {
		err := fmt.Errorf("%w:\n%w", ErrSite, config.Problems(problems))
		return err
	}
	former, unread := config.ReadFile(a.options.SitePath)
	if err := a.writeSite(text); err != nil {
		return err
	}
	err := a.enforce(site, text, actor, confirm)
	if err != nil && unread == nil {
		if again := a.writeSite(former); again != nil {
			a.log("%v", again)
		}
	}
	return err
}

func (a *App) writeSite(text []byte) error {
	if err := config.SaveWhole(filepath.Dir(a.options.SitePath), filepath.Base(a.options.SitePath), text); err != nil {
		return fmt.Errorf("write site file: %w", err)
	}
	return nil
}
