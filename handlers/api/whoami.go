package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// whoami is a credential in the words of the API.
type whoami struct {
	Kind    models.Kind    `json:"kind"`
	Context models.Context `json:"context"`
	// TokenID is an access token's, ClientID that of client credentials.
	TokenID    string `json:"token_id,omitempty"`
	ClientID   string `json:"client_id,omitempty"`
	TenantID   string `json:"tenant_id"`
	TenantName string `json:"tenant_name"`
	// UserID is the owner of a personal token.
	UserID string `json:"user_id,omitempty"`
	// Roles and Permissions are keys, in force now.
	Roles       []string `json:"roles"`
	Permissions []string `json:"permissions"`
	// Metadata is the token's JSON object as it is now, {} when it has none.
	Metadata json.RawMessage `json:"metadata"`
	// ExpiresAt is the end of what was shown, null for never.
	ExpiresAt *time.Time `json:"expires_at"`
}

// The holder of a genuine token may know that it expired. Every other refusal
// is one sentence: more would tell a guesser which guess was near.
var (
	errTwo     = web.Refuse(http.StatusBadRequest, "two_credentials", "Send one credential: either X-API-KEY or Authorization, once.")
	errNone    = web.Refuse(http.StatusUnauthorized, "unauthenticated", "Send an access token in X-API-KEY, or a JWT in Authorization: Bearer.")
	errExpired = web.Refuse(http.StatusUnauthorized, "unauthenticated", "The token has expired.")
	errRefused = web.Refuse(http.StatusUnauthorized, "unauthenticated", "The credential is not valid.")
)

// Whoami tells whose credential was shown and what it may do: an access token
// in X-API-KEY, or a JWT that was exchanged for client credentials in
// Authorization: Bearer (RFC 6750, 2.1). Credentials anywhere else are not
// looked at.
func (a *API) Whoami(c echo.Context) error {
	shown, err := credentialOf(c.Request().Header)
	if err != nil {
		return err
	}
	verdict, err := a.verify(c.Request().Context(), shown, tokens.VerifyRequest{
		Credential: shown.secret, IP: web.IP(c), UserAgent: web.UserAgent(c),
	})
	if err != nil {
		return web.CouldNotTell(err)
	}
	if !verdict.Allowed {
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer error="invalid_token"`)
		if verdict.Reason == tokens.Expired {
			return errExpired
		}
		return errRefused
	}
	return web.JSON(c, http.StatusOK, describe(verdict))
}

// shown is a credential as it came.
type shown struct {
	secret models.Secret
	bearer bool
}

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
		if value = strings.Trim(value, " "); strings.EqualFold(scheme, "Bearer") && value != "" {
			return shown{secret: models.NewSecret(value), bearer: true}, nil
		}
	}
	return shown{}, errNone
}

func (a *API) verify(ctx context.Context, s shown, r tokens.VerifyRequest) (tokens.Verdict, error) {
	if s.bearer {
		return a.tokens.VerifyJWT(ctx, r)
	}
	return a.tokens.VerifyKey(ctx, r)
}

func describe(v tokens.Verdict) whoami {
	token := v.Credential.Token
	w := whoami{
		Kind: token.Kind, Context: token.Context,
		TenantID: token.TenantID, TenantName: v.Credential.Tenant.Name,
		UserID: token.UserID,
		Roles:  append([]string{}, v.Roles...), Permissions: append([]string{}, v.Permissions...),
		Metadata: json.RawMessage(token.Metadata),
	}
	if token.Kind == models.ClientCredentials {
		w.ClientID = token.ID
	} else {
		w.TokenID = token.ID
	}
	if v.ExpiresAt.Before(models.NeverExpires) {
		end := v.ExpiresAt.UTC()
		w.ExpiresAt = &end
	}
	return w
}
