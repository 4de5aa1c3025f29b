package tokens

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// Client is how a program proves that it has client credentials, and from where:
// by a secret, or by an assertion that it signed with a key of its own (RFC 7523).
type Client struct {
	// ClientID may be empty beside an assertion, which names it.
	ClientID  string
	Secret    models.Secret
	Assertion models.Secret
	IP        string
	UserAgent string
}

// Authenticate tells who a client is: its caller acts for its account. The Verdict
// tells why not; an error means that Latchkey could not tell.
func (t *Tokens) Authenticate(ctx context.Context, client Client) (models.Caller, Verdict, error) {
	credential, verdict, err := t.authenticate(ctx, client)
	if err != nil || verdict.Reason != "" {
		return models.Caller{}, verdict, err
	}
	now := t.now()
	end, _ := credential.Policies().End(credential.Token, now)
	verdict = t.allowed(credential, end, VerifyRequest{IP: client.IP, UserAgent: client.UserAgent}, now)
	return models.Caller{
		Kind: models.Client, ClientID: credential.Token.ID, Name: credential.Token.Description, TenantID: credential.Token.TenantID,
		IP: client.IP, UserAgent: client.UserAgent,
	}, verdict, nil
}

// authenticate finds the credentials of a client and judges them. The Verdict has a
// reason where they are refused and is zero otherwise.
func (t *Tokens) authenticate(ctx context.Context, client Client) (models.Credential, Verdict, error) {
	if !client.Assertion.Empty() {
		return t.clientByAssertion(ctx, client)
	}
	return t.clientBySecret(ctx, client.ClientID, client.Secret, client.IP)
}

func (t *Tokens) clientBySecret(ctx context.Context, clientID string, secret models.Secret, ip string) (models.Credential, Verdict, error) {
	key, err := m2m.ParseKey(secret.Reveal())
	switch {
	case err != nil:
		return models.Credential{}, Verdict{Reason: Malformed}, nil
	case key.Kind != m2m.ClientSecret:
		return models.Credential{}, Verdict{Reason: WrongKind}, nil
	case !models.ValidID(clientID):
		return models.Credential{}, Verdict{Reason: Unknown}, nil
	}
	digest := t.digest(key.Reveal())
	credential, err := t.store.CredentialByDigest(ctx, digest)
	if err == nil && (credential.Token.ID != clientID || !hmac.Equal(digest, credential.Secret.Digest)) {
		err = models.ErrNotFound
	}
	now := t.now()
	if errors.Is(err, models.ErrNotFound) {
		return models.Credential{}, Verdict{Reason: Unknown}, t.wrongSecret(ctx, clientID, now)
	}
	if err != nil {
		return models.Credential{}, Verdict{}, fmt.Errorf("look for a client: %w", err)
	}
	return t.judgeClient(credential, ip, now)
}

// judgeClient judges credentials that were shown.
func (t *Tokens) judgeClient(c models.Credential, ip string, now time.Time) (models.Credential, Verdict, error) {
	reason := WrongKind
	if c.Token.Kind == models.ClientCredentials {
		reason = judge(c, c.Token.ExpiresAt, ip, now)
	}
	if reason != "" {
		return models.Credential{}, t.refused(c, reason, c.Token.ExpiresAt, now), nil
	}
	return c, Verdict{}, nil
}

// clientByAssertion finds the client whose key signed an assertion.
func (t *Tokens) clientByAssertion(ctx context.Context, client Client) (models.Credential, Verdict, error) {
	clientID := proofs.UnverifiedClientID(client.Assertion)
	if !models.ValidID(clientID) || client.ClientID != "" && client.ClientID != clientID {
		return models.Credential{}, Verdict{Reason: Malformed}, nil
	}
	// Whoever is refused anyway spends no id, and has nobody called.
	known, err := t.store.CredentialByID(ctx, clientID)
	if errors.Is(err, models.ErrNotFound) {
		return models.Credential{}, Verdict{Reason: Unknown}, nil
	}
	if err != nil {
		return models.Credential{}, Verdict{}, fmt.Errorf("look for a client: %w", err)
	}
	if _, verdict, _ := t.judgeClient(known, client.IP, t.now()); verdict.Reason != "" {
		return models.Credential{}, verdict, nil
	}
	secrets, err := t.store.TokenSecrets(ctx, clientID)
	if err != nil {
		return models.Credential{}, Verdict{}, fmt.Errorf("look for a client: %w", err)
	}
	now := t.now()
	var keys []proofs.Key
	for _, s := range secrets {
		if !s.Key.IsZero() && !s.Ended(now) {
			keys = append(keys, proofs.Key{ID: s.ID, Owner: known.Token.TenantID, ClientKey: s.Key})
		}
	}
	if len(keys) == 0 {
		return models.Credential{}, Verdict{Reason: Unknown}, nil
	}
	keyID, err := t.proofs.CheckAssertion(ctx, client.Assertion, clientID, keys)
	if errors.Is(err, proofs.ErrRefused) {
		t.notes.refusal(clientID, wrongAssertion, minuteOf(now))
		return models.Credential{}, Verdict{Reason: Unknown}, nil
	}
	if err != nil {
		return models.Credential{}, Verdict{}, fmt.Errorf("check an assertion: %w", err)
	}
	credential, err := t.store.CredentialBySecret(ctx, keyID)
	if errors.Is(err, models.ErrNotFound) { // purged meanwhile
		return models.Credential{}, Verdict{Reason: Unknown}, nil
	}
	if err != nil {
		return models.Credential{}, Verdict{}, fmt.Errorf("look for a client: %w", err)
	}
	return t.judgeClient(credential, client.IP, t.now())
}
