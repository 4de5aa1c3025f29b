package tokens

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-dev/latchkey/models"
)

// activeBatch is how many access tokens are looked at in one statement.
const activeBatch = 1000

// Active gives what the access tokens of a context are known by that are good
// now, of every account or of caller.TenantID, a batch at a time: a JWT by its
// sub, any other by the token's id. They are judged as VerifyKey does, but for
// the address that a token may be used from, which only a request has.
// models.ErrForbidden for whoever is not the vendor.
func (t *Tokens) Active(ctx context.Context, caller models.Caller, in models.Context, each func(subjects []string) error) error {
	if !caller.Trusted() {
		return models.ErrForbidden
	}
	settings, err := t.store.Settings(ctx)
	if err != nil {
		return fmt.Errorf("active tokens: %w", err)
	}
	tenants, err := t.tenantsOf(ctx, caller.TenantID)
	if err != nil {
		return fmt.Errorf("active tokens: %w", err)
	}
	q := models.AccessQuery{Context: in, TenantID: caller.TenantID, Limit: activeBatch}
	for {
		now := t.now()
		q.Now = models.Stamp(now)
		page, err := t.store.AccessTokens(ctx, q)
		if err != nil {
			return fmt.Errorf("active tokens: %w", err)
		}
		var subjects []string
		for _, s := range page.Secrets {
			tenant, known := tenants[s.Token.TenantID]
			s.Tenant, s.Settings = tenant, settings
			subject := s.Subject()
			// An account that came in between will be there the next time.
			if !known || subject == "" || len(subjects) > 0 && subjects[len(subjects)-1] == subject {
				continue
			}
			if judge(s.Credential, s.Token.ExpiresAt, anAddress(s.Token), now) == "" {
				subjects = append(subjects, subject)
			}
		}
		if err := each(subjects); err != nil {
			return err
		}
		if page.Last == (models.AccessPlace{}) {
			return nil
		}
		q.After = page.Last
	}
}

// tenantsOf are all accounts by id, or the one that is named, if it is there.
func (t *Tokens) tenantsOf(ctx context.Context, id string) (map[string]models.Tenant, error) {
	if id != "" {
		tenant, err := t.store.Tenant(ctx, id)
		return map[string]models.Tenant{id: tenant}, err
	}
	all, err := t.store.AllTenants(ctx)
	tenants := make(map[string]models.Tenant, len(all))
	for _, tenant := range all {
		tenants[tenant.ID] = tenant
	}
	return tenants, err
}

// LookUpRequest names an access token by its subject, as Active gives it.
type LookUpRequest struct {
	Context models.Context
	Subject string
	// IP and UserAgent are of the program that asks, on behalf of whoever
	// showed it the token.
	IP        string
	UserAgent string
}

// LookUp judges an access token that somebody showed to a program of the
// vendor's, which has checked the signature. It is a use of the token; the
// address that it may be used from can't be judged. caller.TenantID, unless
// empty, is the account that it must be of. models.ErrForbidden for whoever is not
// the vendor.
func (t *Tokens) LookUp(ctx context.Context, caller models.Caller, r LookUpRequest) (Verdict, error) {
	if !caller.Trusted() {
		return Verdict{}, models.ErrForbidden
	}
	c, err := t.bySubject(ctx, r.Subject)
	if errors.Is(err, models.ErrNotFound) {
		return Verdict{Reason: Unknown}, nil
	}
	if err != nil {
		return Verdict{}, fmt.Errorf("look up: %w", err)
	}
	if c.Token.Kind != models.AccessToken || c.Token.Context != r.Context || caller.TenantID != "" && c.Token.TenantID != caller.TenantID {
		return Verdict{Reason: Unknown}, nil
	}
	now := t.now()
	end, _ := c.Policies().End(c.Token, now)
	if reason := judge(c, c.Token.ExpiresAt, anAddress(c.Token), now); reason != "" {
		return t.refused(c, reason, end, now), nil
	}
	return t.allowed(c, end, VerifyRequest{IP: r.IP, UserAgent: r.UserAgent}, now), nil
}

// bySubject finds a JWT by its sub, or another access token by its id, with the
// newest of its secrets that is no JWT.
func (t *Tokens) bySubject(ctx context.Context, subject string) (models.Credential, error) {
	if !models.ValidID(subject) {
		return models.Credential{}, models.ErrNotFound
	}
	c, err := t.store.CredentialBySecret(ctx, subject)
	switch {
	case err == nil && c.Secret.KeyID != "":
		return c, nil
	case err == nil && c.Secret.ID != c.Token.ID:
		return models.Credential{}, models.ErrNotFound
	case err != nil && !errors.Is(err, models.ErrNotFound):
		return models.Credential{}, err
	}
	c, err = t.store.CredentialByID(ctx, subject)
	if err != nil || c.Secret.KeyID == "" {
		return c, err
	}
	secrets, err := t.store.TokenSecrets(ctx, subject)
	if err != nil {
		return models.Credential{}, err
	}
	for _, secret := range secrets { // newest first
		if secret.KeyID == "" {
			c.Secret = secret
			return c, nil
		}
	}
	return models.Credential{}, models.ErrNotFound
}

// anAddress is one that the token may be used from, where none is known; "" if
// it may be from anywhere.
func anAddress(t models.Token) string {
	if len(t.Addresses) == 0 {
		return ""
	}
	return t.Addresses[0].Addr().String()
}
