package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// program is one database to run commands on.
type program struct {
	environ []string
	url     string
}

// onBoth runs test against an empty database of either sort.
func onBoth(t *testing.T, test func(t *testing.T, p program)) {
	t.Helper()
	key := "LATCHKEY_SECRET_KEY=" + base64.StdEncoding.EncodeToString(randomKey())
	storetest.EachURL(t, func(t *testing.T, url string) {
		test(t, program{url: url, environ: []string{
			"LATCHKEY_DATABASE_URL=" + url, key, "LATCHKEY_LISTEN=127.0.0.1:0", "LATCHKEY_PUBLIC_URL=http://portal.example",
		}})
	})
}

// run runs one command to its end.
func (p program) run(ctx context.Context, stdin string, args ...string) (stdout string, err error) {
	var out bytes.Buffer
	err = run(ctx, args, p.environ, strings.NewReader(stdin), &out, io.Discard)
	return out.String(), err
}

// listener is a log that tells the address of a server once it listens.
type listener struct {
	address chan string
	told    bool
}

var listening = regexp.MustCompile(`msg=listening address=(\S+)`)

func (l *listener) Write(p []byte) (int, error) {
	if found := listening.FindSubmatch(p); found != nil && !l.told {
		l.told = true
		l.address <- string(found[1])
	}
	return len(p), nil
}

// serving runs a command that serves, calls act with its address, and then
// ends it as SIGTERM would; it gives what the command printed.
func (p program) serving(t *testing.T, command string, act func(address string)) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out bytes.Buffer
	log := &listener{address: make(chan string, 1)}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{command}, p.environ, strings.NewReader(""), &out, log) }()
	select {
	case address := <-log.address:
		act(address)
	case err := <-ended:
		t.Fatalf("%s ended before it listened: %v", command, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("%s ended with: %v", command, err)
	}
	return out.String()
}

func TestRun_VersionAndHelp(t *testing.T) {
	t.Parallel()
	p := program{}
	if out, err := p.run(t.Context(), "", "version"); err != nil || !strings.HasPrefix(out, "latchkey ") {
		t.Errorf("version: %q, %v", out, err)
	}
	out, err := p.run(t.Context(), "", "--help")
	if err != nil {
		t.Errorf("--help: %v", err)
	}
	for _, want := range []string{"serve", "demo", "seed", "migrate", "operator create", "operator reset-password", "keys list", "keys rotate", "keys remove", "gallery", "--database-url", "--secret-key"} {
		if !strings.Contains(out, want) {
			t.Errorf("--help does not mention %s", want)
		}
	}
}

func TestRun_FlagsWinOverVariables(t *testing.T) {
	t.Parallel()
	p := program{environ: []string{"LATCHKEY_LAST_USED_FLUSH=never", "LATCHKEY_DATABASE_URL=" + filepath.Join(t.TempDir(), "a.db")}}
	if _, err := p.run(t.Context(), "", "migrate"); err == nil || !strings.Contains(err.Error(), "LAST_USED_FLUSH") {
		t.Errorf("a bad variable: %v", err)
	}
	if _, err := p.run(t.Context(), "", "migrate", "--last-used-flush=1s"); err != nil {
		t.Errorf("a good flag over it: %v", err)
	}
}

func TestRun_UnknownVariableStopsTheStart(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "a.db")
	p := program{environ: []string{"LATCHKEY_LISTN=:1", "LATCHKEY_COLOUR=red", "LATCHKEY_LISTEN=nonsense", "LATCHKEY_DATABASE_URL=" + database}}
	_, err := p.run(t.Context(), "", "migrate")
	for _, name := range []string{"LATCHKEY_LISTN:", "LATCHKEY_COLOUR:", "LATCHKEY_LISTEN:"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
	p.environ = []string{"LATCHKEY_COLOUR=red", "LATCHKEY_DATABASE_URL=" + database}
	if _, err := p.run(t.Context(), "", "migrate"); err == nil {
		t.Error("an unknown variable alone is let through")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(database), "*")); len(left) > 0 {
		t.Errorf("a start that was stopped leaves %v", left)
	}
}

func TestMigrate_EveryServiceSpeaksToTheLog(t *testing.T) {
	t.Parallel()
	var out, log bytes.Buffer
	environ := []string{"LATCHKEY_DATABASE_URL=" + filepath.Join(t.TempDir(), "a.db")}
	if err := run(t.Context(), []string{"migrate"}, environ, strings.NewReader(""), &out, &log); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"msg=migrated", `msg="environment made"`, `msg="signing key made"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log.String())
		}
	}
}

func TestSeed_JSONIsOneObjectAndNothingElse(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		out, err := p.run(t.Context(), "", "seed", "--json")
		if err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(strings.NewReader(out))
		decoder.DisallowUnknownFields()
		var data seeded
		if err := decoder.Decode(&data); err != nil {
			t.Fatal(err)
		}
		if decoder.More() {
			t.Error("there is more than one object on standard output")
		}
		if data.Vendor.ClientID == "" || data.Operator.Password == "" || len(data.Tenants) != 2 {
			t.Fatalf("the object lacks something: %s", out)
		}
		for _, tenant := range data.Tenants {
			if len(tenant.Users) != 3 {
				t.Errorf("%s has %d users", tenant.Name, len(tenant.Users))
			}
			for _, secret := range []string{
				tenant.Tokens.AccessToken.Secret, tenant.Tokens.PersonalAccessToken.Secret,
				tenant.Tokens.ClientCredentials.Secret, tenant.Tokens.PersonalClientCredentials.Secret,
			} {
				if !strings.HasPrefix(secret, "lk_") {
					t.Errorf("%s has the token %q", tenant.Name, secret)
				}
			}
		}
		if _, err := p.run(t.Context(), "", "seed"); err == nil || !strings.Contains(err.Error(), "has accounts already") {
			t.Errorf("a second seed: %v", err)
		}
	})
}

func TestServe_DrainsAndWritesTheLastUse(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		out, err := p.run(t.Context(), "", "seed", "--json")
		if err != nil {
			t.Fatal(err)
		}
		var data seeded
		if err := json.Unmarshal([]byte(out), &data); err != nil {
			t.Fatal(err)
		}
		token := data.Tenants[0].Tokens.AccessToken
		p.serving(t, "serve", func(address string) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/v1/whoami", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("X-Api-Key", token.Secret)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Fatalf("whoami: %s", response.Status)
			}
		})
		st, err := store.Open(t.Context(), store.Config{URL: p.url})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		row, err := st.Token(t.Context(), data.Tenants[0].ID, token.ID)
		if err != nil || !row.Used() || time.Since(row.LastUsedAt) > time.Hour {
			t.Errorf("the use was not written: %v, %v", row.LastUsedAt, err)
		}
	})
}

func TestServe_PrintsANewSetupLinkUntilThereIsAnOperator(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		link := regexp.MustCompile(`http://portal\.example/setup/([\w-]{43})\n`)
		first := link.FindStringSubmatch(p.serving(t, "serve", func(string) {}))
		second := link.FindStringSubmatch(p.serving(t, "serve", func(string) {}))
		if first == nil || second == nil || first[1] == second[1] {
			t.Fatalf("links: %v, %v", first, second)
		}
		if _, err := p.run(t.Context(), "", "operator", "create", "op@vendor.example"); err != nil {
			t.Fatal(err)
		}
		if out := p.serving(t, "serve", func(string) {}); strings.Contains(out, "/setup/") {
			t.Errorf("a set-up link though there is an operator: %q", out)
		}
	})
}

func TestServe_AnotherKeyStopsTheStart(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		if _, err := p.run(t.Context(), "", "migrate"); err != nil {
			t.Fatal(err)
		}
		other := base64.StdEncoding.EncodeToString(randomKey())
		_, err := p.run(t.Context(), "", "serve", "--secret-key="+other)
		if err == nil || !strings.Contains(err.Error(), "LATCHKEY_SECRET_KEY: is not the key") {
			t.Errorf("error = %v", err)
		}
	})
}

func TestDemo_TellsSignInsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	p := program{environ: []string{"LATCHKEY_LISTEN=127.0.0.1:0"}}
	out := p.serving(t, "demo", func(string) {})
	for _, want := range []string{"dana@acme.example", "vic@acme.example", "operator@latchkey.example", "export TOKEN=lk_at_"} {
		if !strings.Contains(out, want) {
			t.Errorf("the demo does not print %s", want)
		}
	}
}

func TestOperator_PasswordIsPrintedOnceOrTyped(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		out, err := p.run(t.Context(), "", "operator", "create", "op@vendor.example", "--name", "Op")
		if err != nil || !regexp.MustCompile(`^Password: \S{43}\n$`).MatchString(out) {
			t.Fatalf("create: %q, %v", out, err)
		}
		if _, err := p.run(t.Context(), "short\n", "operator", "reset-password", "op@vendor.example", "--password-stdin"); err == nil || !strings.Contains(err.Error(), "15") {
			t.Errorf("a short password: %v", err)
		}
		out, err = p.run(t.Context(), "a cellar full of violet pumpkins\n", "operator", "reset-password", "op@vendor.example", "--password-stdin")
		if err != nil || out != "" {
			t.Errorf("reset: %q, %v", out, err)
		}
		if _, err := p.run(t.Context(), "", "operator", "reset-password", "nobody@vendor.example"); err == nil || !strings.Contains(err.Error(), "no operator has the e-mail") {
			t.Errorf("an unknown operator: %v", err)
		}
		if _, err := p.run(t.Context(), "", "operator", "create", "op@vendor.example"); err == nil {
			t.Error("the same e-mail twice")
		}
		st, err := store.Open(t.Context(), store.Config{URL: p.url})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		user, err := st.UserByEmail(t.Context(), "op@vendor.example")
		if err != nil || !user.Operator || user.Name != "Op" {
			t.Errorf("user = %+v, %v", user, err)
		}
	})
}

func TestServe_PortTakenLeavesTheSetupLinkOfWhoHasIt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		p.serving(t, "serve", func(address string) {
			out, err := p.run(t.Context(), "", "serve", "--listen="+address)
			if err == nil || out != "" {
				t.Errorf("a second server on %s: %q, %v", address, out, err)
			}
		})
	})
}
