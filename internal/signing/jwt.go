package signing

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// jwtType is the typ of the JWTs of Sign, and accessTokenType of those of
	// SignAccessToken (RFC 9068 section 2.1). Neither is taken for the other.
	jwtType         = "JWT"
	accessTokenType = "at+jwt"
	// maxJWT bounds the work that a stranger's text can cause, in bytes. It is
	// beyond what an HTTP header may hold by default anywhere.
	maxJWT = 64 << 10
)

var (
	// ErrBadSignature is a text that is not a JWT signed by one of our keys.
	// It never says why: only a forger wants to know.
	ErrBadSignature = errors.New("not a JWT of ours")
	// ErrBadClaims is a JWT of ours with claims of another shape than asked for.
	ErrBadClaims = errors.New("a JWT of ours with other claims")
)

// Sign writes claims, which must marshal as a JSON object, as a JWT in compact
// form: RS256, with the header members alg, kid and typ (JWT) alone.
func (k *Keys) Sign(ctx context.Context, claims any) (string, error) {
	set, err := k.fresh(ctx)
	if err != nil {
		return "", err
	}
	return set.in(models.KeyActive, RS256).sign(jwtType, claims)
}

// SignAccessToken is Sign with the OAuth algorithm and the typ at+jwt (RFC 9068). Where
// a database had keys before it had one of that algorithm, one of those signs until
// verifiers can know the new one.
func (k *Keys) SignAccessToken(ctx context.Context, claims any) (string, error) {
	set, err := k.fresh(ctx)
	if err != nil {
		return "", err
	}
	signer := set.signer(k.oauth, k.now())
	if signer == nil {
		return "", errors.New("sign claims: no key signs yet")
	}
	return signer.sign(accessTokenType, claims)
}

func (p *pair) sign(typ string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	head, ok := p.heads[typ]
	if !ok {
		return "", fmt.Errorf("sign claims: no JWT is a %q", typ)
	}
	jwt := base64.RawURLEncoding.AppendEncode([]byte(head), payload)
	signature, err := p.signature(jwt)
	if err != nil {
		return "", fmt.Errorf("sign claims: %w", err)
	}
	return string(base64.RawURLEncoding.AppendEncode(append(jwt, '.'), signature)), nil
}

// header is all that a JWT of ours has in its header. A forger's jwk, jku, x5u,
// x5c, crit or b64 is an unknown field, and so refused before any of it is used.
type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
}

// Parse checks that jwt was signed by one of our keys, as Sign does, and decodes its
// claims into the value that into points to. It judges the signature only: expiry,
// issuer and audience are the caller's. It takes the compact form with canonical
// base64url and nothing else: no JSON serialisation, padding or white space, no
// algorithm but the one of the named key, no key but ours, no typ but JWT.
//
// The errors are ErrBadSignature, ErrBadClaims and ErrNotReady; any other says that
// it could not tell. It asks no database while Run runs, unless the JWT names a key
// that it doesn't know, and then once a second at most.
func (k *Keys) Parse(ctx context.Context, jwt string, into any) error {
	return k.ParseEither(ctx, jwt, into, nil)
}

// ParseEither is Parse for the JWTs of SignAccessToken too, by any of our keys: the
// claims of one of Sign go into what plain points to, those of the other into
// accessToken. Where that is nil the JWT is ErrBadSignature.
func (k *Keys) ParseEither(ctx context.Context, jwt string, plain, accessToken any) error {
	if k.loaded.Load() == nil {
		return ErrNotReady
	}
	head, ok := readHeader(jwt)
	if !ok {
		return ErrBadSignature
	}
	into := map[string]any{jwtType: plain, accessTokenType: accessToken}[head.Type]
	if into == nil {
		return ErrBadSignature
	}
	key, err := k.find(ctx, head.KeyID)
	if err != nil {
		return fmt.Errorf("look for the key of a JWT: %w", err)
	}
	if key == nil || head.Algorithm != key.Algorithm || head.Type == jwtType && key.Algorithm != RS256 {
		return ErrBadSignature
	}
	parsed, err := jose.ParseSignedCompact(jwt, []jose.SignatureAlgorithm{key.algorithm})
	if err != nil {
		return ErrBadSignature
	}
	payload, err := parsed.Verify(key.public.Key)
	if err != nil {
		return ErrBadSignature
	}
	if err := json.Unmarshal(payload, into); err != nil {
		return ErrBadClaims
	}
	return nil
}

// KeyID is the kid of a JWT that Sign or SignAccessToken wrote, empty for any other
// text. It checks no signature.
func KeyID(jwt string) string {
	head, _ := readHeader(jwt)
	return head.KeyID
}

// readHeader checks the outer form of a JWT and reads its header.
func readHeader(jwt string) (header, bool) {
	if len(jwt) > maxJWT {
		return header{}, false
	}
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return header{}, false
	}
	var first []byte
	for i, part := range parts {
		decoded, ok := decodeStrictly(part)
		if !ok {
			return header{}, false
		}
		if i == 0 {
			first = decoded
		}
	}
	var head header
	decoder := json.NewDecoder(strings.NewReader(string(first)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&head); err != nil || decoder.More() {
		return header{}, false
	}
	return head, true
}

// decodeStrictly reads unpadded base64url of one byte or more. Go's decoder
// skips line ends and ignores stray bits unless told otherwise; with either, one
// JWT would have many spellings.
func decodeStrictly(part string) ([]byte, bool) {
	if part == "" || strings.ContainsAny(part, "\r\n") {
		return nil, false
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
	return decoded, err == nil
}
