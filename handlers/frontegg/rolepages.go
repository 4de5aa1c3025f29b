package frontegg

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/web"
)

// Pages of the dialect hold 50 unless asked otherwise, and at most 2,000.
const (
	defaultPage = 50
	maxPage     = 2000
	// lastOffset is the number of the last page that can be asked for.
	lastOffset = 1_000_000
)

// page is the part of a list that a client asks for: offset counts pages.
type page struct{ limit, offset int }

// pageOf reads _limit and _offset.
func pageOf(c echo.Context) (page, error) {
	p := page{defaultPage, 0}
	for _, number := range []struct {
		name     string
		into     *int
		min, max int
	}{{"_limit", &p.limit, 1, maxPage}, {"_offset", &p.offset, 0, lastOffset}} {
		text := c.QueryParam(number.name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < number.min || n > number.max {
			return p, must(number.name, "be a number from "+strconv.Itoa(number.min)+" to "+strconv.Itoa(number.max))
		}
		*number.into = n
	}
	return p, nil
}

// paged is a page of a list, with the addresses of others: a query each, or ""
// where there is none.
type paged[T any] struct {
	Items    []T       `json:"items"`
	Metadata pagedMeta `json:"_metadata"`
	Links    pageLinks `json:"_links"`
}

type pagedMeta struct {
	TotalItems int `json:"totalItems"`
	TotalPages int `json:"totalPages"`
}

type pageLinks struct {
	Next  string `json:"next"`
	Prev  string `json:"prev"`
	First string `json:"first"`
	Last  string `json:"last"`
}

// newPaged is the page of items, out of total.
func newPaged[T any](c echo.Context, p page, items []T, total int) paged[T] {
	pages := (total + p.limit - 1) / p.limit
	link := func(offset int) string {
		if offset < 0 || offset >= pages {
			return ""
		}
		query := url.Values{}
		for name, values := range c.QueryParams() {
			query[name] = values
		}
		query.Set("_limit", strconv.Itoa(p.limit))
		query.Set("_offset", strconv.Itoa(offset))
		return "?" + query.Encode()
	}
	if items == nil {
		items = []T{}
	}
	return paged[T]{
		Items: items, Metadata: pagedMeta{total, pages},
		Links: pageLinks{link(p.offset + 1), link(p.offset - 1), link(0), link(pages - 1)},
	}
}

// cut is the page's part of a whole list.
func cut[T any](p page, all []T) []T {
	from := min(p.offset*p.limit, len(all))
	return all[from:min(from+p.limit, len(all))]
}

// roleOrders are what roles can be sorted by; other names of the contract's sort
// by name, as all roles are alike in them.
var roleOrders = map[string]func(a, b role) int{
	"key":         func(a, b role) int { return strings.Compare(a.Key, b.Key) },
	"description": func(a, b role) int { return strings.Compare(a.Description, b.Description) },
	"createdAt":   func(a, b role) int { return strings.Compare(a.CreatedAt, b.CreatedAt) },
	"updatedAt":   func(a, b role) int { return strings.Compare(a.UpdatedAt, b.UpdatedAt) },
	"level":       func(a, b role) int { return cmp.Compare(a.Level, b.Level) },
	"permissions": func(a, b role) int { return cmp.Compare(len(a.Permissions), len(b.Permissions)) },
}

// ListRolePages answers GET roles/v2.
func (f *Frontegg) ListRolePages(c echo.Context) error {
	p, err := pageOf(c)
	if err != nil {
		return err
	}
	r, err := f.rights(c.Request().Context(), web.Caller(c))
	if err != nil {
		return err
	}
	roles := r.roles() // by name
	if wanted := strings.ToLower(c.QueryParam("_filter")); wanted != "" {
		roles = slices.DeleteFunc(roles, func(of role) bool {
			return !strings.Contains(strings.ToLower(of.Key+"\n"+of.Name), wanted)
		})
	}
	if order, ok := roleOrders[c.QueryParam("_sortBy")]; ok {
		slices.SortStableFunc(roles, order)
	}
	if strings.EqualFold(c.QueryParam("_order"), "DESC") {
		slices.Reverse(roles)
	}
	return web.JSON(c, http.StatusOK, newPaged(c, p, cut(p, roles), len(roles)))
}
