package web

import (
	"io/fs"
	"net/http"
)

// paper serves a file of the image: what is in it, and under which licences. Outside
// an image there is none.
func paper(name, kind string) func(*call) {
	return func(c *call) {
		if c.options.Papers == nil {
			writeFailure(c.w, errNoImage)
			return
		}
		text, err := fs.ReadFile(c.options.Papers, name)
		if err != nil {
			writeFailure(c.w, errNoImage)
			return
		}
		c.w.Header().Set("Content-Type", kind)
		c.w.Header().Set("Cache-Control", "no-cache")
		c.w.Write(text)
	}
}

var errNoImage = failure(http.StatusNotFound, "no-image", "只有由镜像启动的设备才有此文件", "Only a box that runs from an image has this file")
