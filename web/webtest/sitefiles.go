package webtest

import (
	"context"
	"fmt"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/point"
)

// ReloadOnTrial is Reload, and remembers who has to confirm.
func (b *Box) ReloadOnTrial(ctx context.Context, actor string, confirm time.Duration) error {
	if err := b.Reload(ctx, actor); err != nil {
		return err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.Trial = &struct{ By string }{actor}
	return nil
}

// ConfirmSite ends the trial.
func (b *Box) ConfirmSite(context.Context, string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.Trial == nil {
		return noTrial{}
	}
	b.Trial = nil
	return nil
}

// SiteTrial has ten minutes left, always.
func (b *Box) SiteTrial() (string, time.Duration, bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.Trial == nil {
		return "", 0, false
	}
	return b.Trial.By, 10 * time.Minute, true
}

// SiteHistory lists SiteFiles.
func (b *Box) SiteHistory() ([]config.Accepted, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.SiteFiles, nil
}

// SiteDiff knows the numbers of SiteFiles only.
func (b *Box) SiteDiff(number int) ([]config.Line, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, a := range b.SiteFiles {
		if a.Number == number {
			return config.Diff("above: 30", "above: 20"), nil
		}
	}
	return nil, fmt.Errorf("site file %d: %w", number, config.ErrNoSuchSite)
}

// RestoreSite is Reload of a number of SiteFiles.
func (b *Box) RestoreSite(ctx context.Context, number int, actor string) error {
	if _, err := b.SiteDiff(number); err != nil {
		return err
	}
	return b.Reload(ctx, actor)
}

// PutSite keeps the text, and is Reload otherwise.
func (b *Box) PutSite(ctx context.Context, text []byte, actor string, confirm time.Duration) error {
	var err error
	if confirm > 0 {
		err = b.ReloadOnTrial(ctx, actor, confirm)
	} else {
		err = b.Reload(ctx, actor)
	}
	if err == nil {
		b.mutex.Lock()
		defer b.mutex.Unlock()
		b.text = text
	}
	return err
}

// SiteText is what PutSite was given.
func (b *Box) SiteText() ([]byte, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text, nil
}

// noTrial is the box's refusal to confirm a site file when none is on trial.
type noTrial struct{}

func (noTrial) Error() string { return "no site file is on trial" }

// Refused is the box's code and words.
func (noTrial) Refused() (string, point.Words) {
	return "no-trial", words("没有正在试用的站点文件", "No site file is on trial")
}
