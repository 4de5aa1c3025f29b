package views

import (
	"net/url"
	"strings"

	"github.com/latchkey-dev/latchkey/models"
)

// ListQuery is what narrows a list, how it is sorted and where it continues, as an
// address has them. Empty parts ask for nothing and are left out of addresses. At most
// one of After and Before is set; they are cursors as the list's own pages hand them out.
type ListQuery struct {
	Search, State, Used, Type, Role, Creator string
	// Sort is as SortText writes it; empty for the order that the list has by itself.
	Sort          string
	After, Before string
}

// ListPart is a part of a ListQuery by its name in addresses.
type ListPart string

const (
	PartSearch  ListPart = "q"
	PartState   ListPart = "state"
	PartUsed    ListPart = "used"
	PartType    ListPart = "type"
	PartRole    ListPart = "role"
	PartCreator ListPart = "creator"
	PartSort    ListPart = "sort"
	PartAfter   ListPart = "after"
	PartBefore  ListPart = "before"
)

// UsedNever is the one value of PartUsed.
const UsedNever = "never"

type listField struct {
	part  ListPart
	value *string
}

// fields are the parts in the order in which addresses have them: the same list always
// has the same address.
func (q *ListQuery) fields() []listField {
	return []listField{
		{PartSearch, &q.Search}, {PartState, &q.State}, {PartUsed, &q.Used}, {PartType, &q.Type}, {PartRole, &q.Role},
		{PartCreator, &q.Creator}, {PartSort, &q.Sort}, {PartAfter, &q.After}, {PartBefore, &q.Before},
	}
}

// ReadListQuery reads the parts from an address; get is "" for those that it lacks. What
// they say is not judged.
func ReadListQuery(get func(name string) string) ListQuery {
	var q ListQuery
	for _, f := range q.fields() {
		*f.value = get(string(f.part))
	}
	return q
}

// With is the query with one part changed, from the first page on. A part that is no
// cursor drops the cursors: they are places in another list.
func (q ListQuery) With(part ListPart, value string) ListQuery {
	q.After, q.Before = "", ""
	for _, f := range q.fields() {
		if f.part == part {
			*f.value = value
		}
	}
	return q
}

// Toggle is the query with a value in one part, or without it where it was there.
func (q ListQuery) Toggle(part ListPart, value string) ListQuery {
	for _, f := range q.fields() {
		if f.part == part && *f.value == value {
			value = ""
		}
	}
	return q.With(part, value)
}

// Narrowed tells whether anything is left out of the list.
func (q ListQuery) Narrowed() bool {
	q = ListQuery{Search: q.Search, State: q.State, Used: q.Used, Type: q.Type, Role: q.Role, Creator: q.Creator}
	return q != ListQuery{}
}

// Whole is the whole list in the same order.
func (q ListQuery) Whole() ListQuery { return ListQuery{Sort: q.Sort} }

// Kept are the parts that a form sends along which asks for another value of one part;
// it has no cursor either.
func (q ListQuery) Kept(part ListPart) []ListValue {
	q = q.With(part, "")
	var kept []ListValue
	for _, f := range q.fields() {
		if *f.value != "" {
			kept = append(kept, ListValue{f.part, *f.value})
		}
	}
	return kept
}

// ListValue is a part that a query has.
type ListValue struct {
	Part  ListPart
	Value string
}

func (q ListQuery) on(path string) string {
	var b strings.Builder
	b.WriteString(path)
	separator := byte('?')
	for _, f := range q.fields() {
		if *f.value != "" {
			b.WriteByte(separator)
			b.WriteString(string(f.part) + "=" + url.QueryEscape(*f.value))
			separator = '&'
		}
	}
	return b.String()
}

// SortText is an order as addresses have it: "created", or "-created" for descending.
func SortText(o models.TokenOrder) string {
	if o.Descending {
		return "-" + string(o.By)
	}
	return string(o.By)
}

// ReadSort reads it back; false for what is no order. "" is the zero order.
func ReadSort(text string) (models.TokenOrder, bool) {
	if text == "" {
		return models.TokenOrder{}, true
	}
	by, descending := strings.CutPrefix(text, "-")
	o := models.TokenOrder{By: models.TokenSort(by), Descending: descending}
	return o, o.By.Valid()
}
