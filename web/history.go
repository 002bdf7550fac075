package web

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"watchbox/firmware/config"
)

// ReloadOrder asks for the site file on the disk.
type ReloadOrder struct {
	Confirm string `json:"confirm,omitempty" doc:"1m to 24h: in force on trial, and taken back unless confirmed within this time"`
}

// SiteTrial is a site file that has still to be confirmed.
type SiteTrial struct {
	By   string  `json:"by"`
	Left float64 `json:"left" doc:"seconds"`
}

// SiteHistory is the answer of GET /site/history.
type SiteHistory struct {
	Files []config.Accepted `json:"files"`
}

// SiteDiff leads from an earlier site file to the one in force.
type SiteDiff struct {
	Lines []config.Line `json:"lines"`
}

// siteMost bounds a site file, in bytes, as package config does.
const siteMost = 1 << 20

func siteFile(c *call) {
	text, err := c.box.SiteText()
	if err != nil {
		writeFailure(c.w, err)
		return
	}
	c.w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	c.w.Header().Set("Content-Disposition", `attachment; filename="site.yaml"`)
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.Write(text)
}

func putSite(c *call) (any, error) {
	confirm, err := parseConfirm(c.r.URL.Query().Get("confirm"))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, siteMost))
	if err != nil {
		return nil, err
	}
	if err := c.box.PutSite(c.r.Context(), text, c.user.Name, confirm); err != nil {
		return nil, siteRefused(err)
	}
	return nil, nil
}

func confirmSite(c *call) (any, error) { return nil, c.box.ConfirmSite(c.r.Context(), c.user.Name) }

func siteHistory(c *call) (any, error) {
	list, err := c.box.SiteHistory()
	return SiteHistory{append([]config.Accepted{}, list...)}, err
}

func (c *call) number() (int, error) {
	n, err := parseCount("number", c.r.PathValue("number"), 0, 1, 1<<30)
	return int(n), err
}

func noSite(n int) *Failure {
	return unknown("站点文件", "site file", strconv.Itoa(n), nil, lists("全部：watchbox config history", "All of them: watchbox config history"))
}

func siteDiff(c *call) (any, error) {
	n, err := c.number()
	if err != nil {
		return nil, err
	}
	lines, err := c.box.SiteDiff(n)
	if errors.Is(err, config.ErrNoSuchSite) {
		return nil, noSite(n)
	}
	return SiteDiff{append([]config.Line{}, lines...)}, err
}

func restoreSite(c *call) (any, error) {
	n, err := c.number()
	if err != nil {
		return nil, err
	}
	err = c.box.RestoreSite(c.r.Context(), n, c.user.Name)
	switch {
	case errors.Is(err, config.ErrNoSuchSite):
		return nil, noSite(n)
	case err != nil:
		return nil, siteRefused(err)
	}
	return nil, nil
}
