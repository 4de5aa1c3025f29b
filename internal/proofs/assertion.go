package proofs

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/json"

	"github.com/latchkey-dev/latchkey/models"
)

// maxLife is how far ahead an assertion may end.
const maxLife = 10 * time.Minute

// Key is one of a client's keys, with the id of the token secret whose place it
// takes.
type Key struct {
	ID string
	// Owner is the account that the client is of: room for key sets, and calls for
	// them, are shared out among accounts.
	Owner string
	models.ClientKey
}

// assertionTypes are what an assertion may say that it is: nothing (RFC 7523), or
// the two that clients write. What is made for another use says so, and is none.
var assertionTypes = []string{"", "jwt", "client-authentication+jwt"}

type assertionClaims struct {
	Issuer    string      `json:"iss"`
	Subject   string      `json:"sub"`
	Audience  audience    `json:"aud"`
	Expires   numericDate `json:"exp"`
	NotBefore numericDate `json:"nbf"`
	IssuedAt  numericDate `json:"iat"`
	ID        string      `json:"jti"`
}

// UnverifiedClientID is whom an assertion claims to be from, empty when it can't
// be read: for finding the client whose keys CheckAssertion then wants. It checks
// no signature.
func UnverifiedClientID(assertion models.Secret) string {
	_, claims, err := parseAssertion(assertion)
	if err != nil || claims.Issuer != claims.Subject || !usableID(claims.Issuer) {
		return ""
	}
	return claims.Issuer
}

// CheckAssertion checks that a client signed an assertion (RFC 7523 section 3)
// with one of its keys, for us and now, and spends it: of several at once with
// one jti one is good. It gives the id of the key that signed.
//
// Signed with ES256, PS256 or EdDSA; iss and sub are the client id; aud is the
// issuer alone; exp lies at most ten minutes ahead (and 30 s, by which clocks may
// differ) and is not reached; nbf and iat, where given, at most 30 s ahead; jti
// has 1 to 256 characters. A kid must be that of the key.
//
// The error is ErrRefused; any other says that it could not tell, ErrUnavailable
// that the key set behind a URL can't be had. A good assertion writes one row, and
// only a good one does.
func (p *Proofs) CheckAssertion(ctx context.Context, assertion models.Secret, clientID string, keys []Key) (string, error) {
	j, claims, err := parseAssertion(assertion)
	if err != nil {
		return "", err
	}
	now := p.now()
	ends, err := claims.check(clientID, p.issuer, now)
	if err != nil {
		return "", err
	}
	keyID, err := p.signer(ctx, j, keys)
	if err != nil {
		return "", err
	}
	return keyID, p.use(ctx, "assertion", clientID, claims.ID, ends)
}

func parseAssertion(assertion models.Secret) (jwt, assertionClaims, error) {
	var claims assertionClaims
	j, err := parseJWT(assertion.Reveal())
	if err != nil {
		return jwt{}, claims, err
	}
	if !slices.Contains(assertionTypes, strings.ToLower(j.header.Type)) {
		return jwt{}, claims, badType
	}
	if err := json.Unmarshal(j.claims, &claims); err != nil {
		return jwt{}, claims, badClaims
	}
	return j, claims, nil
}

// check gives the moment from which on the assertion is refused.
func (c assertionClaims) check(clientID, issuer string, now time.Time) (time.Time, error) {
	ends, ok := timeOf(c.Expires)
	switch {
	case clientID == "" || c.Issuer != clientID:
		return time.Time{}, badIssuer
	case c.Subject != clientID:
		return time.Time{}, badSubject
	case len(c.Audience) != 1 || c.Audience[0] != issuer:
		return time.Time{}, badAudience
	case !usableID(c.ID):
		return time.Time{}, badID
	case !ok:
		return time.Time{}, badClaims
	case !now.Before(ends):
		return time.Time{}, expired
	case ends.After(now.Add(maxLife + ahead)):
		return time.Time{}, tooLong
	case !startsBy(c.NotBefore, now) || !startsBy(c.IssuedAt, now):
		return time.Time{}, tooEarly
	}
	return ends, nil
}

// signer is the id of the key that signed.
func (p *Proofs) signer(ctx context.Context, j jwt, keys []Key) (string, error) {
	var why error = noKey
	for _, key := range keys {
		err := p.verify(ctx, j, key)
		switch {
		case err == nil:
			return key.ID, nil
		case !errors.Is(err, ErrRefused) && !errors.Is(err, ErrUnavailable):
			return "", err
		}
		// The reason that says the most: no key has the kid, or one has and did
		// not sign, or nobody knows.
		if why == noKey || errors.Is(err, ErrUnavailable) {
			why = err
		}
	}
	return "", why
}

// verify tells whether j was signed with a key.
func (p *Proofs) verify(ctx context.Context, j jwt, with Key) error {
	if with.JWKSURL != "" {
		return p.sets.verify(ctx, with, j)
	}
	key, problem := readJWK([]byte(with.JWK))
	if problem != "" {
		return badKey
	}
	return verifyByAny([]publicKey{key}, j)
}

// verifyByAny looks for the key that signed among those with the kid of the
// header, or among all when it names none.
func verifyByAny(keys []publicKey, j jwt) error {
	why := noKey
	for _, key := range keys {
		if j.header.KeyID != nil && (key.id == nil || *key.id != *j.header.KeyID) {
			continue
		}
		if key.verify(j) {
			return nil
		}
		why = badSignature
	}
	return why
}
