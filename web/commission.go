package web

import (
	"fmt"
	"io"
	"net/http"
	"slices"

	"watchbox/firmware/commission"
	"watchbox/firmware/engine"
)

// Checklist is what a handover has to test, and how far it is.
type Checklist struct {
	Items  []*commission.ItemView `json:"items" doc:"zones, doors, outputs, points"`
	Passed int                    `json:"passed"`
	Failed int                    `json:"failed"`
	Open   int                    `json:"open" doc:"not tested yet"`
}

// SignOrder is a person's word about an item.
type SignOrder struct {
	Passed bool   `json:"passed"`
	Remark string `json:"remark,omitempty" doc:"wanted when the box saw nothing"`
}

func checklist(v *engine.View) Checklist {
	out := Checklist{Items: v.Checklist}
	if out.Items == nil {
		out.Items = []*commission.ItemView{}
	}
	for _, i := range out.Items {
		switch {
		case i.Entry == nil:
			out.Open++
		case i.Entry.Passed:
			out.Passed++
		default:
			out.Failed++
		}
	}
	return out
}

func showChecklist(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return checklist(v), nil
}

// item is the key in the path, unless it is kept from the caller.
func (c *call) item() (string, error) {
	key := c.r.PathValue("item")
	v, err := c.view()
	if err == nil && !slices.ContainsFunc(v.Checklist, func(i *commission.ItemView) bool { return i.Key == key }) {
		err = commission.Unknown(key)
	}
	return key, err
}

func testItem(verb engine.Verb) func(*call) (any, error) {
	return func(c *call) (any, error) {
		key, err := c.item()
		if err == nil {
			err = c.command(engine.Command{Verb: verb, Target: key})
		}
		return nil, err
	}
}

func signItem(c *call) (any, error) {
	in, err := read[SignOrder](c)
	if err != nil {
		return nil, err
	}
	if len(in.Remark) > commission.MostRemark {
		return nil, badRequest(fmt.Sprintf("remark: at most %d bytes", commission.MostRemark))
	}
	key, err := c.item()
	if err != nil {
		return nil, err
	}
	verb := engine.FailItem
	if in.Passed {
		verb = engine.PassItem
	}
	return nil, c.command(engine.Command{Verb: verb, Target: key, Comment: in.Remark})
}

// mostPhoto bounds what is read of a picture; the box refuses less.
const mostPhoto = 1 << 20

func attachPhoto(c *call) (any, error) {
	in := &slow{http.MaxBytesReader(c.w, c.r.Body, mostPhoto), http.NewResponseController(c.w)}
	picture, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	key, err := c.item()
	if err != nil {
		return nil, err
	}
	return nil, c.box.AttachPhoto(c.r.Context(), key, picture, c.user.Name)
}

func showPhoto(c *call) {
	b, err := c.box.Photo(c.r.PathValue("name"))
	if err != nil {
		writeFailure(c.w, failure(404, "not-found", "本机没有这张照片；整机备份里不带照片", "This box has no such picture; a backup brings none along"))
		return
	}
	c.w.Header().Set("Content-Type", "image/jpeg")
	c.w.Header().Set("Cache-Control", "private, max-age=86400")
	c.w.Write(b)
}
