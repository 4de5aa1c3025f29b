package proofs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/json"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	dpopType = "dpop+jwt"
	// proofLife is how old a proof may be.
	proofLife = 60 * time.Second
)

// DPoP is a proof with the request that it came with.
type DPoP struct {
	// Proof is the value of the one DPoP header.
	Proof string
	// Method and URL are the request's: the URL as clients know it, on the public
	// origin and never on what a Host header says.
	Method string
	URL    string
	// AccessToken is the token that the request came with; empty at the token
	// endpoint.
	AccessToken models.Secret
	// Thumbprint is that of the key that the access token is bound to (cnf.jkt);
	// empty lets every key pass.
	Thumbprint string
}

type dpopClaims struct {
	ID       string      `json:"jti"`
	Method   string      `json:"htm"`
	URL      string      `json:"htu"`
	IssuedAt numericDate `json:"iat"`
	Token    string      `json:"ath"`
}

// CheckDPoP checks a DPoP proof (RFC 9449 section 4.3), spends it, and gives the
// thumbprint (jkt) of the key that signed it: of several at once with one jti one
// is good.
//
// The proof is a dpop+jwt signed with ES256, PS256 or EdDSA by the public key in
// its header; htm is the method, letter by letter; htu is the URL but for its
// query and fragment; iat is at most 60 s ago and 30 s ahead; jti has 1 to 256
// characters; ath is the digest of the access token, where there is one.
//
// The error is ErrRefused; any other says that it could not tell. A good proof
// writes one row: check what else a request has to show before, lest a stranger
// with a key fill the table.
func (p *Proofs) CheckDPoP(ctx context.Context, d DPoP) (string, error) {
	j, err := parseJWT(d.Proof)
	if err != nil {
		return "", err
	}
	if j.header.Type != dpopType {
		return "", badType
	}
	var claims dpopClaims
	if err := json.Unmarshal(j.claims, &claims); err != nil {
		return "", badClaims
	}
	ends, err := claims.check(d, p.now())
	if err != nil {
		return "", err
	}
	key, problem := readJWK(j.header.Key)
	if problem != "" || d.Thumbprint != "" && key.thumbprint != d.Thumbprint {
		return "", badKey
	}
	if !key.verify(j) {
		return "", badSignature
	}
	if err := p.use(ctx, "proof", key.thumbprint, claims.ID, ends); err != nil {
		return "", err
	}
	return key.thumbprint, nil
}

// check gives the moment from which on the proof is refused.
func (c dpopClaims) check(d DPoP, now time.Time) (time.Time, error) {
	issued, ok := timeOf(c.IssuedAt)
	switch {
	case !ok:
		return time.Time{}, badClaims
	case !usableID(c.ID):
		return time.Time{}, badID
	case c.Method != d.Method:
		return time.Time{}, otherMethod
	case !sameTarget(c.URL, d.URL):
		return time.Time{}, otherURL
	case now.Sub(issued) > proofLife:
		return time.Time{}, tooOld
	case issued.After(now.Add(ahead)):
		return time.Time{}, tooEarly
	case !d.AccessToken.Empty() && !isDigestOf(c.Token, d.AccessToken):
		return time.Time{}, otherToken
	}
	return issued.Add(proofLife), nil
}

func isDigestOf(digest string, token models.Secret) bool {
	sum := sha256.Sum256([]byte(token.Reveal()))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(digest), []byte(want)) == 1
}

// sameTarget compares two absolute URLs but for their queries and fragments. What
// RFC 3986 section 6.2.3 calls the same is: the case of scheme and host, a port
// that is the scheme's own, an empty path and "/". Paths must be the same byte for
// byte.
func sameTarget(a, b string) bool {
	targetA, ok := target(a)
	if !ok {
		return false
	}
	targetB, ok := target(b)
	return ok && targetA == targetB
}

func target(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return "", false
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	// RawPath is set when the path was written in another way than Go would.
	path := cmp.Or(u.RawPath, u.EscapedPath(), "/")
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port) + path, true
}
