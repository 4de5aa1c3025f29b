package gallery

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/static"
	"github.com/latchkey-dev/latchkey/views"
)

// Entry is a part or a page in one state. Exactly one of Part and Page is set.
type Entry struct {
	// Group is the part's or the page's name, Name the state.
	Group, Name string
	Part        templ.Component
	// Page makes a whole document, whose frame takes the given theme and direction.
	Page func(views.Head) templ.Component
	// Wide parts take the whole width of the sheet.
	Wide bool
}

// Slug is the entry's place in addresses, unique among Entries.
func (e Entry) Slug() string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		default:
			return '-'
		}
	}, e.Group+" "+e.Name), "-")
}

// Entries are all parts, then all pages.
func Entries() []Entry {
	return slices.Concat(controlEntries(), formEntries(), choiceEntries(), noteEntries(), filterEntries(), listEntries(), tokenEntries(), pagePartEntries(), frameEntries(), PortalEntries(), ConsoleEntries())
}

// Handler serves the sheet of parts at "/", each page at "/{slug}" and the files of
// static. The queries theme=light|dark and dir=rtl change how they are drawn. Every
// other address is 404. It sends the same content security policy as the portal.
func Handler(assets *static.Assets) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+static.Prefix, assets)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		send(w, r, sheet(headOf(r, assets, "Gallery"), Entries()))
	})
	for _, entry := range Entries() {
		if entry.Page == nil {
			continue
		}
		mux.HandleFunc("GET /"+entry.Slug(), func(w http.ResponseWriter, r *http.Request) {
			send(w, r, entry.Page(headOf(r, assets, entry.Group)))
		})
	}
	return mux
}

func headOf(r *http.Request, assets *static.Assets, title string) views.Head {
	h := views.Head{
		Title:  title,
		Assets: views.Assets{Style: assets.Path(static.Style), Script: assets.Path(static.Script), Icon: assets.Path(static.Icon)},
	}
	if theme := r.URL.Query().Get("theme"); theme == "light" || theme == "dark" {
		h.Theme = theme
	}
	if r.URL.Query().Get("dir") == "rtl" {
		h.Dir = "rtl"
	}
	return h
}

const policy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; " +
	"connect-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// send buffers first, so that a part that fails is an error and not half a page.
func send(w http.ResponseWriter, r *http.Request, page templ.Component) {
	var body bytes.Buffer
	if err := page.Render(r.Context(), &body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	// A browser that has gone away is nobody's fault.
	_, _ = body.WriteTo(w)
}

// within is parent with children in its slot.
func within(parent templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return parent.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}

// text is plain words as a component.
func text(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}

func part(group, name string, component templ.Component) Entry {
	return Entry{Group: group, Name: name, Part: component}
}

func widePart(group, name string, component templ.Component) Entry {
	return Entry{Group: group, Name: name, Part: component, Wide: true}
}
