package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/latchkey-dev/latchkey/handlers"
	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// envPrefix begins the name of every environment variable that Latchkey reads.
const envPrefix = "LATCHKEY_"

// What a setting that is a switch may be.
const (
	on  = "on"
	off = "off"
)

// Settings is everything that can be set, as a flag or as an environment
// variable of the same name. All fields are text here, so that a bad value is
// one of all the faults that resolve names at once. The README's table and
// --help are printed from this struct.
type Settings struct {
	DatabaseURL       string `default:"latchkey.db" secret:"" help:"A file path (SQLite) or postgres://… address."`
	Listen            string `default:"localhost:8080" help:"Address of the portal and the API, host:port."`
	PublicURL         string `placeholder:"URL" shown:"http:// and the listen address" help:"The address that people and programs use, without a trailing slash: issuer, absolute links, trusted origin and cookie security come from it alone. Required when the listen address has no host or a wildcard."`
	SecretKey         string `placeholder:"BASE64" shown:"made beside the SQLite file" secret:"" help:"Base64 of at least 32 random bytes (openssl rand -base64 32). Required with PostgreSQL. Whoever loses it loses every token."`
	TokenPrefix       string `default:"lk" help:"What new keys begin with: a lower-case letter, then at most 11 lower-case letters or digits. Read on the first start only."`
	AccessTokenFormat string `default:"opaque" help:"What access tokens are: opaque, or jwt, which Frontegg's own SDKs expect. Read on the first start only; afterwards the Console has it."`
	DialectPrefix     string `default:"/frontegg" help:"Second home of the routes that Frontegg's clients call."`
	OAuthSigningAlg   string `default:"ES256" help:"What signs the JWTs of /oauth/token: ES256, RS256 or EdDSA. The JWTs that Frontegg's clients expect are RS256 in any case."`
	CredentialCache   string `default:"on" help:"Whether credentials that were read are kept in memory while the change log tells that they are unchanged: on or off. Off asks the database each time, so that what one replica changes is in force on the others at once and not within a second."`
	TrustedProxies    string `placeholder:"CIDR,…" shown:"none" help:"Networks, separated by commas, whose X-Forwarded-For is believed."`
	AllowedOrigins    string `placeholder:"ORIGIN,…" shown:"none" help:"Origins, separated by commas, of the vendor's own pages, whose scripts may sign people in and call the routes of Frontegg's clients with credentials."`
	LastUsedFlush     string `default:"5s" help:"How often the last uses and the counts of refusals are written."`
}

// config is Settings that were found good.
type config struct {
	databaseURL    string
	listen         string
	publicURL      *url.URL
	secretKey      []byte
	tokenPrefix    string
	tokenFormat    models.AccessTokenFormat
	allowedOrigins []string
	dialectPrefix  string
	oauthAlgorithm string
	uncached       bool
	trustedProxies []netip.Prefix
	lastUsedFlush  time.Duration
}

var (
	dialectPrefixForm = regexp.MustCompile(`^(/[A-Za-z0-9_-]+)+$`)
	hostForm          = regexp.MustCompile(`^[a-z0-9._-]+$`)
)

// resolve turns the settings into a config, or names every fault at once, those
// that are known already first. With
// SQLite and no secret key it makes one beside the database file.
func (s Settings) resolve(known ...error) (config, error) {
	faults := slices.Clone(known)
	fault := func(setting, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s%s: %s", envPrefix, setting, fmt.Sprintf(format, args...)))
	}
	c := config{
		databaseURL: s.DatabaseURL, listen: s.Listen,
		tokenPrefix: s.TokenPrefix, tokenFormat: models.AccessTokenFormat(s.AccessTokenFormat), dialectPrefix: strings.TrimSuffix(s.DialectPrefix, "/"),
		oauthAlgorithm: s.OAuthSigningAlg, uncached: s.CredentialCache == off,
	}

	if s.DatabaseURL == "" {
		fault("DATABASE_URL", "is empty; name a file or a postgres:// address")
	} else if scheme, _, ok := strings.Cut(s.DatabaseURL, "://"); ok && !isPostgres(s.DatabaseURL) {
		fault("DATABASE_URL", "%q is not a scheme that Latchkey knows; use postgres:// or a file path", scheme)
	}
	c.publicURL = s.public(fault)
	if !m2m.ValidPrefix(s.TokenPrefix) {
		fault("TOKEN_PREFIX", "%q must be a lower-case letter and at most 11 lower-case letters or digits", s.TokenPrefix)
	}
	if s.AccessTokenFormat != "" && !c.tokenFormat.Valid() {
		fault("ACCESS_TOKEN_FORMAT", "%q must be opaque or jwt", s.AccessTokenFormat)
	}
	if s.OAuthSigningAlg != "" && !slices.Contains(signing.Algorithms(), s.OAuthSigningAlg) {
		fault("OAUTH_SIGNING_ALG", "%q must be one of %s", s.OAuthSigningAlg, strings.Join(signing.Algorithms(), ", "))
	}
	if s.CredentialCache != "" && s.CredentialCache != on && s.CredentialCache != off {
		fault("CREDENTIAL_CACHE", "%q must be on or off", s.CredentialCache)
	}
	for part := range strings.SplitSeq(s.AllowedOrigins, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if !isOrigin(part) {
			fault("ALLOWED_ORIGINS", "%q is not an origin such as https://app.example.com; wildcards mean nothing here", part)
			continue
		}
		c.allowedOrigins = append(c.allowedOrigins, part)
	}
	if s.DialectPrefix != "" && !dialectPrefixForm.MatchString(c.dialectPrefix) {
		fault("DIALECT_PREFIX", "%q must be a path such as /frontegg, of letters, digits, - and _", s.DialectPrefix)
	} else if first, _, _ := strings.Cut(strings.TrimPrefix(c.dialectPrefix, "/"), "/"); handlers.Taken(first) {
		fault("DIALECT_PREFIX", "%q is taken: Latchkey has addresses of its own under /%s", s.DialectPrefix, first)
	}
	for part := range strings.SplitSeq(s.TrustedProxies, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			fault("TRUSTED_PROXIES", "%q is not a network such as 10.0.0.0/8", part)
			continue
		}
		c.trustedProxies = append(c.trustedProxies, prefix.Masked())
	}
	flush, err := time.ParseDuration(s.LastUsedFlush)
	if err != nil || flush < 100*time.Millisecond || flush > time.Hour {
		fault("LAST_USED_FLUSH", "%q must be a duration from 100ms to 1h", s.LastUsedFlush)
	}
	c.lastUsedFlush = flush

	// The key is last: a file is made only for settings that are good otherwise.
	switch {
	case s.SecretKey != "":
		if c.secretKey, err = decodeKey(s.SecretKey); err != nil {
			fault("SECRET_KEY", "%s", err)
		}
	case isPostgres(s.DatabaseURL):
		fault("SECRET_KEY", "is required with PostgreSQL; make one with: openssl rand -base64 32")
	case len(faults) == 0:
		if c.secretKey, err = keyBeside(s.DatabaseURL); err != nil {
			fault("SECRET_KEY", "%s", err)
		}
	}
	return c, errors.Join(faults...)
}

// isOrigin tells whether a text is an origin as browsers spell it (RFC 6454):
// scheme, host in lower case (ASCII, without wildcards), and the port unless it is
// the scheme's own.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return false
	}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil && !hostForm.MatchString(u.Hostname()) {
		return false
	}
	usual := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	return text == u.Scheme+"://"+strings.ToLower(u.Host) && u.Port() != usual
}

func (s Settings) public(fault func(setting, format string, args ...any)) *url.URL {
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		fault("LISTEN", "%q must be host:port, such as localhost:8080 or :8080", s.Listen)
	}
	raw := s.PublicURL
	if raw == "" {
		if ip, ipErr := netip.ParseAddr(host); err == nil && (host == "" || ipErr == nil && ip.IsUnspecified()) {
			fault("PUBLIC_URL", "is required when Latchkey listens on every address (%s)", s.Listen)
			return nil
		}
		raw = "http://" + s.Listen
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		fault("PUBLIC_URL", "%q must be an address such as https://portal.example.com", raw)
		return nil
	case strings.HasSuffix(raw, "/"):
		fault("PUBLIC_URL", "%q must not end in a slash", raw)
	case u.Path != "":
		fault("PUBLIC_URL", "%q must not have a path: Latchkey has a host name of its own", raw)
	}
	return u
}

func isPostgres(databaseURL string) bool {
	return strings.HasPrefix(databaseURL, "postgres://") || strings.HasPrefix(databaseURL, "postgresql://")
}

func decodeKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("is not base64; make one with: openssl rand -base64 32")
	}
	if len(key) < 32 {
		return nil, fmt.Errorf("has %d bytes, at least 32 are needed; make one with: openssl rand -base64 32", len(key))
	}
	return key, nil
}

// keyBeside reads the secret key that lives beside an SQLite file, and makes it
// on the first start, readable by its owner only.
func keyBeside(database string) ([]byte, error) {
	path := strings.TrimSuffix(database, filepath.Ext(database)) + ".key"
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(database); err == nil {
			return nil, fmt.Errorf("%s exists but its key %s does not; put the key back or name it", database, path)
		}
		return makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	key, err := decodeKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return key, nil
}

func makeKey(path string) ([]byte, error) {
	// Written whole beside its place and then linked there: of two first
	// starts at once one makes the key and the other reads it, never half.
	f, err := os.CreateTemp(filepath.Dir(path), ".latchkey-key-*")
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(randomKey()) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return decodeKey(string(text))
}

// environment looks settings up in the process's environment variables; it is
// kong's resolver, so that flags win and defaults come last.
type environment struct {
	values map[string]string
	// secrets are the settings that may come from a file named by …_FILE.
	secrets map[string]bool
}

func readEnvironment(environ []string) environment {
	e := environment{values: map[string]string{}, secrets: map[string]bool{}}
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok && strings.HasPrefix(name, envPrefix) {
			e.values[name] = value
		}
	}
	for _, f := range settingFields() {
		if f.secret {
			e.secrets[f.env] = true
		}
	}
	return e
}

// check names every variable that begins with LATCHKEY_ and means nothing,
// and every setting that comes both by itself and by file.
func (e environment) check() error {
	known := map[string]bool{}
	for _, f := range settingFields() {
		known[f.env] = true
		if f.secret {
			known[f.env+"_FILE"] = true
		}
	}
	var faults []error
	for name := range e.values {
		switch {
		case known[name]:
		case strings.Contains(name, "_SERVICE_"), strings.HasSuffix(name, "_PORT"), strings.Contains(name, "_PORT_"):
			// Kubernetes injects these for a Service named latchkey-….
		default:
			faults = append(faults, fmt.Errorf("%s: no such setting; see latchkey --help", name))
		}
	}
	for name := range e.secrets {
		file, both := e.values[name+"_FILE"]
		if _, ok := e.values[name]; ok && both && file != "" {
			faults = append(faults, fmt.Errorf("%s: set it or %s_FILE, not both", name, name))
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(faults...)
}

// lookup is the value of a flag's variable, or of the file that its _FILE twin names.
func (e environment) lookup(env string) (string, bool, error) {
	if value, ok := e.values[env]; ok {
		return value, true, nil
	}
	path := e.values[env+"_FILE"]
	if path == "" || !e.secrets[env] {
		return "", false, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", false, fmt.Errorf("%s_FILE: %w", env, err)
	}
	return strings.TrimRight(string(text), "\r\n"), true, nil
}

func (e environment) resolver() kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		env := envName(flag.Name)
		value, ok, err := e.lookup(env)
		if err != nil || !ok {
			return nil, err
		}
		return value, nil
	})
}

func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// settingField is one line of the README's table.
type settingField struct {
	env, shown, help string
	secret           bool
}

func settingFields() []settingField {
	t := reflect.TypeFor[Settings]()
	fields := make([]settingField, 0, t.NumField())
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		_, secret := tag.Lookup("secret")
		shown := tag.Get("shown")
		if shown == "" {
			shown = "`" + tag.Get("default") + "`"
		}
		fields = append(fields, settingField{
			env:   envName(flagName(t.Field(i).Name)),
			shown: shown, help: tag.Get("help"), secret: secret,
		})
	}
	return fields
}

var wordStart = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// flagName is the flag of a field: DatabaseURL is database-url.
func flagName(field string) string {
	return strings.ToLower(wordStart.ReplaceAllString(field, "$1-$2"))
}

// settingsTable is the README's table of settings, in Markdown.
func settingsTable() string {
	var b strings.Builder
	b.WriteString("| setting | default | meaning |\n| --- | --- | --- |\n")
	for _, f := range settingFields() {
		help := f.help
		if f.secret {
			help += " Or in a file that `" + f.env + "_FILE` names."
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.env, f.shown, help)
	}
	return b.String()
}

// system is the caller of everything that the command line does.
func system() models.Caller { return models.Caller{Kind: models.System} }
