package web

import (
	"bytes"
	"io"
	"net/http"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/registers"
)

var errNoServer = failure(http.StatusNotFound, "no-modbus-server", "站点文件里没有 modbus-server；可先取建议稿 modbus-server.yaml", "The site file has no modbus-server; see modbus-server.yaml for a proposal")

// modbusMap is the printed table of registers, for whoever sets up the platform.
func modbusMap(c *call) {
	c.print("text/csv; charset=utf-8", func(w io.Writer, site *config.Site, v *engine.View) error {
		if site.ModbusServer == nil {
			return errNoServer
		}
		c.w.Header().Set("Content-Disposition", `attachment; filename="watchbox-modbus.csv"`)
		return registers.WriteCSV(w, registers.Rows(site, v))
	})
}

// modbusProposal numbers what has no number yet.
func modbusProposal(c *call) { c.print("application/yaml", registers.WriteProposal) }

// print answers with a text that is made of the site and the view.
func (c *call) print(kind string, write func(io.Writer, *config.Site, *engine.View) error) {
	v, err := c.view()
	site := c.box.Site()
	if err == nil && site == nil {
		err = errNotStarted
	}
	var text bytes.Buffer
	if err == nil {
		err = write(&text, site, v)
	}
	if err != nil {
		writeFailure(c.w, err)
		return
	}
	c.w.Header().Set("Content-Type", kind)
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.Write(text.Bytes())
}
