package portal

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// tidyAfter is how old a token is that was never used before somebody is asked about it.
const tidyAfter = 30 * 24 * time.Hour

// ColumnNames are shown above the cells of a row that is drawn as a card.
type ColumnNames struct {
	CreatedOn, CreatedBy, Expires, LastUsed string
}

func columnNames(ctx context.Context) ColumnNames {
	return ColumnNames{
		CreatedOn: words.T(ctx, "tokens.col.createdOn"), CreatedBy: words.T(ctx, "tokens.col.createdBy"),
		Expires: words.T(ctx, "tokens.col.expires"), LastUsed: words.T(ctx, "tokens.col.lastUsed"),
	}
}

// shortAddress is the length up to which an address stays on one line.
const shortAddress = len("255.255.255.255")

// TokenRow is a token in a list.
type TokenRow struct {
	Name, ID, CopyLabel string
	// Href leads to the token's page.
	Href string
	// Refused is set when the token is refused though it has not expired.
	Refused                   string
	Type, Hint                string
	Roles                     []string
	CreatedOn                 ui.TimeProps
	CreatedAgo                string
	CreatorName, CreatorEmail string
	Expiry                    ExpiryProps
	// UsedText says it in place of Used for a token that was never used; UsedNote is
	// beneath it.
	UsedText, UsedNote, UsedFrom string
	Used                         ui.TimeProps
	// Pick chooses the row; nil where nothing can be done with many.
	Pick *ui.PickProps
	// DeleteHref is empty when the person may not delete.
	DeleteHref, DeleteLabel string
	// Off greys what does not work.
	Off bool
}

// tokenTable is the head. A column that the list can be sorted by leads to that order, or
// to the opposite one where it is in force.
func tokenTable(ctx context.Context, in ListInput, at place, labels ColumnNames) ui.TableProps {
	t := ui.TableProps{Caption: words.T(ctx, at.pick("tokens.api.caption", "tokens.personal.caption"), words.Args{
		"Account": in.Account, "Order": orderWords(ctx, in.Order),
	})}
	sorted := func(text string, first models.TokenOrder) ui.Col {
		if in.Overview.All < 2 {
			return ui.Col{Text: text}
		}
		return sortedCol(in, at, text, first)
	}
	first := sorted(words.T(ctx, "tokens.col.id"), models.TokenOrder{By: models.SortDescription})
	first.CardText = words.T(ctx, "list.sort.description")
	t.Cols = []ui.Col{
		first,
		{Text: words.T(ctx, "tokens.col.type")},
	}
	if !at.personal() {
		t.Cols = append(t.Cols, ui.Col{Text: words.T(ctx, "tokens.col.roles")})
	}
	t.Cols = append(t.Cols,
		sorted(labels.CreatedOn, models.TokenOrder{By: models.SortCreated, Descending: true}),
		ui.Col{Text: labels.CreatedBy},
		sorted(labels.Expires, models.TokenOrder{By: models.SortExpires}),
		sorted(labels.LastUsed, models.TokenOrder{By: models.SortLastUsed, Descending: true}),
	)
	if in.MayDelete {
		t.Cols = append(t.Cols, ui.Col{Text: words.T(ctx, "tokens.col.delete"), Hidden: true})
	}
	if in.mayBulk() {
		t.PickText, t.PickAllText = words.T(ctx, "bulk.select"), words.T(ctx, "bulk.select.all")
	}
	if in.Overview.All > 1 {
		t.SortText = words.T(ctx, "list.sort")
	}
	return t
}

// sortedCol leads to the order that is first asked for, or turns the one in force round.
// The order that a list has by itself is not in its address.
func sortedCol(in ListInput, at place, text string, first models.TokenOrder) ui.Col {
	c, next := ui.Col{Text: text}, first
	if in.Order.By == first.By {
		c.Sort = ui.Ascending
		if in.Order.Descending {
			c.Sort = ui.Descending
		}
		next = models.TokenOrder{By: first.By, Descending: !in.Order.Descending}
	}
	value := views.SortText(next)
	if (models.TokenFilter{State: models.TokenState(in.Query.State)}).DefaultOrder() == next {
		value = ""
	}
	c.Href = at.list(in.Query.With(views.PartSort, value))
	return c
}

func tokenRow(ctx context.Context, in ListInput, at place, t models.TokenRow) TokenRow {
	name := words.Args{"Name": tokenName(t.Token)}
	r := TokenRow{
		Name: t.Description, ID: t.ID, Href: at.token(t.ID), CopyLabel: words.T(ctx, "tokens.copy.idOf", name),
		Type: kindName(ctx, t.Kind), Hint: t.Hint(), Roles: roleNames(t.Roles),
		CreatedOn:  ui.TimeProps{Text: words.Date(ctx, t.CreatedAt), At: t.CreatedAt},
		CreatedAgo: words.Ago(ctx, t.CreatedAt, in.Now),
		Expiry:     expiryUnder(ctx, in.Policies, t.Token, in.Now),
		Refused:    refused(ctx, in, t.Token),
		Off:        t.Expired(in.Now) || t.Disabled() || !in.M2MOn || policyMark(ctx, in.Policies, in.Account, t.Token, in.Now) != "",
	}
	if in.mayBulk() {
		r.Pick = &ui.PickProps{Name: FieldTokens, Value: t.ID, Label: words.T(ctx, "bulk.select.of", name)}
	}
	r.CreatorName, r.CreatorEmail = maker(ctx, t)
	if r.Name == "" {
		r.Name = words.T(ctx, "tokens.unnamed")
	}
	if t.Kind == models.ClientCredentials {
		r.CopyLabel = words.T(ctx, "tokens.copy.clientIDOf", name)
	}
	switch {
	case t.Used():
		r.Used, r.UsedFrom = ui.TimeProps{Text: words.Ago(ctx, t.LastUsedAt, in.Now), At: t.LastUsedAt}, t.LastUsedIP
	default:
		r.UsedText = words.T(ctx, "tokens.neverUsed")
		if !r.Off && in.Now.Sub(t.CreatedAt) >= tidyAfter {
			r.UsedNote = words.T(ctx, "list.unused.tidy")
		}
	}
	if in.MayDelete {
		r.DeleteHref, r.DeleteLabel = at.remove(t.ID), words.T(ctx, "tokens.delete.label", name)
	}
	return r
}

// refused says why a token that has not expired does not work; empty when it does.
func refused(ctx context.Context, in ListInput, t models.Token) string {
	switch {
	case t.Disabled():
		return words.T(ctx, "list.disabled")
	case !in.M2MOn && !t.Expired(in.Now):
		return words.T(ctx, "tokens.off.mark")
	case !t.Expired(in.Now):
		return policyMark(ctx, in.Policies, in.Account, t, in.Now)
	default:
		return ""
	}
}
