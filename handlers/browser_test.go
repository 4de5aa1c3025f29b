package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/latchkey-dev/latchkey/models"
)

// browser is a person's, without script: it keeps cookies, follows where a form's
// answer sends it, and posts the forms of the page that it shows.
type browser struct {
	*world
	cookies map[string]string
	page    answer
}

// password is everybody's in the tests, and passwordHash its hash at today's cost: making one takes longer than most of
// what a test prepares.
const (
	password     = "a tall heron waits at dusk"
	passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$GWfiM60lcJ6AMJCj6IcYAw$CUrcjzEOuMlp/69vRcxIOXQ7dm9myh/IJoowyQhv1WU"
)

func (w *world) browser() *browser { return &browser{world: w, cookies: map[string]string{}} }

// as is a browser in which the member signed in.
func (w *world) as(m models.Member) *browser {
	w.t.Helper()
	w.setPassword(m)
	b := w.browser()
	b.signIn(m.User.Email, password)
	if b.cookies["latchkey_session"] == "" {
		w.t.Fatalf("%s is not signed in: %d %s", m.User.Email, b.page.status, b.page.body)
	}
	return b
}

func (b *browser) signIn(email, password string) {
	b.t.Helper()
	b.open("/sign-in")
	b.submit("", "email", email, "password", password)
}

// request sends one request with the cookies, keeps the answer's, and follows nothing.
func (b *browser) request(method, target, body string, headers ...string) answer {
	b.t.Helper()
	var pairs []string
	for name, value := range b.cookies {
		pairs = append(pairs, name+"="+value)
	}
	if len(pairs) > 0 {
		headers = append(headers, "Cookie", strings.Join(pairs, "; "))
	}
	if method == http.MethodPost {
		headers = append(headers, "Content-Type", "application/x-www-form-urlencoded")
	}
	a := b.send(method, target, body, headers...)
	for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		} else {
			b.cookies[cookie.Name] = cookie.Value
		}
	}
	return a
}

// open shows a page, wherever it is at last.
func (b *browser) open(path string) answer {
	b.t.Helper()
	b.page = b.follow(b.request(http.MethodGet, path, ""))
	return b.page
}

func (b *browser) follow(a answer) answer {
	b.t.Helper()
	for range 5 {
		if a.status != http.StatusSeeOther {
			return a
		}
		a = b.request(http.MethodGet, a.header.Get("Location"), "")
	}
	b.t.Fatalf("redirected for ever, at last to %s", a.header.Get("Location"))
	return a
}

// submit fills the form within the selector ("" for the page's own) and sends it as a
// browser would; values alternate names and values, and replace what the form holds.
// The answer itself is given, and the page that it leads to is shown.
func (b *browser) submit(within string, values ...string) answer {
	b.t.Helper()
	action, fields := b.form(within)
	set := map[string]bool{}
	for i := 0; i+1 < len(values); i += 2 {
		if !set[values[i]] {
			fields.Del(values[i])
			set[values[i]] = true
		}
		fields.Add(values[i], values[i+1])
	}
	a := b.request(http.MethodPost, action, fields.Encode())
	b.page = b.follow(a)
	return a
}

// form is a form of the page: its address and what it holds unless it is changed.
func (b *browser) form(within string) (action string, fields url.Values) {
	b.t.Helper()
	if within == "" {
		within = "main"
	}
	form := b.doc().Find(within + " form[method=post]").First()
	if form.Length() == 0 {
		b.t.Fatalf("no form in %q: %d %s", within, b.page.status, b.page.body)
	}
	fields = url.Values{}
	form.Find("input[name]").Each(func(_ int, input *goquery.Selection) {
		kind := input.AttrOr("type", "")
		_, checked := input.Attr("checked")
		_, disabled := input.Attr("disabled")
		if !disabled && (kind != "radio" && kind != "checkbox" || checked) {
			fields.Add(input.AttrOr("name", ""), input.AttrOr("value", ""))
		}
	})
	form.Find("textarea[name]").Each(func(_ int, area *goquery.Selection) {
		fields.Add(area.AttrOr("name", ""), area.Text())
	})
	form.Find("select[name]").Each(func(_ int, list *goquery.Selection) {
		chosen := list.Find("option[selected]")
		if chosen.Length() == 0 {
			chosen = list.Find("option").First()
		}
		fields.Add(list.AttrOr("name", ""), chosen.AttrOr("value", ""))
	})
	return form.AttrOr("action", ""), fields
}

func (b *browser) doc() *goquery.Document {
	b.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(b.page.body))
	b.must(err)
	return doc
}

// title is the page's own heading.
func (b *browser) title() string {
	b.t.Helper()
	return strings.TrimSpace(b.doc().Find("h1").First().Text())
}

// mainText is what the page says, in one line.
func (b *browser) mainText() string {
	b.t.Helper()
	return strings.Join(strings.Fields(b.doc().Find("main").Text()), " ")
}

// says fails the test unless the page has the status and each of the texts.
func (b *browser) says(status int, texts ...string) {
	b.t.Helper()
	if b.page.status != status {
		b.t.Errorf("status %d, want %d: %s", b.page.status, status, b.mainText())
	}
	for _, text := range texts {
		if !strings.Contains(b.mainText(), text) {
			b.t.Errorf("the page lacks %q: %s", text, b.mainText())
		}
	}
}

func TestBrowser_SubmitsWhatThePageHolds(t *testing.T) {
	t.Parallel()
	b := &browser{world: &world{t: t}, page: answer{body: `<main><form method="post" action="/x"><input type="hidden" name="a" value="1">` +
		`<input type="checkbox" name="b" value="2"><input type="radio" name="c" value="3" checked><input name="d" value="4" disabled><textarea name="e">5
6</textarea>` +
		`<select name="f"><option value="">None</option><option value="7" selected>Seven</option></select><select name="g"><option value="8">Eight</option></select></form></main>`}}
	action, fields := b.form("")
	if action != "/x" || fields.Encode() != "a=1&c=3&e=5%0A6&f=7&g=8" {
		t.Errorf("%s %s", action, fields.Encode())
	}
}
