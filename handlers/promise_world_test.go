package handlers_test

import (
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// The tests in promise_*_test.go are named after the rules of the product (P1
// to P16), and ask for each at the outermost door: a request to the server that
// serve makes.

// promised runs a test on both databases, with an operator's desk.
func promised(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { test(t, newDesk(t, s)) })
}

// seat is a person's browser with a session and a form token, made without the
// cost of a password.
type seat struct {
	*world
	who     walker
	headers []string
	token   string
}

const agent = "auditor/1"

func (w *world) sit(who walker) *seat {
	w.t.Helper()
	headers, token := w.visit(who)
	return &seat{world: w, who: who, headers: append(headers, "User-Agent", agent), token: token}
}

// dan is dana's seat in Acme.
func (w *world) dan() *seat {
	return w.sit(walker{name: "dana", userID: w.dana.UserID, tenantID: w.acme.ID})
}

// seatOf is the seat of a member, in their account.
func (w *world) seatOf(m models.Member) *seat {
	return w.sit(walker{name: m.User.Name, userID: m.UserID, tenantID: m.TenantID})
}

func (s *seat) get(path string) answer {
	s.t.Helper()
	return s.send(http.MethodGet, path, "", s.headers...)
}

// post sends a form; fields alternate names and values.
func (s *seat) post(path string, fields ...string) answer {
	s.t.Helper()
	form := url.Values{"csrf": {s.token}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return s.send(http.MethodPost, path, form.Encode(), s.headers...)
}

// generate posts the form for a token at one of the two places.
func (s *seat) generate(p place, more ...string) answer {
	s.t.Helper()
	fields := append(s.filled(p, "made at "+p.path), "expires", "never", "form", models.NewOpaque().Reveal())
	return s.post(p.path, append(fields, more...)...)
}

// in tells whether the session still goes on.
func (s *seat) in() bool {
	s.t.Helper()
	return s.get("/account/security").status == http.StatusOK
}

// four is a token of each combination, with the JWTs of those that have one.
type four struct {
	*world
	minted map[combination]tokens.Minted
	issued map[combination]string
}

func (w *world) four() *four {
	w.t.Helper()
	f := &four{world: w, minted: map[combination]tokens.Minted{}, issued: map[combination]string{}}
	for _, c := range combinations() {
		f.minted[c] = w.mint(c, 0)
		if c.kind == models.ClientCredentials {
			f.issued[c] = w.exchange(f.minted[c])
		}
	}
	w.must(w.accounts.SetTenantM2M(w.t.Context(), system(), w.acme.ID, models.Inherited, ""))
	return f
}

// ways is every way in which the token of a combination can be shown, with its answer.
func (f *four) ways(c combination) map[string]answer {
	f.t.Helper()
	m := f.minted[c]
	if c.kind == models.AccessToken {
		return map[string]answer{
			"key":              f.send(http.MethodGet, "/v1/whoami", "", "X-API-KEY", m.Secret.Reveal()),
			"key at a gateway": f.send(http.MethodGet, authorizePath, "", "X-API-KEY", m.Secret.Reveal()),
		}
	}
	return map[string]answer{
		"exchange":     f.send(http.MethodPost, exchangePath, credentials(m.Token.ID, m.Secret.Reveal())),
		"issued JWT":   f.send(http.MethodGet, "/v1/whoami", "", "Authorization", "Bearer "+f.issued[c]),
		"at a gateway": f.send(http.MethodGet, authorizePath, "", "Authorization", "Bearer "+f.issued[c]),
	}
}

// work fails the test unless every way of every token of the context is let in,
// or refused.
func (f *four) work(when string, in models.Context, want bool) {
	f.t.Helper()
	status := http.StatusUnauthorized
	if want {
		status = http.StatusOK
	}
	for _, c := range combinations() {
		if c.context != in {
			continue
		}
		for way, a := range f.ways(c) {
			if a.status != status {
				f.t.Errorf("%s: %s of %v: %d, want %d", when, way, c, a.status, status)
			}
		}
	}
}

var drawnByLot = regexp.MustCompile(`[A-Za-z0-9_-]{43,}|[0-9a-f]{24}`)

// alike is a page without its id, and without the tokens and request ids that differ
// from one answer to the next.
func alike(page, id string) string {
	return drawnByLot.ReplaceAllString(strings.ReplaceAll(page, id, "ID"), "LOT")
}

// raw is the database itself, beside the store.
type raw struct {
	t      testing.TB
	db     *sql.DB
	file   string
	tables string
}

// eachRaw runs a test on both databases, with a look at what is really kept.
func eachRaw(t *testing.T, test func(t *testing.T, w *world, db *raw)) {
	t.Helper()
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		driver, r := "sqlite", &raw{t: t, file: address, tables: "SELECT name FROM sqlite_master WHERE type = 'table'"}
		if strings.HasPrefix(address, "postgres") {
			driver, r.file, r.tables = "pgx", "", "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
		}
		s := storetest.Open(t, address)
		w := newWorld(t, s)
		var err error
		r.db, err = sql.Open(driver, address)
		w.must(err)
		t.Cleanup(func() { r.db.Close() })
		test(t, w, r)
	})
}

func (r *raw) query(query string) *sql.Rows {
	r.t.Helper()
	rows, err := r.db.QueryContext(r.t.Context(), query)
	if err != nil {
		r.t.Fatal(err)
	}
	return rows
}

// rows is every row of every table, as text.
func (r *raw) rows() map[string][]string {
	r.t.Helper()
	var names []string
	tables := r.query(r.tables)
	for tables.Next() {
		var name string
		if err := tables.Scan(&name); err != nil {
			r.t.Fatal(err)
		}
		names = append(names, name)
	}
	tables.Close()
	all := map[string][]string{}
	for _, name := range names {
		all[name] = r.table(name)
	}
	if len(all["tokens"]) == 0 && len(all["users"]) == 0 {
		r.t.Fatalf("nothing was read of the tables %v", names)
	}
	return all
}

func (r *raw) table(name string) (lines []string) {
	r.t.Helper()
	rows := r.query("SELECT * FROM " + name)
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		r.t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			r.t.Fatal(err)
		}
		var line strings.Builder
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b) + " " + base64.StdEncoding.EncodeToString(b)
			}
			fmt.Fprintf(&line, "%s=%v ", columns[i], v)
		}
		lines = append(lines, line.String())
	}
	return lines
}

// counts is how many rows each table has.
func (r *raw) counts() map[string]int {
	r.t.Helper()
	counts := map[string]int{}
	for name, lines := range r.rows() {
		counts[name] = len(lines)
	}
	return counts
}

// everything is all that is kept: the rows, and of an SQLite database its files,
// with what was deleted from them.
func (r *raw) everything() string {
	r.t.Helper()
	var all strings.Builder
	for name, lines := range r.rows() {
		all.WriteString(name + "\n" + strings.Join(lines, "\n") + "\n")
	}
	for _, end := range []string{"", "-wal"} {
		if r.file == "" {
			continue
		}
		content, err := os.ReadFile(r.file + end)
		if err != nil && !os.IsNotExist(err) {
			r.t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}

// invite makes a one-time password link for a member.
func (w *world) invite(m models.Member) string {
	w.t.Helper()
	code, _, err := w.accounts.NewPasswordLink(w.t.Context(), system(), m.TenantID, m.UserID)
	w.must(err)
	return code.Reveal()
}

// setPassword lets a member have the password.
func (w *world) setPassword(m models.Member) {
	w.t.Helper()
	event := models.NewEvent(system(), models.PasswordChanged, w.clock.Now()).About("user", m.UserID, m.User.Name)
	w.must(w.store.SetPassword(w.t.Context(), m.UserID, passwordHash, nil, event))
}

// role makes a role with exactly these permissions.
func (w *world) role(key string, permissions ...string) string {
	w.t.Helper()
	r, err := w.accounts.CreateRole(w.t.Context(), system(), accounts.RoleInput{Key: key, Name: key, Permissions: permissions})
	w.must(err)
	w.roles[key] = r.ID
	return r.ID
}
