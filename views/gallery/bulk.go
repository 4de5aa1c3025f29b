package gallery

import (
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/portal"
)

func bulkEntries() []Entry {
	return append(askEntries(), progressEntries()...)
}

// asked is the page before a bulk about the first three demo tokens.
func asked(name string, change func(*portal.BulkInput)) Entry {
	return Entry{Group: "Many tokens", Name: name, Page: func(h views.Head) templ.Component {
		in := portal.BulkInput{
			Layout: portalFrame(h, "API Tokens"), Context: models.API, Action: models.BulkDelete,
			Preview: models.BulkPreview{Total: 3, Used: 2}, Form: portal.BulkForm{ID: "form-id"},
		}
		for _, row := range demoTokens()[:3] {
			in.Preview.First, in.Form.IDs = append(in.Preview.First, row.Token), append(in.Form.IDs, row.ID)
		}
		change(&in)
		return portal.BulkPage(portal.Bulk(english(), in))
	}}
}

func askEntries() []Entry {
	wrong := func(in *portal.BulkInput) {
		in.Form.Count = "4"
		in.Problems = []models.Problem{{Field: portal.FieldCount, Key: "not_the_number", Args: map[string]any{"N": in.Preview.Total}}}
	}
	one := func(in *portal.BulkInput) {
		in.Preview.Total, in.Preview.Used, in.Preview.First, in.Form.IDs = 1, 0, in.Preview.First[:1], in.Form.IDs[:1]
	}
	return []Entry{
		asked("delete", func(*portal.BulkInput) {}),
		asked("disable", func(in *portal.BulkInput) { in.Action = models.BulkDisable }),
		asked("delete one", one),
		asked("all that match", func(in *portal.BulkInput) {
			in.Form.All, in.Form.Query, in.Preview.Total, in.Preview.Used = true, views.ListQuery{Search: "ci", State: "active"}, 4000, 1210
		}),
		asked("with another number", wrong),
		asked("long words", func(in *portal.BulkInput) { in.Preview.First = []models.Token{longTokens()[0].Token} }),
	}
}

// progress is the page of a bulk of which some were seen.
func progress(name string, state models.BulkState, seen, done int, change func(*portal.BulkProgressInput)) Entry {
	return Entry{Group: "Progress of many", Name: name, Page: func(h views.Head) templ.Component {
		in := portal.BulkProgressInput{Layout: portalFrame(h, "API Tokens"), MayStop: true, Bulk: models.Bulk{
			ID: "01a20fc9-9b74-7000-819a-a0354cd97a2d", Context: models.API, Action: models.BulkDelete,
			State: state, Total: 4000, Seen: seen, Done: done, CreatedAt: at().Add(-time.Minute),
		}}
		if change != nil {
			change(&in)
		}
		return portal.BulkProgressPage(portal.BulkProgress(english(), in))
	}}
}

func progressEntries() []Entry {
	disable := func(in *portal.BulkProgressInput) { in.Bulk.Action = models.BulkDisable }
	reason := func(reason string) func(*portal.BulkProgressInput) {
		return func(in *portal.BulkProgressInput) { in.Bulk.Reason = reason }
	}
	return []Entry{
		progress("waiting", models.BulkWaiting, 0, 0, nil),
		progress("working", models.BulkRunning, 1200, 1200, nil),
		progress("working, some had changed", models.BulkRunning, 1800, 1797, disable),
		progress("working, as a viewer", models.BulkRunning, 1200, 1200, func(in *portal.BulkProgressInput) { in.MayStop = false }),
		progress("stopped", models.BulkStopped, 2400, 2400, reason("stopped")),
		progress("stopped, no longer allowed", models.BulkStopped, 200, 199, reason("forbidden")),
		progress("finished", models.BulkFinished, 4000, 4000, nil),
		progress("finished, one had changed", models.BulkFinished, 3999, 3999, disable),
	}
}
