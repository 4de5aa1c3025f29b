package models

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestSecret_IsPrintedByNothing(t *testing.T) {
	t.Parallel()
	const plain = "lk_at_plain"
	secret := NewSecret(plain)
	holder := struct{ S Secret }{secret}
	asJSON, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", secret, "holder", holder)
	for how, text := range map[string]string{
		"%v": fmt.Sprintf("%v", secret), "%+v": fmt.Sprintf("%+v", holder), "%#v": fmt.Sprintf("%#v", holder),
		"%s": fmt.Sprintf("%s", holder), "%q": fmt.Sprintf("%q", secret), "%x": fmt.Sprintf("%x", secret),
		"%d": fmt.Sprintf("%d", secret), "JSON": string(asJSON), "slog": log.String(), "error": fmt.Errorf("x: %v", secret).Error(),
	} {
		if strings.Contains(text, plain) || strings.Contains(text, fmt.Sprintf("%x", plain)) {
			t.Errorf("%s gives the secret away: %s", how, text)
		}
	}
	if secret.Reveal() != plain {
		t.Error("Reveal does not give it")
	}
}

func TestToken_ExpiredExactlyNow(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)
	token := Token{ExpiresAt: end, LastUsedAt: NeverUsed}
	if token.Expired(end.Add(-time.Microsecond)) || !token.Expired(end) {
		t.Error("a token is expired when now >= expires_at")
	}
	if token.Never() || !(Token{ExpiresAt: NeverExpires}).Never() || (Token{ExpiresAt: NeverExpires}).Expired(end) {
		t.Error("NeverExpires is no end")
	}
	if token.Used() {
		t.Error("NeverUsed is no use")
	}
}

func TestTenant_OverridesTheEnvironmentEitherWay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env  bool
		own  Inherit
		want bool
	}{
		{true, Inherited, true}, {true, On, true}, {true, Off, false},
		{false, Inherited, false}, {false, On, true}, {false, Off, false},
	} {
		if got := (Tenant{M2M: test.own}).M2MOn(Settings{M2MEnabled: test.env}); got != test.want {
			t.Errorf("environment %v, account %s: %v", test.env, test.own, got)
		}
	}
	settings := Settings{Kind: ClientCredentials}
	if (Tenant{}).KindInForce(settings) != ClientCredentials || (Tenant{Kind: AccessToken}).KindInForce(settings) != AccessToken {
		t.Error("an account has the environment's kind, or its own")
	}
}

func TestText_NamesTheProblem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, want, problem string }{
		{"  CI deploy  ", "CI deploy", ""},
		{"", "", ""},
		{"naïve – ✓", "naïve – ✓", ""},
		{"a\x00b", "", "characters"},
		{"a\nb", "", "characters"},
		{"\xff", "", "characters"},
		{strings.Repeat("é", 10), strings.Repeat("é", 10), ""},
		{strings.Repeat("é", 11), strings.Repeat("é", 11), "too_long"},
	} {
		if got, problem := Text(test.in, 10); got != test.want || problem != test.problem {
			t.Errorf("Text(%q) = %q, %q; want %q, %q", test.in, got, problem, test.want, test.problem)
		}
	}
}

func TestNewLink_KeepsOnlyTheDigest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 20, 0, 0, 123456789, time.FixedZone("", 3600))
	link, code := NewLink(PasswordLink, "u", now, 24*time.Hour)
	other, _ := NewLink(PasswordLink, "u", now, 24*time.Hour)
	if len(code.Reveal()) != 43 || string(link.CodeHash) != string(HashOpaque(code.Reveal())) || string(link.CodeHash) == string(other.CodeHash) {
		t.Error("the link does not hold the digest of a fresh code")
	}
	if link.CreatedAt.Location() != time.UTC || link.CreatedAt.Nanosecond() != 123456000 || link.ExpiresAt.Sub(link.CreatedAt) != 24*time.Hour {
		t.Errorf("times: %v to %v", link.CreatedAt, link.ExpiresAt)
	}
}

func TestCaller_MayActsInAnAccountOnly(t *testing.T) {
	t.Parallel()
	member := Caller{Kind: Person, TenantID: "t", Permissions: PermissionSet{"fe.secure.read.*"}}
	if !member.May(ReadTenantTokens) || member.May(WriteTenantTokens) || member.MayConsole() {
		t.Error("a member may what their permissions say, and no more")
	}
	nowhere := member
	nowhere.TenantID = ""
	stranger := member
	stranger.Kind = Anyone
	if nowhere.May(ReadTenantTokens) || stranger.May(ReadTenantTokens) {
		t.Error("rights count for a signed-in person in an account only")
	}
	for _, row := range []struct {
		caller              Caller
		console, administer bool
	}{
		{Caller{Kind: Person, Operator: true}, true, true}, {Caller{Kind: System}, true, true}, {Caller{Kind: Vendor, KeyID: "k"}, false, true},
		{Caller{Kind: Anyone, Operator: true}, false, false}, {member, false, false},
	} {
		if row.caller.MayConsole() != row.console || row.caller.MayAdminister() != row.administer {
			t.Errorf("%s: the Console %v, the environment %v", row.caller.Kind, row.caller.MayConsole(), row.caller.MayAdminister())
		}
	}
}

func TestInvalidError_HoldsProblemsByField(t *testing.T) {
	t.Parallel()
	var none *InvalidError
	if none.OrNil() != nil || (&InvalidError{}).OrNil() != nil {
		t.Error("no problem is no error")
	}
	var e InvalidError
	e.Add("description", "too_long", "max", 200)
	if err := e.OrNil(); err == nil || err.Error() != "invalid input (description: too_long)" {
		t.Errorf("error = %v", e.OrNil())
	}
	if e.Problems[0].Args["max"] != 200 {
		t.Errorf("args = %v", e.Problems[0].Args)
	}
}

func TestAttempts_PauseDoublesFromOneSecondToOneMinute(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{
		0: 0, 9: 0, 10: time.Second, 11: 2 * time.Second, 12: 4 * time.Second, 15: 32 * time.Second,
		16: time.Minute, 17: time.Minute, 100000: time.Minute,
	} {
		if got := (Attempts{Failures: failures}).Pause(10); got != want {
			t.Errorf("%d failures: %s, want %s", failures, got, want)
		}
	}
}
