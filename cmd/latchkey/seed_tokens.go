package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// pastToken writes a token that was made days ago. Its digest is random: no
// secret leads to it.
func (p *planter) pastToken(ctx context.Context, tenantID string, by models.User, past demoToken) error {
	made := past.made(p.now)
	digest := make([]byte, 32)
	rand.Read(digest) // never fails: crypto/rand ends the process instead
	t := models.Token{
		ID: models.NewID(made), TenantID: tenantID, Context: models.API, Kind: past.kind,
		Description: past.description, Prefix: p.prefix + "_at", LastFour: past.lastFour,
		RoleIDs: p.roleIDs(past.roles), CreatedBy: by.ID,
		CreatedAt: made, ExpiresAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
	}
	if past.kind == models.ClientCredentials {
		t.Prefix = p.prefix + "_cs"
	}
	if past.days > 0 {
		t.ExpiresAt = t.CreatedAt.AddDate(0, 0, past.days)
	}
	if past.used > 0 {
		t.LastUsedAt, t.LastUsedIP, t.LastUsedAgent = p.now.Add(-past.used), past.usedFrom, past.usedBy
	}
	e := models.NewEvent(models.Caller{Kind: models.Person, UserID: by.ID}, models.TokenCreated, t.CreatedAt).
		About("token", t.ID, t.Description).In(tenantID)
	secret := models.TokenSecret{
		ID: models.NewID(made), TokenID: t.ID, Digest: digest, Prefix: t.Prefix, LastFour: t.LastFour,
		CreatedAt: made, EndsAt: models.NeverExpires, LastUsedAt: t.LastUsedAt,
	}
	if err := p.store.CreateToken(ctx, t, secret, e); err != nil {
		return fmt.Errorf("write the token %q: %w", past.description, err)
	}
	return nil
}

// freshTokens makes one token of each combination and a client with a key, today,
// as the person would: the account's kind is switched for those that aren't in
// force.
func (p *planter) freshTokens(ctx context.Context, tenant models.Tenant, m models.Member) (seededTokens, error) {
	var t seededTokens
	caller := models.Caller{
		Kind: models.Person, UserID: m.UserID, Name: m.User.Name, Email: m.User.Email, TenantID: tenant.ID,
	}
	for _, r := range m.Roles {
		caller.Permissions = append(caller.Permissions, r.Permissions...)
	}
	mint := func(whose models.Context, description string, key models.ClientKey) (tokens.Minted, error) {
		r := tokens.MintRequest{Context: whose, Description: description, ExpiresIn: 90 * 24 * time.Hour, Key: key}
		if whose == models.API {
			r.RoleIDs = p.roleIDs([]string{"Editor"})
		}
		return p.tokens.Mint(ctx, caller, r)
	}
	both := func(description string) (api, personal tokens.Minted, err error) {
		if personal, err = mint(models.Personal, description, models.ClientKey{}); err == nil {
			api, err = mint(models.API, description, models.ClientKey{})
		}
		return api, personal, err
	}
	as := func(kind models.Kind) error {
		return p.services.accounts.SetTenantM2M(ctx, system(), tenant.ID, models.Inherited, kind)
	}
	if err := as(models.AccessToken); err != nil {
		return t, err
	}
	api, personal, err := both("First steps with an access token")
	if err != nil {
		return t, err
	}
	t.AccessToken = seededKey{ID: api.Token.ID, Secret: api.Secret.Reveal()}
	t.PersonalAccessToken = seededKey{ID: personal.Token.ID, Secret: personal.Secret.Reveal()}
	if err := as(models.ClientCredentials); err != nil {
		return t, err
	}
	private, key, err := newClientKey()
	if err != nil {
		return t, err
	}
	keyed, err := mint(models.API, "First steps with a key of its own", key)
	if err != nil {
		return t, err
	}
	t.PrivateKeyJWT = keyedClient{ClientID: keyed.Token.ID, JWK: private}
	if api, personal, err = both("First steps with client credentials"); err != nil {
		return t, err
	}
	t.ClientCredentials = seededClient{ClientID: api.Token.ID, Secret: api.Secret.Reveal()}
	t.PersonalClientCredentials = seededClient{ClientID: personal.Token.ID, Secret: personal.Secret.Reveal()}
	return t, as("")
}

// ecJWK is a key on P-256 as a JWK (RFC 7517); without D it is the public half.
type ecJWK struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y"`
	D         string `json:"d,omitempty"`
	KeyID     string `json:"kid,omitempty"`
	Algorithm string `json:"alg"`
}

func (k ecJWK) text() string {
	text, err := json.Marshal(k)
	if err != nil {
		panic(err) // strings can be written
	}
	return string(text)
}

// newClientKey is a new ES256 pair: the private half for its owner, the public one
// for us.
func newClientKey() (private ecJWK, public models.ClientKey, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return ecJWK{}, models.ClientKey{}, fmt.Errorf("make a client's key: %w", err)
	}
	point, err := key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return ecJWK{}, models.ClientKey{}, fmt.Errorf("make a client's key: %w", err)
	}
	number, err := key.Bytes()
	if err != nil {
		return ecJWK{}, models.ClientKey{}, fmt.Errorf("make a client's key: %w", err)
	}
	coordinates, half := point[1:], len(point)/2
	private = ecJWK{
		Type: "EC", Curve: elliptic.P256().Params().Name, Algorithm: "ES256",
		X: base64.RawURLEncoding.EncodeToString(coordinates[:half]), Y: base64.RawURLEncoding.EncodeToString(coordinates[half:]),
	}
	invalid := &models.InvalidError{}
	public = tokens.CheckKey(models.ClientKey{JWK: private.text()}, invalid)
	private.KeyID, private.D = public.ID(), base64.RawURLEncoding.EncodeToString(number)
	return private, public, invalid.OrNil()
}
