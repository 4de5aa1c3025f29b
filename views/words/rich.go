package words

import (
	"context"
	"html"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"
)

// Marks that an argument contains are hidden behind private code points while the
// message's own marks are read, so that nobody's description turns bold or a link.
var (
	hide = strings.NewReplacer("*", "\uE000", "[", "\uE001", "]", "\uE002", "\uE000", "", "\uE001", "", "\uE002", "")
	show = strings.NewReplacer("\uE000", "*", "\uE001", "[", "\uE002", "]")

	boldMark = regexp.MustCompile(`\*\*(.+?)\*\*`)
	linkMark = regexp.MustCompile(`\[([^\]]+)\]\(([^()\s]+)\)`)
)

// Rich is a message as HTML: **bold** parts become <b>, [text]({{.Href}}) a link. Its
// arguments are text and escaped, with no marks of their own; an address that is not
// a plain http, mailto or relative one is dropped.
func Rich(ctx context.Context, key string, args ...Args) templ.Component {
	return rich(T(ctx, key, veil(merge(args))))
}

// RichN is Rich in the plural form for n.
func RichN(ctx context.Context, key string, n int, args ...Args) templ.Component {
	return rich(N(ctx, key, n, veil(merge(args))))
}

func veil(args Args) Args {
	for name, value := range args {
		if text, ok := value.(string); ok {
			args[name] = hide.Replace(text)
		}
	}
	return args
}

func rich(text string) templ.Component {
	out := html.EscapeString(text)
	out = linkMark.ReplaceAllStringFunc(out, func(mark string) string {
		parts := linkMark.FindStringSubmatch(mark)
		address := templ.URL(show.Replace(html.UnescapeString(parts[2])))
		return `<a class="link" href="` + html.EscapeString(string(address)) + `">` + parts[1] + `</a>`
	})
	out = show.Replace(boldMark.ReplaceAllString(out, "<b>$1</b>"))
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, out)
		return err
	})
}
