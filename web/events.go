package web

import (
	"context"
	"slices"
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/store"
)

// Events is a stretch of the journal.
type Events struct {
	Box    string         `json:"box"`
	Epoch  string         `json:"epoch" doc:"of the journal that is written now"`
	Events []event.Record `json:"events" doc:"oldest first when after was given, else newest first"`
	Next   uint64         `json:"next" doc:"the after (or before) of the next page; 0 at the end"`
}

// eventQuery is a request for records with "after=0", which the store cannot
// say: from the first record of the epoch.
type eventQuery struct {
	store.EventQuery
	forward bool
}

// parseEvents reads the query of GET /events.
func parseEvents(get func(string) string) (q eventQuery, err error) {
	if text := get("after"); text != "" {
		q.forward = true
		if q.After, err = parseCount("after", text, 0, 0, 1<<62); err != nil {
			return q, err
		}
	}
	if q.Before, err = parseCount("before", get("before"), 0, 1, 1<<62); err != nil {
		return q, err
	}
	limit, err := parseCount("limit", get("limit"), 100, 1, 1000)
	if err != nil {
		return q, err
	}
	q.Limit, q.Epoch, q.Room = int(limit), get("epoch"), get("room")
	if q.forward && q.Before > 0 {
		return q, badRequest("after and before exclude each other")
	}
	if len(q.Epoch) > 64 || len(q.Room) > 64 {
		return q, badRequest("epoch or room is too long")
	}
	if q.Types, err = parseTypes(get("types")); err != nil {
		return q, err
	}
	if q.Origin, err = event.ParseID(get("origin")); err != nil && get("origin") != "" {
		return q, badRequest(err.Error())
	}
	return q, nil
}

func parseTypes(text string) (types []event.Type, err error) {
	if text == "" {
		return nil, nil
	}
	for t := range strings.SplitSeq(text, ",") {
		if t == "" || len(t) > 64 || len(types) == 50 {
			return nil, badRequest("types must be a list of event types separated by commas, at most 50")
		}
		types = append(types, event.Type(t))
	}
	return types, nil
}

func listEvents(c *call) (any, error) {
	q, err := parseEvents(c.r.URL.Query().Get)
	if err != nil {
		return nil, err
	}
	box, epoch := c.box.Identity()
	records, next, err := c.page(q, epoch)
	if err != nil {
		return nil, failure(503, "journal", "日志暂不可读："+err.Error(), "The journal cannot be read now: "+err.Error())
	}
	if records == nil {
		records = []event.Record{}
	}
	return Events{Box: box, Epoch: epoch, Events: records, Next: next}, nil
}

// page reads one page. For a blind session it is filled up in place of what is
// left out: a page that is one short would tell.
func (c *call) page(q eventQuery, epoch string) (all []event.Record, next uint64, err error) {
	limit, blind := q.Limit, c.blind(c.session)
	for {
		q.Limit = limit - len(all)
		records, err := readEvents(c.r.Context(), c.box, q, epoch)
		if err != nil {
			return nil, 0, err
		}
		all = append(all, audible(records, blind)...)
		if len(records) < q.Limit {
			return all, 0, nil
		}
		next = records[len(records)-1].ID.Sequence
		if len(all) == limit {
			return all, next, nil
		}
		if q.forward {
			q.After = next
		} else {
			q.Before = next
		}
	}
}

// readEvents asks the store. Forward reading is always within one epoch: the
// current one unless the query names another.
func readEvents(ctx context.Context, box Box, q eventQuery, epoch string) ([]event.Record, error) {
	if q.forward && q.Epoch == "" {
		q.Epoch = epoch
	}
	if !q.forward || q.After > 0 {
		return box.Events(ctx, q.EventQuery)
	}
	first := q.EventQuery
	first.Before, first.Limit = 2, 1
	records, err := box.Events(ctx, first)
	if err != nil || len(records) >= q.Limit {
		return records, err
	}
	rest := q.EventQuery
	rest.After, rest.Limit = 1, q.Limit-len(records)
	more, err := box.Events(ctx, rest)
	return slices.Concat(records, more), err
}
