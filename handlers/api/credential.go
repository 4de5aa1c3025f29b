package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// The holder of a genuine token may know that it expired. Every other refusal
// is one sentence: more would tell a guesser which guess was near.
var (
	errTwo     = web.Refuse(http.StatusBadRequest, "two_credentials", "Send one credential: either X-API-KEY or Authorization, once.")
	errNone    = web.Refuse(http.StatusUnauthorized, "unauthenticated", "Send an access token in X-API-KEY, or a JWT in Authorization: Bearer or DPoP.")
	errExpired = web.Refuse(http.StatusUnauthorized, "unauthenticated", "The token has expired.")
	errRefused = web.Refuse(http.StatusUnauthorized, "unauthenticated", "The credential is not valid.")
)

// The errors of challenges (RFC 6750, 3.1).
const (
	invalidRequest    = `Bearer error="invalid_request"`
	invalidToken      = `Bearer error="invalid_token"`
	insufficientScope = `Bearer error="insufficient_scope"`
)

// The challenges of RFC 9449, section 7.1.
var (
	algorithms    = `, algs="` + strings.Join(proofs.Algorithms(), " ") + `"`
	unprovenToken = `DPoP error="invalid_token"` + algorithms
	invalidProof  = `DPoP error="invalid_dpop_proof"` + algorithms
)

// challengeAs is a challenge of RFC 6750 in the scheme that the request has.
func challengeAs(c echo.Context, text string) {
	if shown, err := credentialOf(c.Request().Header); err == nil && shown.scheme == dpop {
		text = "DPoP" + strings.TrimPrefix(text, "Bearer") + algorithms
	}
	challenge(c, text)
}

// challenge tells how to come back with a better credential.
func challenge(c echo.Context, text string) {
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, text)
}

// admit judges the one credential of a request: an access token in X-API-KEY, or
// a JWT that was exchanged for client credentials in Authorization: Bearer (RFC
// 6750, 2.1), or DPoP where it is bound to a key (RFC 9449, 7.1). Credentials anywhere else are not looked at. Its verdict allows; its
// error is the answer to everybody else, with the challenge set. Whoever shows none
// is told of no error, but where to learn about credentials (RFC 9728, 5.1).
func (a *API) admit(c echo.Context) (tokens.Verdict, error) {
	r := c.Request()
	shown, err := credentialOf(r.Header)
	if err != nil {
		switch {
		case errors.Is(err, errTwo):
			challenge(c, invalidRequest)
		case errors.Is(err, errNone):
			challenge(c, a.unknown)
			c.Response().Header().Add(echo.HeaderWWWAuthenticate, "DPoP "+strings.TrimPrefix(algorithms, ", "))
		}
		return tokens.Verdict{}, err
	}
	request := tokens.VerifyRequest{Credential: shown.secret, IP: web.IP(c), UserAgent: web.UserAgent(c)}
	if shown.scheme == dpop {
		proof := r.Header.Values(web.HeaderDPoP)
		if len(proof) != 1 {
			challenge(c, invalidProof)
			return tokens.Verdict{}, errRefused
		}
		request.Proof = &proofs.DPoP{Proof: proof[0], Method: r.Method, URL: a.publicURL + r.URL.Path}
	}
	verdict, err := a.verify(r.Context(), shown, request)
	if err != nil {
		return tokens.Verdict{}, web.CouldNotTell(err)
	}
	if !verdict.Allowed {
		switch {
		case verdict.Reason == tokens.WrongProof:
			challenge(c, invalidProof)
		case verdict.Reason == tokens.WrongBinding, shown.scheme == dpop:
			challenge(c, unprovenToken)
		default:
			challenge(c, invalidToken)
		}
		if verdict.Reason == tokens.Expired {
			return tokens.Verdict{}, errExpired
		}
		return tokens.Verdict{}, errRefused
	}
	return verdict, nil
}

// shown is a credential as it came.
type shown struct {
	secret models.Secret
	// scheme is that of Authorization, bearer or dpop; empty for X-API-KEY.
	scheme string
}

const (
	bearer = "bearer"
	dpop   = "dpop"
)

// credentialOf finds the one credential of a request.
func credentialOf(h http.Header) (shown, error) {
	keys, auth := h.Values("X-Api-Key"), h.Values(echo.HeaderAuthorization)
	if len(keys)+len(auth) > 1 {
		return shown{}, errTwo
	}
	if len(keys) == 1 && keys[0] != "" {
		return shown{secret: models.NewSecret(keys[0])}, nil
	}
	if len(auth) == 1 {
		scheme, value, _ := strings.Cut(auth[0], " ")
		scheme = strings.ToLower(scheme)
		if value = strings.Trim(value, " "); (scheme == bearer || scheme == dpop) && value != "" {
			return shown{secret: models.NewSecret(value), scheme: scheme}, nil
		}
	}
	return shown{}, errNone
}

func (a *API) verify(ctx context.Context, s shown, r tokens.VerifyRequest) (tokens.Verdict, error) {
	if s.scheme != "" {
		return a.tokens.VerifyJWT(ctx, r)
	}
	return a.tokens.VerifyKey(ctx, r)
}
