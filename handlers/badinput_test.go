package handlers_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/models"
)

// attempt is a request with one thing wrong in it, and its answer.
type attempt struct {
	name string
	// path and body are the request's; headers replace those of the session
	// with the same names.
	path, body string
	headers    []string
	// chunked hides the length of the body.
	chunked bool
	status  int
	// says is the key of the sentence in the answer.
	says string
	// alike are answered byte for byte the same.
	alike string
}

// body is the errand's form, or its object, as it is sent. A program with
// neither sends nothing.
func (d door) body(e errand, token string) string {
	if !d.json {
		if token == "" {
			return e.form.Encode()
		}
		return e.form.Encode() + "&csrf=" + token
	}
	if len(e.form) == 0 && e.object == nil {
		return ""
	}
	object := map[string]any{}
	for name := range e.form {
		object[name] = e.form.Get(name)
	}
	maps.Copy(object, e.object)
	text, _ := json.Marshal(object)
	return string(text)
}

// with is the errand with other values in one field.
func with(e errand, name string, values []string) errand {
	e.form = maps.Clone(e.form)
	delete(e.form, name)
	if values != nil {
		e.form[name] = values
	}
	return e
}

// misshapen are what no form takes, whatever its fields.
func (d door) misshapen(e errand, token string) []attempt {
	good := d.body(e, token)
	mega := strings.Repeat("a", 1<<20)
	all := []attempt{
		{name: "1 MiB", body: good + "&x=" + mega, status: 413, says: "error.tooLarge.title"},
		{name: "1 MiB in pieces", body: good + "&x=" + mega, chunked: true, status: 413, says: "error.tooLarge.title"},
		{name: "a byte over 64 KiB", body: good + "&x=" + mega[:64<<10-len(good)-2], status: 413, says: "error.tooLarge.title"},
		{name: "1001 fields", body: good + strings.Repeat("&x", 1001), status: 400, says: "error.badForm.title"},
		{name: "no token", body: d.body(e, ""), status: 403, says: "error.csrf.title"},
		{name: "somebody's token", body: d.body(e, strings.Repeat("A", 86)), status: 403, says: "error.csrf.title"},
		{name: "two tokens", body: good + "&csrf=" + token, status: 400, says: "error.badForm.title"},
		{name: "text", body: good, headers: []string{"Content-Type", "text/plain"}, status: 403, says: "error.csrf.title"},
		{name: "no type", body: good, headers: []string{"Content-Type", ""}, status: 403, says: "error.csrf.title"},
		{name: "JSON", body: `{"csrf":"` + token + `"}`, headers: []string{"Content-Type", "application/json"}, status: 403, says: "error.csrf.title"},
		{name: "multipart", body: "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + token + "\r\n--x--\r\n",
			headers: []string{"Content-Type", "multipart/form-data; boundary=x"}, status: 403, says: "error.csrf.title"},
	}
	for _, bad := range []string{"x=%ff", "%ff=x", "x=%00", "%00", "x=a%00b", "x=%zz", "x=%", "x=%c3%28", "x=%ed%a0%80", "x=a&x=b", "tenant_id=a&tenant_id=b"} {
		all = append(all,
			attempt{name: "with " + bad, body: good + "&" + bad, status: 400, says: "error.badForm.title"},
			attempt{name: "at an address with " + bad, path: e.path + "?" + bad, body: good, status: 400, says: "error.badForm.title"})
	}
	return all
}

// strays are addresses of a route with ids that nobody knows, or that are of
// another account or kind. All are answered alike. The other spellings are
// there when all is set: no database is asked about them.
func (b *bench) strays(route, path, body string, all bool) []attempt {
	says := "error.notFound.title"
	if strings.Contains(route, ":code") {
		says = "link.ended.title"
	}
	var attempts []attempt
	for name, id := range parameters(route, path) {
		at := func(other, says, alike string) {
			path := strings.Replace(path, id, url.PathEscape(other), 1)
			attempts = append(attempts, attempt{name: "at " + path, path: path, body: body, status: 404, says: says, alike: alike})
		}
		ids := append(misspelt(id), id+"a", id[1:], "*", "<b>", "%2e%2e", "../"+id)
		if !all {
			ids = ids[:1]
		}
		for _, other := range append(ids, b.others(route)...) {
			if other != id {
				at(other, says, name)
			}
		}
		for _, other := range []string{"\xff", "\x00", id + "\x00", "\xed\xa0\x80"} {
			if name != ":code" {
				at(other, says, name)
			} else {
				// That isn't text: it is told apart before anybody looks for a code.
				at(other, "error.notFound.title", "")
			}
		}
	}
	return attempts
}

// others are ids that exist and that nobody may use at the route: of another
// account, or of another kind of thing.
func (b *bench) others(route string) []string {
	var ids []string
	for kind, some := range b.seals {
		// Another account's id is as good where nothing else is named.
		if !strings.HasPrefix(route, "/console/"+kind+"s/:id") || strings.Contains(route, ":userId") {
			ids = append(ids, some...)
		}
	}
	return ids
}

// flawed are the form with one bad field each.
func (d door) flawed(e errand, token string) []attempt {
	var all []attempt
	for _, f := range d.fields {
		valid := e.form[f.name]
		for _, flaw := range f.flaws(valid) {
			all = append(all, attempt{name: f.name + "=" + strings.Join(flaw.values, ","), body: d.body(with(e, f.name, flaw.values), token), status: flaw.status, says: flaw.says})
		}
		if len(valid) == 0 {
			valid = []string{"x"}
		}
		rest := d.body(with(e, f.name, nil), token) + "&" + f.name + "="
		for _, bad := range []string{"%ff", "%00", "%zz"} {
			all = append(all, attempt{name: f.name + " with " + bad, body: rest + url.QueryEscape(valid[0]) + bad, status: 400, says: "error.badForm.title"})
		}
		if !f.many {
			twice := rest + url.QueryEscape(valid[0]) + "&" + f.name + "=" + url.QueryEscape(valid[0])
			all = append(all, attempt{name: f.name + " twice", body: twice, status: 400, says: "error.badForm.title"})
		}
	}
	return all
}

// try sends an attempt.
func (b *bench) try(method string, a attempt, headers []string) answer {
	b.t.Helper()
	r := httptest.NewRequest(method, a.path, strings.NewReader(a.body))
	r.Host = "portal.example.com"
	if a.chunked {
		r.ContentLength, r.Body = -1, io.NopCloser(strings.NewReader(a.body))
	}
	for _, list := range [][]string{headers, a.headers} {
		for i := 0; i+1 < len(list); i += 2 {
			r.Header.Set(list[i], list[i+1])
		}
	}
	recorder := httptest.NewRecorder()
	b.server.ServeHTTP(recorder, r)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

// bare is an answer without what is random in it.
func (a answer) bare() string {
	header := maps.Clone(a.header)
	for _, name := range []string{"X-Request-Id", "Set-Cookie"} {
		delete(header, name)
	}
	var b strings.Builder
	if err := header.Write(&b); err != nil {
		return err.Error()
	}
	return b.String() + a.text()
}

// hiddenByLot are the hidden fields whose values are random.
var hiddenByLot = regexp.MustCompile(`name="(csrf|form)" value="[^"]*"`)

// text is the body without what is random in it, where any short word may stand by chance.
func (a answer) text() string {
	text := hiddenByLot.ReplaceAllString(a.body, "$1")
	if id := a.header.Get("X-Request-Id"); id != "" {
		text = strings.ReplaceAll(text, id, "REQUEST")
	}
	return text
}

// refuseAll makes every attempt at a route and holds each answer to what it
// should be. Where an attempt names no path, it goes to the one given here.
func (b *bench) refuseAll(method, route, path string, attempts []attempt, headers []string) {
	b.t.Helper()
	alike := map[string]string{}
	b.news()
	for _, at := range attempts {
		if at.path == "" {
			at.path = path
		}
		a := b.try(method, at, headers)
		name := method + " " + route + " " + clipped(at.name)
		if a.status != at.status {
			b.t.Errorf("%s: %d, want %d: %s", name, a.status, at.status, clipped(a.body))
			continue
		}
		speaks(b.t, name, a, at.says)
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Security-Policy") == "" || a.header.Get("Location") != "" {
			b.t.Errorf("%s: headers %v", name, a.header)
		}
		for _, event := range b.news() {
			if event.Outcome != models.Refused {
				b.t.Errorf("%s left the event %+v", name, event)
			}
		}
		if at.alike == "" {
			continue
		}
		if alike[at.alike] == "" {
			alike[at.alike] = a.bare()
		} else if got := a.bare(); got != alike[at.alike] {
			b.t.Errorf("%s is not answered as an unknown id is:\n%s", name, difference(strings.Split(alike[at.alike], ">"), strings.Split(got, ">")))
		}
	}
}

func clipped(s string) string { return s[:min(len(s), 200)] }

func TestForms_WithAnythingWrongAreRefusedInASentenceAndChangeNothing(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		for _, d := range doors() {
			if d.json || d.program {
				continue
			}
			e := d.open(b)
			headers, token := b.enter(e)
			before := l.rows()
			attempts := slices.Concat(b.strays(d.route, e.path, d.body(e, token), l.sqlite), d.flawed(e, token))
			if l.sqlite {
				// No database is asked about these.
				attempts = append(attempts, d.misshapen(e, token)...)
			}
			b.refuseAll(http.MethodPost, d.route, e.path, attempts, headers)
			if changed := difference(before, l.rows()); changed != "" {
				l.t.Errorf("POST %s: bad input changed the database:\n%s", d.route, changed)
			}
			// What was wrong above was the one thing that was wrong.
			b.pass(d, e, headers, token)
			if d.looks {
				if news := b.news(); len(news) > 0 {
					l.t.Errorf("POST %s left %+v", d.route, news)
				}
				continue
			}
			if !slices.ContainsFunc(b.news(), func(e models.Event) bool { return e.Outcome == models.Done }) {
				l.t.Errorf("POST %s did nothing with its own form", d.route)
			}
		}
	})
}
