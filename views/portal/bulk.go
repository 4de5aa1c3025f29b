package portal

import (
	"context"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// The fields of the form around a list, and of the page that asks before a bulk.
const (
	FieldTokens = "tokens"
	FieldAll    = "all"
	FieldCount  = "count"
	FieldAction = "action"
)

// AllMatching is the one value of FieldAll: every token that the list's filters let through.
const AllMatching = "1"

// BulkForm is what a bulk was asked for.
type BulkForm struct {
	// IDs are the tokens that were chosen; with All they don't count.
	IDs []string
	All bool
	// Query is what narrows the list that All is all of.
	Query views.ListQuery
	// Count is the number as it was typed, ID the form's one-use id.
	Count, ID string
}

// BulkInput is an action on many tokens that somebody wants.
type BulkInput struct {
	Layout   views.LayoutProps
	Context  models.Context
	Action   models.BulkAction
	Preview  models.BulkPreview
	Form     BulkForm
	Problems []models.Problem
}

// BulkProps is the page that asks before it is done.
type BulkProps struct {
	Layout views.LayoutProps
	Back   ui.BackProps
	Title  string
	Text   string
	Uses   BannerProps
	// Among are a few of the tokens, More says how many others there are.
	Among string
	First []string
	More  string

	Action, CSRF string
	Errors       ui.ErrorSummaryProps
	Hidden       []ui.HiddenField
	Count        ui.ConfirmNumberProps
	Cancel, Do   string
	Icon         ui.Icon
}

// bulkWords are the catalogue's keys of one action.
type bulkWords struct {
	title, text, do            string
	working, finished, stopped string
	progress                   string
	icon                       ui.Icon
}

var wordsOfBulk = map[models.BulkAction]bulkWords{
	models.BulkDelete: {
		title: "bulk.delete.title", text: "bulk.delete.text", do: "bulk.delete",
		working: "bulk.delete.working", finished: "bulk.delete.finished", stopped: "bulk.delete.stopped",
		progress: "bulk.delete.progress", icon: ui.IconTrash,
	},
	models.BulkDisable: {
		title: "bulk.disable.title", text: "bulk.disable.text", do: "bulk.disable",
		working: "bulk.disable.working", finished: "bulk.disable.finished", stopped: "bulk.disable.stopped",
		progress: "bulk.disable.progress", icon: ui.IconPower,
	},
}

// Bulk builds the page.
func Bulk(ctx context.Context, in BulkInput) BulkProps {
	at, says := place{in.Context}, wordsOfBulk[in.Action]
	n := in.Preview.Total
	p := BulkProps{
		Layout: in.Layout, Back: ui.BackProps{Text: at.back(ctx), Href: at.list(in.Form.Query)},
		Title: words.N(ctx, says.title, n), Text: words.T(ctx, says.text),
		Uses: bulkUses(ctx, in), Among: words.N(ctx, "bulk.first", n),
		Action: views.BulkTokens(in.Context), CSRF: in.Layout.CSRF, Hidden: bulkFields(in.Action, in.Form),
		Cancel: words.T(ctx, "bulk.cancel"), Do: words.N(ctx, says.do, n), Icon: says.icon,
	}
	p.Layout.Title = p.Title
	for _, t := range in.Preview.First {
		p.First = append(p.First, tokenName(t))
	}
	if more := n - len(p.First); more > 0 {
		p.More = words.N(ctx, "bulk.more", more)
	}
	label := words.T(ctx, "bulk.count", words.Args{"N": n})
	errors := errorsIn(ctx, in.Problems, map[string]string{FieldCount: label})
	p.Errors = errors.summary
	p.Count = ui.ConfirmNumberProps{
		Field: ui.FieldProps{ID: FieldCount, Label: label, Hint: words.T(ctx, "bulk.count.hint"), Error: errors.beside[FieldCount]},
		Name:  FieldCount, Value: in.Form.Count,
	}
	return p
}

func bulkUses(ctx context.Context, in BulkInput) BannerProps {
	if in.Preview.Used == 0 {
		return BannerProps{Banner: ui.BannerProps{Tone: ui.Info, Text: words.N(ctx, "bulk.unused", in.Preview.Total)}}
	}
	return BannerProps{
		Banner: ui.BannerProps{Tone: ui.Harm, Icon: ui.IconTriangleAlert}, // nothing has failed yet
		Rich:   words.RichN(ctx, "bulk.used", in.Preview.Used, words.Args{"Total": in.Preview.Total}),
	}
}

// bulkFields carry what was asked for on to the answer.
func bulkFields(action models.BulkAction, form BulkForm) []ui.HiddenField {
	fields := []ui.HiddenField{{Name: FieldForm, Value: form.ID}, {Name: FieldAction, Value: string(action)}}
	if !form.All {
		for _, id := range form.IDs {
			fields = append(fields, ui.HiddenField{Name: FieldTokens, Value: id})
		}
	} else {
		fields = append(fields, ui.HiddenField{Name: FieldAll, Value: AllMatching})
	}
	return append(fields, keptFields(form.Query)...)
}

// keptFields are what narrows and sorts a list, for a form that means that list.
func keptFields(q views.ListQuery) []ui.HiddenField {
	var fields []ui.HiddenField
	for _, kept := range q.Kept(views.PartAfter) {
		fields = append(fields, ui.HiddenField{Name: string(kept.Part), Value: kept.Value})
	}
	return fields
}

// ListBulkProps is what can be done with the rows of a list that are chosen.
type ListBulkProps struct {
	Action, CSRF    string
	Hidden          []ui.HiddenField
	Bar             ui.BulkBarProps
	Delete, Disable string
}

// mayBulk tells whether something can be done with many of the rows at once.
func (in ListInput) mayBulk() bool { return (in.MayWrite || in.MayDelete) && in.Overview.All > 1 }

// listBulk builds it; nil where nothing can be done.
func listBulk(ctx context.Context, in ListInput) *ListBulkProps {
	if !in.mayBulk() {
		return nil
	}
	p := &ListBulkProps{
		Action: views.BulkTokens(in.Context), CSRF: in.Layout.CSRF, Hidden: keptFields(in.Query),
		Bar: ui.BulkBarProps{Label: words.T(ctx, "bulk.bar"), Text: words.T(ctx, "bulk.selected")},
	}
	if in.Page.Newer || in.Page.Older {
		p.Bar.AllText = words.N(ctx, "bulk.all", in.Page.Total)
		if in.Page.Total > counted || in.Page.TotalIsMany {
			p.Bar.AllText = words.T(ctx, "bulk.all.many", words.Args{"Total": totalText(ctx, in.Page)})
		}
	}
	if in.MayDelete {
		p.Delete = words.T(ctx, "bulk.bar.delete")
	}
	if in.MayWrite {
		p.Disable = words.T(ctx, "bulk.bar.disable")
	}
	return p
}

// BulkProgressInput is a bulk that was begun.
type BulkProgressInput struct {
	Layout views.LayoutProps
	Bulk   models.Bulk
	// MayStop is whether the person may end it.
	MayStop bool
}

// BulkProgressProps is the page that tells how far it has come.
type BulkProgressProps struct {
	Layout   views.LayoutProps
	Back     ui.BackProps
	Title    string
	Progress ui.ProgressProps
	// Skipped says what was left alone; empty for nothing.
	Skipped string
	// Refresh and Stop are there while it goes on.
	Refresh, RefreshHref string
	Stop, StopAction     string
	CSRF                 string
	Done, DoneHref       string
}

// bulkTitle says what is being done to how many tokens or, at the end, what was done.
func bulkTitle(ctx context.Context, b models.Bulk) string {
	says := wordsOfBulk[b.Action]
	switch b.State {
	case models.BulkFinished:
		return words.N(ctx, says.finished, b.Done)
	case models.BulkStopped:
		return words.N(ctx, says.stopped, b.Total)
	default:
		return words.N(ctx, says.working, b.Total)
	}
}

// BulkProgress builds the page.
func BulkProgress(ctx context.Context, in BulkProgressInput) BulkProgressProps {
	b, at, says := in.Bulk, place{in.Bulk.Context}, wordsOfBulk[in.Bulk.Action]
	p := BulkProgressProps{
		Layout: in.Layout, Back: ui.BackProps{Text: at.back(ctx), Href: at.newest()},
		Title: bulkTitle(ctx, b), CSRF: in.Layout.CSRF,
		Progress: ui.ProgressProps{
			Label: words.T(ctx, "bulk.progress"), Value: b.Seen, Max: b.Total,
			Text: words.T(ctx, says.progress, words.Args{"Seen": b.Done, "Total": b.Total}),
			Note: words.T(ctx, "bulk.note.working"),
		},
	}
	p.Layout.Title = p.Title
	skipped := b.Seen - b.Done
	if b.State == models.BulkFinished {
		skipped = b.Total - b.Done // what was deleted before its turn was never seen
	}
	if skipped > 0 {
		p.Skipped = words.N(ctx, "bulk.note.skipped", skipped)
	}
	switch b.State {
	case models.BulkFinished:
		p.Progress.State, p.Progress.Note = ui.ProgressDone, ""
		// What was deleted by others before its turn is behind too.
		p.Progress.Value = b.Total
	case models.BulkStopped:
		p.Progress.State, p.Progress.Note = ui.ProgressStopped, words.T(ctx, "bulk.note.stopped")
		if b.Reason != "stopped" {
			p.Progress.Note = words.T(ctx, "bulk.note.forbidden")
		}
	case models.BulkWaiting:
		p.Progress.Note = words.T(ctx, "bulk.note.waiting")
	}
	if b.Over() {
		p.Done, p.DoneHref = words.T(ctx, "bulk.back"), at.newest()
		return p
	}
	p.Refresh, p.RefreshHref = words.T(ctx, "bulk.refresh"), views.Bulk(b.Context, b.ID)
	if in.MayStop {
		p.Stop, p.StopAction = words.T(ctx, "bulk.stop"), views.StopBulk(b.Context, b.ID)
	}
	return p
}
