package main

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func good(t *testing.T) Settings {
	t.Helper()
	return Settings{
		DatabaseURL: filepath.Join(t.TempDir(), "latchkey.db"), Listen: "localhost:8080",
		TokenPrefix: "lk", DialectPrefix: "/frontegg", LastUsedFlush: "5s",
	}
}

func TestResolve_DefaultsAreGood(t *testing.T) {
	t.Parallel()
	c, err := good(t).resolve()
	if err != nil {
		t.Fatal(err)
	}
	if got := c.publicURL.String(); got != "http://localhost:8080" {
		t.Errorf("public URL = %q", got)
	}
	if c.lastUsedFlush != 5*time.Second {
		t.Errorf("flush = %s", c.lastUsedFlush)
	}
}

func TestResolve_NamesAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Settings{
		DatabaseURL: "mysql://nowhere", Listen: "nonsense", PublicURL: "https://x.example/",
		SecretKey: "!", TokenPrefix: "Bad_", DialectPrefix: "frontegg", TrustedProxies: "10.0.0.0/8, what",
		OAuthSigningAlg: "HS256", CredentialCache: "yes", LastUsedFlush: "soon",
	}.resolve()
	if err == nil {
		t.Fatal("no fault found")
	}
	for _, name := range []string{"DATABASE_URL", "LISTEN", "PUBLIC_URL", "SECRET_KEY", "TOKEN_PREFIX", "DIALECT_PREFIX", "OAUTH_SIGNING_ALG", "CREDENTIAL_CACHE", "TRUSTED_PROXIES", "LAST_USED_FLUSH"} {
		if !strings.Contains(err.Error(), envPrefix+name+":") {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}

func TestResolve_OriginsAreThoseThatBrowsersSend(t *testing.T) {
	t.Parallel()
	for origins, fine := range map[string]bool{
		"": true, "https://app.example": true, "https://app.example, http://localhost:3000": true, "http://[::1]:3000": true, "http://192.0.2.1": true,
		"*": false, "https://*": false, "https://*.app.example": false, "https://app.example,https://*.app.example": false, "https://münchen.example": false,
		"https://app.example/": false, "https://App.example": false, "https://app.example:443": false, "null": false, "https://a b.example": false,
	} {
		s := good(t)
		s.AllowedOrigins = origins
		if _, err := s.resolve(); (err == nil) != fine || !fine && !strings.Contains(err.Error(), "LATCHKEY_ALLOWED_ORIGINS: ") {
			t.Errorf("%q: %v", origins, err)
		}
	}
}

func TestResolve_TheDialectTakesNoAddressOfOurs(t *testing.T) {
	t.Parallel()
	for prefix, fine := range map[string]bool{
		"": true, "/frontegg": true, "/frontegg/": true, "/a-b/c_1": true, "/v2": true, "/consoles": true,
		"/": false, "//": false, "frontegg": false, "/../x": false, "/.": false, "/a//b": false, "/a.b": false, "/:id": false, "/a*": false, "/%2e": false, "/.well-known": false,
		"/v1": false, "/v1/x": false, "/console": false, "/identity": false, "/team/x": false, "/flags": false, "/metadata": false, "/auth": false,
		"/sign-in": false, "/account": false, "/workspace/x": false, "/static": false, "/healthz": false, "/portal-link": false,
	} {
		s := good(t)
		s.DialectPrefix = prefix
		if _, err := s.resolve(); (err == nil) != fine || !fine && !strings.Contains(err.Error(), "LATCHKEY_DIALECT_PREFIX: ") {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

func TestResolve_PublicURL(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ listen, public, want string }{
		{":8080", "", ""},
		{"0.0.0.0:80", "", ""},
		{"[::]:80", "", ""},
		{":8080", "https://portal.example", "https://portal.example"},
		{"127.0.0.1:9000", "", "http://127.0.0.1:9000"},
		{"localhost:1", "ftp://x", ""},
		{"localhost:1", "https://user@x.example", ""},
		{"localhost:1", "https://x.example/path", ""},
		{"localhost:1", "https://x.example?q=1", ""},
	} {
		s := good(t)
		s.Listen, s.PublicURL = test.listen, test.public
		c, err := s.resolve()
		if test.want == "" {
			if err == nil || !strings.Contains(err.Error(), "LATCHKEY_PUBLIC_URL") {
				t.Errorf("listen %q, public %q: error %v, want one about LATCHKEY_PUBLIC_URL", test.listen, test.public, err)
			}
			continue
		}
		if err != nil || c.publicURL.String() != test.want {
			t.Errorf("listen %q, public %q: %v, %v", test.listen, test.public, c.publicURL, err)
		}
	}
}

func TestResolve_KeyIsMadeOnceBesideTheFile(t *testing.T) {
	t.Parallel()
	s := good(t)
	first, err := s.resolve()
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimSuffix(s.DatabaseURL, ".db") + ".key"
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key file: %v, %v", info, err)
	}
	second, err := s.resolve()
	if err != nil || string(first.secretKey) != string(second.secretKey) {
		t.Fatalf("the second start has another key: %v", err)
	}
}

func TestResolve_DatabaseWithoutItsKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := good(t)
	if err := os.WriteFile(s.DatabaseURL, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.resolve(); err == nil || !strings.Contains(err.Error(), "put the key back") {
		t.Fatalf("error = %v", err)
	}
}

func TestResolve_PostgresNeedsAKey(t *testing.T) {
	t.Parallel()
	s := good(t)
	s.DatabaseURL = "postgres://localhost/latchkey"
	if _, err := s.resolve(); err == nil || !strings.Contains(err.Error(), "SECRET_KEY: is required") {
		t.Fatalf("error = %v", err)
	}
	s.SecretKey = base64.StdEncoding.EncodeToString(make([]byte, 31))
	if _, err := s.resolve(); err == nil || !strings.Contains(err.Error(), "has 31 bytes") {
		t.Fatalf("error = %v", err)
	}
	s.SecretKey = base64.StdEncoding.EncodeToString(make([]byte, 32))
	if _, err := s.resolve(); err != nil {
		t.Fatal(err)
	}
}

func TestEnvironment_UnknownNamesStopTheStart(t *testing.T) {
	t.Parallel()
	err := readEnvironment([]string{
		"LATCHKEY_LISTEN=:1", "LATCHKEY_LISTN=:2", "LATCHKEY_LISTEN_FILE=x", "HOME=/", "LATCHKEY_SECRET_KEY_FILE=k",
		"LATCHKEY_PORT=tcp://10.0.0.1:80", "LATCHKEY_PORT_80_TCP=x", "LATCHKEY_SERVICE_HOST=10.0.0.1", "LATCHKEY_WEB_SERVICE_PORT=1",
	}).check()
	if err == nil {
		t.Fatal("no fault found")
	}
	want := "LATCHKEY_LISTEN_FILE: no such setting; see latchkey --help\nLATCHKEY_LISTN: no such setting; see latchkey --help"
	if err.Error() != want {
		t.Errorf("faults:\n%v\nwant:\n%s", err, want)
	}
}

func TestEnvironment_SecretsComeFromFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("c2VjcmV0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := readEnvironment([]string{"LATCHKEY_SECRET_KEY_FILE=" + path})
	if value, ok, err := e.lookup("LATCHKEY_SECRET_KEY"); err != nil || !ok || value != "c2VjcmV0" {
		t.Errorf("lookup = %q, %v, %v", value, ok, err)
	}
	both := readEnvironment([]string{"LATCHKEY_SECRET_KEY=a", "LATCHKEY_SECRET_KEY_FILE=" + path})
	if err := both.check(); err == nil || !strings.Contains(err.Error(), "not both") {
		t.Errorf("check = %v", err)
	}
	gone := readEnvironment([]string{"LATCHKEY_SECRET_KEY_FILE=" + path + "x"})
	if _, _, err := gone.lookup("LATCHKEY_SECRET_KEY"); err == nil {
		t.Error("a missing file is no fault")
	}
}

func TestFlagName_IsTheVariablesName(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{"DatabaseURL": "database-url", "Listen": "listen", "PublicURL": "public-url", "LastUsedFlush": "last-used-flush"} {
		if got := flagName(field); got != want {
			t.Errorf("flagName(%q) = %q, want %q", field, got, want)
		}
	}
}
