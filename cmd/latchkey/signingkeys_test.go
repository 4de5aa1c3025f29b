package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/models"
)

// listed is what keys list says, by state and algorithm.
func (p program) listed(t *testing.T) (kids map[string]string) {
	t.Helper()
	out, err := p.run(t.Context(), "", "keys", "list")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if !strings.HasPrefix(lines[0], "KEY ") {
		t.Errorf("%s", lines[0])
	}
	kids = map[string]string{}
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		if len(fields) != 6 {
			t.Fatalf("%q", line)
		}
		if retired := fields[2] == "retired"; fields[3] == "-" != retired || fields[3] == "no" {
			t.Errorf("%q", line)
		}
		kids[fields[1]+" "+fields[2]] = fields[0]
		if scheduled := fields[5] != "-"; scheduled != (fields[1] != "RS256" && fields[2] == "active") {
			t.Errorf("%q", line)
		}
	}
	return kids
}

// age makes the next keys as old as if they had been published long ago.
func (p program) age(t *testing.T) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: p.url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	keys, err := s.SigningKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if key.State != models.KeyNext {
			continue
		}
		event := models.NewEvent(system(), models.SigningKeyCreated, time.Now())
		if err := s.RemoveSigningKey(t.Context(), key.ID, time.Now(), event); err != nil {
			t.Fatal(err)
		}
		key.CreatedAt = key.CreatedAt.Add(-time.Hour)
		if err := s.CreateSigningKeys(t.Context(), []models.SigningKey{key}, []models.Event{event}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestKeys_AreListedRotatedAndRemoved(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		p.migrate(t)
		first := p.listed(t)
		if len(first) != 4 {
			t.Fatalf("%v", first)
		}
		if _, err := p.run(t.Context(), "", "keys", "rotate"); err == nil || !regexp.MustCompile(`not everybody knows the next ES256 key yet; rotate from \S+Z on`).MatchString(err.Error()) {
			t.Errorf("rotated at once: %v", err)
		}
		p.age(t)
		for _, algorithm := range []string{"ES256", "RS256"} {
			args := []string{"keys", "rotate", "--alg", algorithm}
			if algorithm == "ES256" {
				args = args[:2]
			}
			out, err := p.run(t.Context(), "", args...)
			if next := first[algorithm+" next"]; err != nil || out != next+" signs now.\n" {
				t.Errorf("%s: %q, %v, want %s", algorithm, out, err, next)
			}
		}
		rotated := p.listed(t)
		if len(rotated) != 6 || rotated["ES256 active"] != first["ES256 next"] || rotated["RS256 retired"] != first["RS256 active"] {
			t.Errorf("%v, then %v", first, rotated)
		}
		out, err := p.run(t.Context(), "", "keys", "remove", rotated["RS256 active"])
		if err != nil || !strings.HasPrefix(out, "Removed.") {
			t.Errorf("remove: %q, %v", out, err)
		}
		removed := p.listed(t)
		if removed["RS256 active"] != rotated["RS256 next"] || len(removed) != 6 {
			t.Errorf("%v, then %v", rotated, removed)
		}
		for want, args := range map[string][]string{
			"no signing key has the id": {"keys", "remove", rotated["RS256 active"]},
			"no EdDSA key signs here":   {"keys", "rotate", "--alg", "EdDSA"},
			"no HS256 key signs here":   {"keys", "rotate", "--alg", "HS256"},
		} {
			if out, err := p.run(t.Context(), "", args...); err == nil || !strings.Contains(err.Error(), want) || out != "" {
				t.Errorf("%v: %q, %v", args, out, err)
			}
		}
	})
}

func TestKeys_OfTheSettingIsRotatedUnlessAnotherIsNamed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		p.environ = append(slices.Clone(p.environ), "LATCHKEY_OAUTH_SIGNING_ALG=EdDSA")
		p.migrate(t)
		for _, args := range [][]string{{"keys", "rotate"}, {"keys", "rotate", "--alg", "EdDSA"}} {
			p.age(t)
			before := p.listed(t)
			if out, err := p.run(t.Context(), "", args...); err != nil || out != before["EdDSA next"]+" signs now.\n" {
				t.Errorf("%v: %q, %v, want %s", args, out, err, before["EdDSA next"])
			}
			after := p.listed(t)
			if after["EdDSA active"] != before["EdDSA next"] || after["RS256 active"] != before["RS256 active"] {
				t.Errorf("%v, then %v", before, after)
			}
		}
		want := []string{"EdDSA active", "EdDSA next", "EdDSA retired", "EdDSA retired", "RS256 active", "RS256 next"}
		if got := p.kept(t); !slices.Equal(got, want) {
			t.Errorf("kept: %v", got)
		}
	})
}

// migrate makes the database ready, with the keys of the setting.
func (p program) migrate(t *testing.T) {
	t.Helper()
	if _, err := p.run(t.Context(), "", "migrate"); err != nil {
		t.Fatal(err)
	}
}

// kept are the keys in the database, as "algorithm state".
func (p program) kept(t *testing.T) []string {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: p.url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	keys, err := s.SigningKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, key := range keys {
		kept = append(kept, key.Algorithm+" "+string(key.State))
	}
	slices.Sort(kept)
	return kept
}

func TestKeys_ACommandWithoutTheServersSettingChangesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		server := p
		server.environ = append(slices.Clone(p.environ), "LATCHKEY_OAUTH_SIGNING_ALG=EdDSA")
		server.migrate(t)
		want := server.kept(t)
		if !slices.Equal(want, []string{"EdDSA active", "EdDSA next", "RS256 active", "RS256 next"}) {
			t.Fatalf("%v", want)
		}
		out, err := p.run(t.Context(), "", "keys", "list")
		if err != nil || !regexp.MustCompile(`EdDSA +active +no `).MatchString(out) || !regexp.MustCompile(`RS256 +active +yes `).MatchString(out) {
			t.Errorf("list: %q, %v", out, err)
		}
		for want, args := range map[string][]string{
			"there is an active EdDSA key, and LATCHKEY_OAUTH_SIGNING_ALG is ES256 here": {"keys", "rotate"},
			"this configuration uses no EdDSA key":                                       {"keys", "rotate", "--alg", "EdDSA"},
			"no ES256 key signs here":                                                    {"keys", "rotate", "--alg", "ES256"},
			"no signing key has the id x":                                                {"keys", "remove", "x"},
		} {
			if out, err := p.run(t.Context(), "", args...); err == nil || !strings.Contains(err.Error(), want) || out != "" {
				t.Errorf("%v: %q, %v", args, out, err)
			}
		}
		if _, err := p.run(t.Context(), "", "operator", "create", "olga@vendor.example"); err != nil {
			t.Error(err)
		}
		if got := p.kept(t); !slices.Equal(got, want) {
			t.Errorf("kept: %v, want %v", got, want)
		}
		p.age(t)
		if _, err := p.run(t.Context(), "", "keys", "rotate", "--alg", "RS256"); err != nil {
			t.Error(err)
		}
		if got := p.kept(t); !slices.Equal(got, append(want, "RS256 retired")) {
			t.Errorf("rotated: %v", got)
		}
	})
}

func TestKeys_AnEmptyDatabaseStaysWithoutKeys(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		if listed := p.listed(t); len(listed) != 0 {
			t.Errorf("%v", listed)
		}
		if _, err := p.run(t.Context(), "", "keys", "rotate"); err == nil || err.Error() != "no ES256 key signs here" {
			t.Errorf("rotate: %v", err)
		}
		if got := p.kept(t); len(got) != 0 {
			t.Errorf("kept: %v", got)
		}
	})
}
